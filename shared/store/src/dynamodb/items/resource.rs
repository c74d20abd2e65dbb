//! Items of resources: the JSON of the Configuration API beside its place in the order of creation.

use std::sync::Arc;

use domain::configuration::{Configured, Snapshot, Stored};
use domain::resource::{ApiKey, Cors, EventType, Function, Kind, SpaceSettings, Subscription, Tenant};

use super::{CREATED, Item, Key, VERSION, corrupt, kind_prefix, number, read_number, read_text, text};
use crate::encryption::{Seal, Sealed};
use crate::error::{CorruptValue, StoreError};

/// The JSON of a resource.
const RESOURCE: &str = "resource";

/// With what the secrets in it are encrypted, if they are.
const SEAL: &str = "seal";

/// The item of a resource as it is since a version of its space.
pub(super) fn item<R: Configured>(
    stored: &Stored<R>,
    seal: Option<&Seal>,
    version: u64,
) -> Result<Item, serde_json::Error> {
    let resource = &*stored.resource;
    let mut item = Key::resource(resource.space(), R::KIND, resource.id().as_ref()).into_item();
    item.extend([
        text(RESOURCE, serde_json::to_string(resource)?),
        number(CREATED, stored.created),
        number(VERSION, version),
    ]);
    if let Some(seal) = seal {
        item.extend([text(SEAL, serde_json::to_string(seal)?)]);
    }
    Ok(item)
}

/// Reads the item of a resource of a known kind. Its secrets are as they are stored.
pub(in super::super) fn read_resource<R: Configured>(item: &Item) -> Result<Sealed<Stored<R>>, StoreError> {
    decode(item).map_err(|source| corrupt(item, source))
}

/// Puts the resource of an item of a space's partition into a snapshot, or beside it where it has encrypted secrets;
/// items of another kind are passed over.
pub(in super::super) fn read_into(
    snapshot: &mut Snapshot,
    sealed: &mut Vec<Sealed<Stored<Function>>>,
    item: &Item,
) -> Result<(), StoreError> {
    let sk = read_text(item, super::SK).map_err(|source| corrupt(item, source))?;
    let is_of = |kind| sk.starts_with(kind_prefix(kind));
    if is_of(Kind::EventType) {
        snapshot.insert(read_resource::<EventType>(item)?.value);
    } else if is_of(Kind::Function) {
        let function = read_resource::<Function>(item)?;
        if function.seal.is_some() {
            sealed.push(function);
        } else {
            snapshot.insert(function.value);
        }
    } else if is_of(Kind::Subscription) {
        snapshot.insert(read_resource::<Subscription>(item)?.value);
    } else if is_of(Kind::Cors) {
        snapshot.insert(read_resource::<Cors>(item)?.value);
    } else if is_of(Kind::Space) {
        snapshot.insert(read_resource::<SpaceSettings>(item)?.value);
    } else if is_of(Kind::Key) {
        snapshot.insert(read_resource::<ApiKey>(item)?.value);
    } else if is_of(Kind::Tenant) {
        snapshot.insert(read_resource::<Tenant>(item)?.value);
    }
    Ok(())
}

fn decode<R: Configured>(item: &Item) -> Result<Sealed<Stored<R>>, CorruptValue> {
    let resource: R = serde_json::from_str(read_text(item, RESOURCE)?)?;
    let created = read_number(item, CREATED)?;
    if !Key::resource(resource.space(), R::KIND, resource.id().as_ref()).is_of(item) {
        return Err(CorruptValue::Misplaced);
    }
    let seal = match item.get(SEAL) {
        None => None,
        Some(_) => Some(serde_json::from_str(read_text(item, SEAL)?)?),
    };
    let resource = Arc::new(resource);
    Ok(Sealed {
        value: Stored { resource, created },
        seal,
    })
}

#[cfg(test)]
mod tests {
    use domain::resource::Resource as _;

    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI";

    fn function() -> Item {
        let body = format!(
            r#"{{"functionId":"f","type":"awslambda","provider":{{"arn":"arn:aws:lambda:us-east-1:1:function:f",
            "region":"us-east-1","awsAccessKeyId":"AKIA","awsSecretAccessKey":"{SECRET}"}}}}"#
        );
        let resource = Arc::new(Function::decode(&"default".into(), None, body.as_bytes()).unwrap());
        item(&Stored { resource, created: 7 }, None, 3).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let stored: Stored<Function> = read_resource(&function()).unwrap().value;
        assert_eq!((stored.resource.function_id.as_str(), stored.created), ("f", 7));
        let mut snapshot = Snapshot::default();
        read_into(&mut snapshot, &mut Vec::new(), &function()).unwrap();
        assert_eq!(snapshot.count::<Function>(), 1);
        let change = Key::change(&"default".into()).into_item();
        read_into(&mut snapshot, &mut Vec::new(), &change).unwrap();
    }

    #[test]
    fn errors_name_the_key_and_nothing_of_the_value() {
        let resource = read_text(&function(), RESOURCE).unwrap().to_owned();
        for attribute in [
            text(RESOURCE, &resource[..resource.len() - 9]),
            text(
                RESOURCE,
                resource.replace("\"default\"", &format!("\"{SECRET}\"")),
            ),
            text(
                RESOURCE,
                resource.replace("\"awslambda\"", &format!("\"{SECRET}\"")),
            ),
            text(CREATED, SECRET),
            number(RESOURCE, 1),
        ] {
            let mut item = function();
            item.extend([attribute]);
            let err = read_resource::<Function>(&item).unwrap_err();
            assert_eq!(
                err.to_string(),
                "stored configuration SPACE#default/FUNCTION#f cannot be read"
            );
            assert!(!format!("{err:?}").contains(SECRET), "{err:?}");
        }
    }
}

//! How a resource is written down: under `<kind>/<space>/<id>`, as the JSON of the Configuration API beside its place
//! in the order of creation.

use std::borrow::Cow;
use std::sync::Arc;

use domain::configuration::{Change, Configured, ResourceChange, Stored};
use domain::ids::Space;
use serde::{Deserialize, Serialize};

use crate::encryption::{KeyFile, Seal, SealError, has_secrets};
use crate::error::{CorruptValue, StoreError};
use crate::record_format;

/// One change of what is written down.
#[derive(Debug)]
pub(crate) struct Write {
    /// Key of the record.
    pub(crate) key: String,
    /// The record from now on; `None` removes it.
    pub(crate) value: Option<Vec<u8>>,
    /// The oldest format of a store that can have it.
    pub(crate) format: u64,
}

#[derive(Serialize, Deserialize)]
struct Record<R> {
    created: u64,
    /// With what its secrets are encrypted, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seal: Option<Seal>,
    resource: R,
}

impl Write {
    /// The same of a resource of any kind.
    pub(crate) fn all_of_any(
        change: &ResourceChange,
        keys: Option<&KeyFile>,
    ) -> Result<Vec<Self>, StoreError> {
        match change {
            ResourceChange::Space(change) => Self::all_of(change, keys),
            ResourceChange::Function(change) => Self::all_of(change, keys),
            ResourceChange::EventType(change) => Self::all_of(change, keys),
            ResourceChange::Subscription(change) => Self::all_of(change, keys),
            ResourceChange::Cors(change) => Self::all_of(change, keys),
        }
    }

    /// What a change means for the record of the resource; where it moved, for both.
    pub(crate) fn all_of<R: Configured>(
        change: &Change<R>,
        keys: Option<&KeyFile>,
    ) -> Result<Vec<Self>, StoreError> {
        let key_of = |stored: &Stored<R>| key::<R>(stored.resource.space(), stored.resource.id());
        let new_key = change.after.as_ref().map(key_of);
        let left = change.before.as_ref().map(key_of);
        let left = left.filter(|key| new_key.as_ref().is_some_and(|new_key| new_key != key));
        let gone = left.map(|key| Self {
            key,
            value: None,
            format: record_format::FIRST,
        });
        Ok(gone.into_iter().chain(Self::of(change, keys)?).collect())
    }

    fn of<R: Configured>(change: &Change<R>, keys: Option<&KeyFile>) -> Result<Option<Self>, StoreError> {
        let Some(stored) = change.after.as_ref().or(change.before.as_ref()) else {
            return Ok(None);
        };
        let key = key::<R>(stored.resource.space(), stored.resource.id());
        let after = change.after.as_ref();
        let value = after.map(|stored| encode(&key, stored, keys)).transpose()?;
        let format = after.map_or(record_format::FIRST, record_format::needed_by);
        Ok(Some(Self { key, value, format }))
    }
}

/// The part of a key that names the kind.
pub(crate) fn kind(key: &str) -> &str {
    key.split('/').next().unwrap_or_default()
}

/// Reads a record.
pub(crate) fn decode<R: Configured>(
    at: &str,
    value: &[u8],
    keys: Option<&KeyFile>,
) -> Result<Stored<R>, StoreError> {
    let corrupt = |source| StoreError::Corrupt {
        key: at.to_owned(),
        source,
    };
    let mut record: Record<R> = serde_json::from_slice(value).map_err(|err| corrupt(err.into()))?;
    if key::<R>(record.resource.space(), record.resource.id()) != at {
        return Err(corrupt(CorruptValue::Misplaced));
    }
    if let Some(seal) = &record.seal {
        keys.ok_or(SealError::NoKey("a key of a key file"))
            .and_then(|keys| keys.opening(seal))
            .and_then(|key| key.open(&mut record.resource))
            .map_err(|err| StoreError::sealed(at, err))?;
    }
    Ok(Stored {
        resource: Arc::new(record.resource),
        created: record.created,
    })
}

fn key<R: Configured>(space: &Space, id: &R::Id) -> String {
    format!("{}/{space}/{id}", R::KIND.label())
}

fn encode<R: Configured>(
    key: &str,
    stored: &Stored<R>,
    keys: Option<&KeyFile>,
) -> Result<Vec<u8>, StoreError> {
    let mut resource = Cow::Borrowed(&*stored.resource);
    let sealing = keys
        .and_then(KeyFile::sealing)
        .filter(|_| has_secrets(&*stored.resource));
    if let Some(sealing) = sealing {
        sealing
            .close(resource.to_mut())
            .map_err(|err| StoreError::sealed(key, err))?;
    }
    let record = Record {
        created: stored.created,
        seal: sealing.map(|key| key.seal().clone()),
        resource,
    };
    serde_json::to_vec(&record).map_err(StoreError::unavailable)
}

#[cfg(test)]
mod tests {
    use domain::resource::{Function, Resource as _};

    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI";

    fn written() -> Write {
        let body = format!(
            r#"{{"functionId":"f","type":"awslambda","provider":{{"arn":"arn:aws:lambda:us-east-1:1:function:f",
            "region":"us-east-1","awsAccessKeyId":"AKIA","awsSecretAccessKey":"{SECRET}"}}}}"#
        );
        let function = Function::decode(&"default".into(), None, body.as_bytes()).unwrap();
        let after = Stored {
            resource: Arc::new(function),
            created: 7,
        };
        Write::of(
            &Change {
                before: None,
                after: Some(after),
            },
            None,
        )
        .unwrap()
        .unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let Write { key, value, .. } = written();
        assert_eq!(key, "function/default/f");
        assert_eq!(kind(&key), "function");
        let stored: Stored<Function> = decode(&key, &value.unwrap(), None).unwrap();
        assert_eq!((stored.resource.id().as_str(), stored.created), ("f", 7));
        let gone = Write::of(
            &Change {
                before: Some(stored),
                after: None,
            },
            None,
        )
        .unwrap()
        .unwrap();
        assert_eq!((gone.key.as_str(), gone.value), ("function/default/f", None));
    }

    #[test]
    fn errors_name_the_key_and_nothing_of_the_value() {
        let value = String::from_utf8(written().value.unwrap()).unwrap();
        let secret_where_a_number_belongs =
            value.replace("\"created\":7", &format!("\"created\":\"{SECRET}\""));
        let secret_where_a_space_belongs = value.replace("\"default\"", &format!("\"{SECRET}\""));
        for value in [
            &value[..value.len() - 9],
            &secret_where_a_number_belongs,
            &secret_where_a_space_belongs,
        ] {
            let err = decode::<Function>("function/default/f", value.as_bytes(), None).unwrap_err();
            assert_eq!(
                err.to_string(),
                "stored configuration function/default/f cannot be read"
            );
            assert!(!format!("{err:?}").contains(SECRET), "{err:?}");
        }
    }
}

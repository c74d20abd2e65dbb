//! One change of a space, as its change log tells it: self-contained, so that a reader that has the state before it
//! gets the state after it without asking for anything.

use std::borrow::Cow;
use std::sync::Arc;

use domain::configuration::{Configured, Snapshot, Stored};
use domain::ids::Space;
use domain::resource::{
    ApiKey, Cors, EventType, Function, Kind, Resource, SpaceSettings, Subscription, Tenant,
};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::encryption::Seal;
use crate::error::CorruptValue;

/// A change of a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceChange {
    /// The space.
    pub space: Space,
    /// Version of the space that the change made of the one before.
    pub version: u64,
    /// What it did.
    pub operation: Operation,
    /// With what the secrets in it are encrypted, if they are.
    pub(super) seal: Option<Seal>,
}

/// What a change did, by kind of resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// To an event type.
    EventType(Edit<EventType>),
    /// To a function.
    Function(Edit<Function>),
    /// To a subscription.
    Subscription(Edit<Subscription>),
    /// To a CORS configuration.
    Cors(Edit<Cors>),
    /// To the settings of the space.
    Space(Edit<SpaceSettings>),
    /// To a key.
    Key(Edit<ApiKey>),
    /// To a tenant.
    Tenant(Edit<Tenant>),
}

/// What a change did to a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit<R: Resource> {
    /// It is this from now on, whether it was there before or not.
    Put(Stored<R>),
    /// It is this from now on, in the place of that with another id.
    Move(R::Id, Stored<R>),
    /// It is gone.
    Remove(R::Id),
}

/// The JSON text of a change.
#[derive(Serialize, Deserialize)]
struct ChangeDocument<'a> {
    space: Space,
    version: u64,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    /// Of a resource that was put in the place of another: the id of that.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    replaces: Option<Cow<'a, str>>,
    /// Of a resource that was put: its place in the order of creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<u64>,
    /// Of a resource that was put: with what its secrets are encrypted, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seal: Option<Seal>,
    /// Of a resource that was put: the body of the Configuration API.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Cow<'a, RawValue>>,
}

impl SpaceChange {
    /// Reads the text of a change. Errors show nothing of it.
    pub fn parse(text: &str) -> Result<Self, CorruptValue> {
        let document: ChangeDocument<'_> = serde_json::from_str(text)?;
        let operation = match kind(&document.kind)? {
            Kind::EventType => Operation::EventType(document.edit()?),
            Kind::Function => Operation::Function(document.edit()?),
            Kind::Subscription => Operation::Subscription(document.edit()?),
            Kind::Cors => Operation::Cors(document.edit()?),
            Kind::Space => Operation::Space(document.edit()?),
            Kind::Key => Operation::Key(document.edit()?),
            Kind::Tenant => Operation::Tenant(document.edit()?),
        };
        Ok(Self {
            space: document.space,
            version: document.version,
            operation,
            seal: document.seal,
        })
    }

    /// The text of the change, from which [`Self::parse`] makes the same change.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        let (space, version, seal) = (&self.space, self.version, self.seal.as_ref());
        match &self.operation {
            Operation::EventType(edit) => edit.to_text(space, version, seal),
            Operation::Function(edit) => edit.to_text(space, version, seal),
            Operation::Subscription(edit) => edit.to_text(space, version, seal),
            Operation::Cors(edit) => edit.to_text(space, version, seal),
            Operation::Space(edit) => edit.to_text(space, version, seal),
            Operation::Key(edit) => edit.to_text(space, version, seal),
            Operation::Tenant(edit) => edit.to_text(space, version, seal),
        }
    }

    /// Makes of the state before the change the state after it. No rule is checked: that was done when the change
    /// was accepted.
    pub fn apply(&self, snapshot: &mut Snapshot) {
        match &self.operation {
            Operation::EventType(edit) => edit.apply(snapshot),
            Operation::Function(edit) => edit.apply(snapshot),
            Operation::Subscription(edit) => edit.apply(snapshot),
            Operation::Cors(edit) => edit.apply(snapshot),
            Operation::Space(edit) => edit.apply(snapshot),
            Operation::Key(edit) => edit.apply(snapshot),
            Operation::Tenant(edit) => edit.apply(snapshot),
        }
    }
}

impl<R: Configured> Edit<R> {
    /// The text of the change that this is of a space.
    pub(super) fn to_text(
        &self,
        space: &Space,
        version: u64,
        seal: Option<&Seal>,
    ) -> Result<String, serde_json::Error> {
        let id = match self {
            Self::Put(stored) | Self::Move(_, stored) => stored.resource.id(),
            Self::Remove(id) => id,
        };
        let mut document = ChangeDocument {
            space: space.clone(),
            version,
            kind: R::KIND.label().into(),
            id: id.as_ref().into(),
            replaces: None,
            created: None,
            seal: None,
            resource: None,
        };
        if let Self::Move(id, _) = self {
            document.replaces = Some(id.as_ref().into());
        }
        if let Self::Put(stored) | Self::Move(_, stored) = self {
            document.created = Some(stored.created);
            document.seal = seal.cloned();
            document.resource = Some(Cow::Owned(to_raw_value(&*stored.resource)?));
        }
        serde_json::to_string(&document)
    }

    fn apply(&self, snapshot: &mut Snapshot) {
        match self {
            Self::Put(stored) => snapshot.insert(stored.clone()),
            Self::Move(id, stored) => {
                snapshot.remove::<R>(id);
                snapshot.insert(stored.clone());
            }
            Self::Remove(id) => {
                snapshot.remove::<R>(id);
            }
        }
    }
}

impl ChangeDocument<'_> {
    fn edit<R: Configured>(&self) -> Result<Edit<R>, CorruptValue> {
        let id = R::Id::from(&self.id);
        let Some(resource) = &self.resource else {
            return Ok(Edit::Remove(id));
        };
        let resource: R = serde_json::from_str(resource.get())?;
        match self.created {
            Some(created) if *resource.space() == self.space && *resource.id() == id => {
                let resource = Arc::new(resource);
                let stored = Stored { resource, created };
                Ok(match &self.replaces {
                    Some(id) => Edit::Move(R::Id::from(id), stored),
                    None => Edit::Put(stored),
                })
            }
            _ => Err(CorruptValue::Misplaced),
        }
    }
}

fn kind(label: &str) -> Result<Kind, CorruptValue> {
    let kinds = [
        Kind::EventType,
        Kind::Function,
        Kind::Subscription,
        Kind::Cors,
        Kind::Space,
        Kind::Key,
        Kind::Tenant,
    ];
    let mut kinds = kinds.into_iter();
    kinds
        .find(|kind| kind.label() == label)
        .ok_or(CorruptValue::UnknownKind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI";

    fn put() -> SpaceChange {
        let body = format!(
            r#"{{"functionId":"f","type":"awslambda","provider":{{"arn":"arn:aws:lambda:us-east-1:1:function:f",
            "region":"us-east-1","awsAccessKeyId":"AKIA","awsSecretAccessKey":"{SECRET}"}},"metadata":{{"\"ä":"\n"}}}}"#
        );
        let resource = Arc::new(Function::decode(&"default".into(), None, body.as_bytes()).unwrap());
        let operation = Operation::Function(Edit::Put(Stored { resource, created: 7 }));
        SpaceChange {
            space: "default".into(),
            version: 3,
            operation,
            seal: Some(Seal::DataKey("d".to_owned())),
        }
    }

    fn removal() -> SpaceChange {
        SpaceChange {
            version: 4,
            operation: Operation::Function(Edit::Remove("f".into())),
            seal: None,
            ..put()
        }
    }

    fn moved() -> SpaceChange {
        let body = r#"{"type":"sync","eventType":"e","functionId":"f","path":"/new"}"#;
        let resource = Arc::new(Subscription::decode(&"default".into(), None, body.as_bytes()).unwrap());
        let operation = Operation::Subscription(Edit::Move("old".into(), Stored { resource, created: 9 }));
        SpaceChange {
            operation,
            seal: None,
            ..put()
        }
    }

    #[test]
    fn texts_are_read_back() {
        for change in [put(), moved(), removal()] {
            let text = change.to_text().unwrap();
            assert_eq!(SpaceChange::parse(&text).unwrap(), change, "{text}");
        }
        assert_eq!(
            removal().to_text().unwrap(),
            r#"{"space":"default","version":4,"kind":"function","id":"f"}"#
        );
    }

    #[test]
    fn changes_are_applied_more_than_once_without_harm() {
        let mut snapshot = Snapshot::default();
        for _ in 0..2 {
            put().apply(&mut snapshot);
            assert_eq!(snapshot.count::<Function>(), 1);
        }
        for _ in 0..2 {
            removal().apply(&mut snapshot);
            assert!(snapshot.is_empty());
        }
    }

    #[test]
    fn what_moves_leaves_nothing_behind() {
        let body = r#"{"type":"sync","eventType":"e","functionId":"f","path":"/old"}"#;
        let mut old = Subscription::decode(&"default".into(), None, body.as_bytes()).unwrap();
        old.subscription_id = "old".into();
        let mut snapshot = Snapshot::default();
        snapshot.insert(Stored {
            resource: Arc::new(old),
            created: 1,
        });
        for _ in 0..2 {
            moved().apply(&mut snapshot);
            assert_eq!(
                snapshot.iter::<Subscription>().next().unwrap().resource.path,
                "/new"
            );
            assert_eq!(snapshot.count::<Subscription>(), 1);
        }
    }

    #[test]
    fn errors_show_nothing_of_the_text() {
        let text = put().to_text().unwrap();
        for (text, want) in [
            (
                text.replace("\"function\"", &format!("\"{SECRET}\"")),
                "unknown kind of resource",
            ),
            (
                text.replacen("\"default\"", &format!("\"{SECRET}\""), 1),
                "value of another key",
            ),
            (
                text.replace("\"id\":\"f\"", &format!("\"id\":\"{SECRET}\"")),
                "value of another key",
            ),
            (text.replace("\"created\":7,", ""), "value of another key"),
            (
                text.replace("\"created\":7", &format!("\"created\":\"{SECRET}\"")),
                "Data error",
            ),
            (
                text.replace("\"awslambda\"", &format!("\"{SECRET}\"")),
                "Data error",
            ),
            (text[..text.len() - 1].to_owned(), "Eof error"),
        ] {
            let err = SpaceChange::parse(&text).unwrap_err();
            assert!(err.to_string().starts_with(want), "{err} for {text}");
            assert!(!format!("{err:?} {err}").contains(SECRET), "{err:?}");
        }
    }
}

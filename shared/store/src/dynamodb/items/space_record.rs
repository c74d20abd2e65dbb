//! Items that tell the version of a space and how much is in it.

use domain::audit::AuditHead;
use domain::configuration::{Change, Snapshot};
use domain::ids::Space;
use domain::resource::{
    ApiKey, Cors, EventType, Function, Kind, Resource, SpaceSettings, Subscription, Tenant,
};

use super::{CREATED, Item, Key, VERSION, corrupt, number, read_number, read_text, text};
use crate::error::{CorruptValue, StoreError};

/// Name of the space: keys of long names do not tell it.
const SPACE: &str = "space";
/// Version that the newest record of its changes led to.
const AUDIT_VERSION: &str = "auditVersion";
/// Hash of that record.
const AUDIT_HASH: &str = "auditHash";

/// How many resources of each kind a space has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Counts([(Kind, usize); 7]);

/// What is known of a space without reading its resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct SpaceRecord {
    /// The space.
    pub(in super::super) space: Space,
    /// How many changes it has seen; never goes back, even when everything is deleted.
    pub(in super::super) version: u64,
    /// Place of its newest resource in the order of creation.
    pub(in super::super) created: u64,
    /// What is in it.
    pub(in super::super) counts: Counts,
    /// The newest record of its changes. A program that makes none leaves it out.
    pub(in super::super) audit: Option<AuditHead>,
}

impl Counts {
    /// Of a state of a space.
    pub(in super::super) fn of(snapshot: &Snapshot) -> Self {
        Self([
            (Kind::EventType, snapshot.count::<EventType>()),
            (Kind::Function, snapshot.count::<Function>()),
            (Kind::Subscription, snapshot.count::<Subscription>()),
            (Kind::Cors, snapshot.count::<Cors>()),
            (Kind::Space, snapshot.count::<SpaceSettings>()),
            (Kind::Key, snapshot.count::<ApiKey>()),
            (Kind::Tenant, snapshot.count::<Tenant>()),
        ])
    }

    /// The numbers, by kind.
    pub(in super::super) fn iter(&self) -> impl Iterator<Item = (Kind, usize)> + use<> {
        self.0.into_iter()
    }

    /// Whether there is nothing.
    pub(in super::super) fn is_empty(&self) -> bool {
        self.iter().all(|(_, count)| count == 0)
    }
}

impl SpaceRecord {
    /// Of a space that nothing was ever written to.
    pub(in super::super) fn unwritten(space: Space) -> Self {
        let counts = Counts::of(&Snapshot::default());
        Self {
            space,
            version: 0,
            created: 0,
            counts,
            audit: None,
        }
    }

    /// What is known of the space after one more change.
    pub(in super::super) fn after<R: Resource>(&self, change: &Change<R>, counts: Counts) -> Self {
        let created = change.after.as_ref().map_or(0, |stored| stored.created);
        Self {
            space: self.space.clone(),
            version: self.version + 1,
            created: self.created.max(created),
            counts,
            audit: self.audit.clone(),
        }
    }

    /// The item.
    pub(super) fn item(&self) -> Item {
        let mut item = Key::space_record(&self.space).into_item();
        item.extend([
            text(SPACE, self.space.as_str()),
            number(VERSION, self.version),
            number(CREATED, self.created),
        ]);
        item.extend(
            self.counts
                .iter()
                .map(|(kind, count)| number(attribute(kind), count as u64)),
        );
        if let Some(AuditHead { version, hash }) = &self.audit {
            item.extend([number(AUDIT_VERSION, *version), text(AUDIT_HASH, hash)]);
        }
        item
    }

    /// Reads the item.
    pub(in super::super) fn read(item: &Item) -> Result<Self, StoreError> {
        Self::decode(item).map_err(|source| corrupt(item, source))
    }

    fn decode(item: &Item) -> Result<Self, CorruptValue> {
        let space = Space::from(read_text(item, SPACE)?);
        if !Key::space_record(&space).is_of(item) {
            return Err(CorruptValue::Misplaced);
        }
        let mut counts = Counts::of(&Snapshot::default());
        for (kind, count) in &mut counts.0 {
            let name = attribute(*kind);
            // Written before spaces had settings, or keys, or tenants.
            if matches!(kind, Kind::Space | Kind::Key | Kind::Tenant) && !item.contains_key(name) {
                continue;
            }
            *count =
                usize::try_from(read_number(item, name)?).map_err(|_| CorruptValue::Attribute { name })?;
        }
        let audit = if item.contains_key(AUDIT_HASH) {
            Some(AuditHead {
                version: read_number(item, AUDIT_VERSION)?,
                hash: read_text(item, AUDIT_HASH)?.to_owned(),
            })
        } else {
            None
        };
        Ok(Self {
            space,
            audit,
            version: read_number(item, VERSION)?,
            created: read_number(item, CREATED)?,
            counts,
        })
    }
}

/// Attribute that tells how many resources of a kind there are.
fn attribute(kind: Kind) -> &'static str {
    match kind {
        Kind::EventType => "eventtypes",
        Kind::Function => "functions",
        Kind::Subscription => "subscriptions",
        Kind::Cors => "cors",
        Kind::Space => "settings",
        Kind::Key => "keys",
        Kind::Tenant => "tenants",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for space in ["default".to_owned(), "x".repeat(3000)] {
            let record = SpaceRecord {
                version: 5,
                created: 9,
                counts: Counts([
                    (Kind::EventType, 1),
                    (Kind::Function, 2),
                    (Kind::Subscription, 0),
                    (Kind::Cors, 4),
                    (Kind::Space, 1),
                    (Kind::Key, 3),
                    (Kind::Tenant, 0),
                ]),
                audit: Some(AuditHead {
                    version: 4,
                    hash: "ab".to_owned(),
                }),
                ..SpaceRecord::unwritten(space.into())
            };
            assert_eq!(SpaceRecord::read(&record.item()).unwrap(), record);
        }
    }

    #[test]
    fn records_from_before_settings_and_keys_are_read() {
        let record = SpaceRecord::unwritten("default".into());
        let mut item = record.item();
        item.remove("settings").unwrap();
        item.remove("keys").unwrap();
        item.remove("tenants").unwrap();
        assert_eq!(SpaceRecord::read(&item).unwrap(), record);
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut item = SpaceRecord::unwritten("default".into()).item();
        item.remove("functions");
        let err = SpaceRecord::decode(&item).unwrap_err();
        assert_eq!(err, CorruptValue::Attribute { name: "functions" });
    }
}

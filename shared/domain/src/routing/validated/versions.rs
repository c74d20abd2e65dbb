//! Which version of a schema an event is held to. The ids of the versions are read once, at the first event that names any:
//! from then on a name costs a lookup, however many versions there are and whatever it is.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::json::{Json, Object};
use crate::resource::EventType;

/// An event type whose events are checked against a schema.
#[derive(Debug)]
pub struct ValidatedType {
    event_type: Arc<EventType>,
    /// The newest version of each `$id`, without the `#` at its end.
    by_id: OnceLock<HashMap<Box<str>, u32>>,
}

impl PartialEq for ValidatedType {
    /// What is read of it only follows from it.
    fn eq(&self, other: &Self) -> bool {
        self.event_type == other.event_type
    }
}

impl ValidatedType {
    pub(super) fn new(event_type: Arc<EventType>) -> Self {
        Self {
            event_type,
            by_id: OnceLock::new(),
        }
    }

    /// The event type.
    pub fn event_type(&self) -> &Arc<EventType> {
        &self.event_type
    }

    /// The version that an event names, by the URL where it is served or by the `$id` of the schema; the newest where it
    /// names none that is known. `None`: there is no schema.
    pub fn version(&self, named: Option<&str>) -> Option<(u32, &Json)> {
        let newest = self.event_type.newest_schema()?;
        let Some(named) = named else { return Some(newest) };
        let by_id = self.by_id.get_or_init(|| ids(&self.event_type));
        let by_id = by_id.get(named.trim_end_matches('#')).copied();
        let found = by_id.into_iter().chain(self.served_version(named));
        let found = found.filter_map(|version| self.of_number(version));
        Some(found.max_by_key(|(version, _)| *version).unwrap_or(newest))
    }

    /// The version whose URL this is, whatever the host.
    fn served_version(&self, url: &str) -> Option<u32> {
        let path = url.split(['?', '#']).next()?.trim_end_matches('/');
        let (before, version) = path.rsplit_once("/versions/")?;
        let rest = before.strip_suffix(self.event_type.name.as_str())?;
        let rest = rest.strip_suffix("/schemas/")?;
        let rest = rest.strip_suffix(self.event_type.space.as_str())?;
        rest.ends_with("/v1/spaces/").then(|| version.parse().ok())?
    }

    /// Versions stand in the order of their numbers.
    fn of_number(&self, version: u32) -> Option<(u32, &Json)> {
        let newest = self.event_type.newest_schema()?;
        if newest.0 == version {
            return Some(newest);
        }
        let older = &self.event_type.older_schemas;
        let at = older.binary_search_by_key(&version, |older| older.version).ok()?;
        older.get(at).map(|older| (older.version, &older.schema))
    }
}

/// What the schemas of an event type say of themselves, with the newest version that says so.
fn ids(event_type: &EventType) -> HashMap<Box<str>, u32> {
    let mut ids = HashMap::new();
    for (version, schema) in event_type.schema_versions() {
        let Ok(object) = Object::from_raw(schema.as_raw(), "") else {
            continue;
        };
        for name in ["$id", "id"] {
            if let Ok(Some(id)) = object.string(name) {
                ids.insert(id.trim_end_matches('#').into(), version);
            }
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Resource as _;

    fn json(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    fn first(body: &[u8]) -> EventType {
        let mut first = EventType::decode(&"shop".into(), None, body).unwrap();
        first.keep_masked(None).unwrap();
        first
    }

    fn validated(event_type: EventType) -> ValidatedType {
        ValidatedType::new(Arc::new(event_type))
    }

    #[test]
    fn by_url_by_id_or_the_newest() {
        let all = first(br#"{"name":"order.created","schema":{"title":"one","$id":"urn:twice"}}"#)
            .with_schema(json(r#"{"$id":"https://example.com/two#"}"#))
            .with_schema(json(r#"{"id":"urn:twice"}"#))
            .with_schema(json(
                r#"{"$id":"https://gw/v1/spaces/shop/schemas/order.created/versions/1"}"#,
            ))
            .with_schema(json("true"))
            .without_schema(2)
            .unwrap()
            .with_schema(json(r#"{"$id":"https://example.com/six"}"#))
            .with_schema(json(r#"{"title":"seven"}"#));
        let all = validated(all);
        for (named, want) in [
            (None, 7),
            (
                Some("http://gw:4001/v1/spaces/shop/schemas/order.created/versions/1"),
                1,
            ),
            // What a schema says of itself counts where it is the newer one.
            (
                Some("https://gw/v1/spaces/shop/schemas/order.created/versions/1#"),
                4,
            ),
            (Some("/v1/spaces/shop/schemas/order.created/versions/3?x=1"), 3),
            (Some("/v1/spaces/shop/schemas/order.created/versions/5/"), 5),
            (Some("/v1/spaces/shop/schemas/order.created/versions/2"), 7),
            (Some("/v1/spaces/shop/schemas/order.created/versions/9"), 7),
            (Some("/v1/spaces/shop/schemas/order.created/versions/"), 7),
            (Some("/v1/spaces/other/schemas/order.created/versions/1"), 7),
            (Some("/v1/spaces/shop/schemas/xorder.created/versions/1"), 7),
            (Some("/v1/spaces/xshop/schemas/order.created/versions/1"), 7),
            (Some("https://example.com/six"), 6),
            (Some("https://example.com/two"), 7),
            (Some("urn:twice#"), 3),
            (Some("urn:nothing"), 7),
            (Some("#"), 7),
            (Some(""), 7),
        ] {
            assert_eq!(all.version(named).unwrap().0, want, "{named:?}");
        }
        assert!(validated(first(br#"{"name":"t"}"#)).version(None).is_none());
    }

    /// Not at an event that names none, and not again at each that names an unknown one.
    #[test]
    fn the_versions_are_read_once() {
        let all = validated(first(br#"{"name":"t","schema":{"$id":"urn:a"}}"#).with_schema(json("{}")));
        assert_eq!(all.version(None).unwrap().0, 2);
        assert!(all.by_id.get().is_none());
        assert_eq!(all.version(Some("urn:b")).unwrap().0, 2);
        let read: *const _ = all.by_id.get().unwrap();
        let text = all.by_id.get().unwrap().keys().next().unwrap().as_ptr();
        for named in ["urn:c", "urn:a", "urn:d"] {
            all.version(Some(named)).unwrap();
        }
        let again = all.by_id.get().unwrap();
        assert!(std::ptr::eq(read, again) && std::ptr::eq(text, again.keys().next().unwrap().as_ptr()));
    }
}

//! Which version of a schema an event is held to.

use domain::json::{Json, Object};
use domain::resource::EventType;

/// The version that the event names, by the URL where it is served or by the `$id` of the schema; the newest where it names
/// none that is known. `None`: there is no schema.
pub(super) fn of<'t>(event_type: &'t EventType, named: Option<&str>) -> Option<(u32, &'t Json)> {
    let newest = event_type.newest_schema()?;
    let Some(named) = named else { return Some(newest) };
    let is_named = |(version, schema): &(u32, &Json)| {
        served_version(event_type, named) == Some(*version) || has_id(schema, named)
    };
    Some(
        event_type
            .schema_versions()
            .rev()
            .find(is_named)
            .unwrap_or(newest),
    )
}

/// The version whose URL this is, whatever the host.
fn served_version(event_type: &EventType, url: &str) -> Option<u32> {
    let path = url.split(['?', '#']).next()?.trim_end_matches('/');
    let (before, version) = path.rsplit_once("/versions/")?;
    let of_type = format!("/v1/spaces/{}/schemas/{}", event_type.space, event_type.name);
    before.ends_with(&of_type).then(|| version.parse().ok())?
}

fn has_id(schema: &Json, named: &str) -> bool {
    let object = Object::from_raw(schema.as_raw(), "");
    let id = |name| {
        object
            .as_ref()
            .ok()
            .and_then(|object| object.string(name).ok().flatten())
    };
    [id("$id"), id("id")]
        .into_iter()
        .flatten()
        .any(|id| id.trim_end_matches('#') == named.trim_end_matches('#'))
}

#[cfg(test)]
mod tests {
    use domain::resource::Resource as _;

    use super::*;

    #[test]
    fn by_url_by_id_or_the_newest() {
        let body = br#"{"name":"order.created","schema":{"title":"one"}}"#;
        let mut first = EventType::decode(&"shop".into(), None, body).unwrap();
        first.keep_masked(None).unwrap();
        let json = |text: &str| serde_json::from_str::<Json>(text).unwrap();
        let second = first.with_schema(json(r#"{"$id":"https://example.com/two#"}"#));
        let all = second.with_schema(json(r#"{"title":"three"}"#));
        for (named, want) in [
            (None, 3),
            (
                Some("https://gw.example.com/v1/spaces/shop/schemas/order.created/versions/1"),
                1,
            ),
            (Some("/v1/spaces/shop/schemas/order.created/versions/2?x=1"), 2),
            (Some("https://example.com/two"), 2),
            (
                Some("https://gw.example.com/v1/spaces/other/schemas/order.created/versions/1"),
                3,
            ),
            (
                Some("https://gw.example.com/v1/spaces/shop/schemas/order.created/versions/9"),
                3,
            ),
            (
                Some("https://gw.example.com/v1/spaces/shop/schemas/order.created/versions/"),
                3,
            ),
            (Some("urn:nothing"), 3),
        ] {
            assert_eq!(of(&all, named).unwrap().0, want, "{named:?}");
        }
        let without = EventType::decode(&"shop".into(), None, br#"{"name":"t"}"#).unwrap();
        assert!(of(&without, None).is_none());
    }
}

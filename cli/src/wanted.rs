//! What files want of a space: resources, told apart by their members, and one document made of several.

use serde_yaml_ng::{Mapping, Value};

use crate::documents::to_json;
use crate::kind::Kind;

/// A resource that a file wants.
#[derive(Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) kind: Kind,
    pub(crate) body: Value,
}

impl Wanted {
    /// Place in the order in which resources need each other.
    pub(crate) fn rank(&self) -> u8 {
        match self.kind {
            // Settings may name hooks, which are functions.
            Kind::Space => 2,
            Kind::Function if self.body.get("type").and_then(Value::as_str) == Some("weighted") => 1,
            Kind::Function => 0,
            Kind::EventType => 3,
            Kind::Subscription => 4,
            Kind::Cors => 5,
        }
    }
}

/// The resources of a document, which may be one of them, a list, or an object of lists.
pub(crate) fn resources(document: Value) -> Result<Vec<Wanted>, String> {
    const LISTS: [Kind; 4] = [Kind::Function, Kind::EventType, Kind::Subscription, Kind::Cors];
    match document {
        Value::Sequence(items) => items.into_iter().map(single).collect(),
        Value::Mapping(mut members) if is_whole(&members, &LISTS) => {
            let mut found = Vec::new();
            if let Some(settings) = members.remove("settings") {
                found.push(Wanted {
                    kind: Kind::Space,
                    body: settings,
                });
            }
            for kind in LISTS {
                match members.remove(kind.member()) {
                    None | Some(Value::Null) => {}
                    Some(Value::Sequence(items)) => {
                        found.extend(items.into_iter().map(|body| Wanted { kind, body }));
                    }
                    Some(_) => return Err(format!("\"{}\" is no list", kind.member())),
                }
            }
            match members.keys().next() {
                None => Ok(found),
                Some(other) => Err(format!(
                    "{} is no part of a configuration",
                    to_json(other).unwrap_or_default()
                )),
            }
        }
        one => Ok(vec![single(one)?]),
    }
}

/// Whether an object is one of lists, and no resource.
fn is_whole(members: &Mapping, lists: &[Kind]) -> bool {
    members.contains_key("settings") || lists.iter().any(|kind| members.contains_key(kind.member()))
}

/// A resource by the members that only its kind has.
fn single(body: Value) -> Result<Wanted, String> {
    let has = |name: &str| body.get(name).is_some();
    let kind = if has("eventType") {
        Kind::Subscription
    } else if has("functionId") {
        Kind::Function
    } else if has("name") {
        Kind::EventType
    } else if has("path") && has("method") {
        Kind::Cors
    } else if has("space") {
        Kind::Space
    } else {
        return Err(
            "it holds something that is no resource: a function has \"functionId\", an event type \"name\", \
                    a subscription \"eventType\", a CORS configuration \"method\" and \"path\""
                .to_owned(),
        );
    };
    Ok(Wanted { kind, body })
}

/// One document as the gateway takes it, of all that is wanted.
pub(crate) fn as_one(wanted: Vec<Wanted>) -> Result<Value, String> {
    let mut settings = None;
    let mut lists =
        [Kind::EventType, Kind::Function, Kind::Subscription, Kind::Cors].map(|kind| (kind, Vec::new()));
    for one in wanted {
        match lists.iter_mut().find(|(kind, _)| *kind == one.kind) {
            Some((_, list)) => list.push(one.body),
            None if settings.is_some() => return Err("there are settings of the space twice".to_owned()),
            None => settings = Some(one.body),
        }
    }
    let mut document = Mapping::new();
    if let Some(settings) = settings {
        document.insert("settings".into(), settings);
    }
    for (kind, list) in lists {
        if !list.is_empty() {
            document.insert(kind.member().into(), Value::Sequence(list));
        }
    }
    Ok(Value::Mapping(document))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(yaml: &str) -> Result<Vec<Kind>, String> {
        let document = serde_yaml_ng::from_str(yaml).unwrap();
        let mut found = resources(document)?;
        found.sort_by_key(Wanted::rank);
        Ok(found.iter().map(|wanted| wanted.kind).collect())
    }

    #[test]
    fn resources_are_told_apart_and_ordered() {
        assert_eq!(kinds("{functionId: f, type: http}"), Ok(vec![Kind::Function]));
        assert_eq!(
            kinds(
                "[{method: GET, path: /}, {eventType: a, functionId: f, type: async}, {name: a}, {functionId: f}]"
            ),
            Ok(vec![
                Kind::Function,
                Kind::EventType,
                Kind::Subscription,
                Kind::Cors
            ])
        );
        assert_eq!(
            kinds("{subscriptions: [{}], functions: [{}], cors: null}"),
            Ok(vec![Kind::Function, Kind::Subscription])
        );
        assert_eq!(kinds("{space: shop, unmatched: 404}"), Ok(vec![Kind::Space]));
        assert!(kinds("{foo: 1}").is_err());
        assert!(kinds("{functions: 1}").is_err());
        let unknown = kinds("{functions: [], subscription: []}").unwrap_err();
        assert!(unknown.contains("\"subscription\""), "{unknown}");
    }

    #[test]
    fn documents_become_one() {
        let documents = [
            "{functions: [{functionId: a}]}",
            "[{functionId: b}, {name: t}]",
            "{settings: {unmatched: 404}}",
        ];
        let all: Vec<_> = documents
            .iter()
            .flat_map(|yaml| resources(serde_yaml_ng::from_str(yaml).unwrap()).unwrap())
            .collect();
        let one = as_one(all).unwrap();
        assert_eq!(
            to_json(&one).unwrap(),
            r#"{"settings":{"unmatched":404},"eventTypes":[{"name":"t"}],"functions":[{"functionId":"a"},{"functionId":"b"}]}"#
        );
        let settings = || Wanted {
            kind: Kind::Space,
            body: Value::Null,
        };
        assert!(as_one(vec![settings(), settings()]).is_err());
    }
}

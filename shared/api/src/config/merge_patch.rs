//! JSON merge patches (RFC 7396): what a request changes of a resource, and leaves as it is.
//!
//! A patch is applied to what the API shows of the resource, and the outcome is read as if it had been sent by PUT. So a
//! masked secret that it leaves out is kept, as long as it is sent where it was sent before. What is not named keeps its
//! text, and what is set has that of the patch: numbers keep their digits.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use domain::resource::Resource;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::ApiError;

/// The members with names that clients choose, in which letter case counts.
const LABELS: [&str; 2] = ["metadata", "labels"];

/// Most values that a patch may hold, however deep: a tree of small ones takes a hundred times as much as their text.
const MOST_VALUES: usize = 10_000;

/// A patch: members to be set, and with `null` those to be removed.
#[derive(Debug, Clone)]
pub(super) struct MergePatch {
    members: Map<String, Value>,
    text: Box<RawValue>,
}

impl MergePatch {
    /// Reads a body.
    pub(super) fn read(body: &[u8]) -> Result<Self, ApiError> {
        if values_at_most(body) > MOST_VALUES {
            return Err(ApiError::invalid(format!(
                "a JSON merge patch holds {MOST_VALUES} values at most"
            )));
        }
        let broken = |error: serde_json::Error| {
            ApiError::invalid(format!("request body is no JSON merge patch (RFC 7396): {error}"))
        };
        match serde_json::from_slice(body).map_err(broken)? {
            Value::Object(members) => Ok(Self {
                members,
                text: serde_json::from_slice(body).map_err(broken)?,
            }),
            _ => Err(ApiError::invalid(
                "request body is no JSON merge patch (RFC 7396): it must be an object".to_owned(),
            )),
        }
    }

    /// What it sets of the settings of a function's provider.
    pub(super) fn provider(&self) -> impl Iterator<Item = &Value> {
        let members = self.members.iter();
        members.filter_map(|(name, value)| name.eq_ignore_ascii_case("provider").then_some(value))
    }

    /// Whether it takes a member away.
    pub(super) fn removes(&self, member: &str) -> bool {
        let mut members = self.members.iter();
        members.any(|(name, value)| name.eq_ignore_ascii_case(member) && value.is_null())
    }

    /// What it makes of a resource as it is shown, as the body of a PUT.
    pub(super) fn applied_to<R: Resource>(&self, shown: &R) -> Vec<u8> {
        // A resource is JSON to begin with.
        let whole = serde_json::to_string(shown).unwrap_or_default();
        merged(&whole, &self.text, Names::OfMembers).into_bytes()
    }
}

/// How many values a text of JSON holds at most: each is the whole, or follows one of these signs.
fn values_at_most(json: &[u8]) -> usize {
    let (mut is_text, mut is_escaped, mut values) = (false, false, 1);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b',' | b'[' | b'{' if !is_text => values += 1,
            _ => {}
        }
    }
    values
}

/// How names are compared. As members of resources match without regard to letter case (docs/contract.md §1.3), one in
/// another case must not become a second member beside the one that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    OfMembers,
    AsWritten,
}

/// What a patch, an object, makes of a JSON text. One that is no object counts as an empty one.
fn merged(target: &str, patch: &RawValue, names: Names) -> String {
    let Members(known) = serde_json::from_str(target).unwrap_or_default();
    let Members(given) = serde_json::from_str(patch.get()).unwrap_or_default();
    let mut members: Vec<(Cow<'_, str>, Option<Cow<'_, str>>)> = known
        .into_iter()
        .map(|(name, value)| (name, Some(value.get().into())))
        .collect();
    // Looked up, not looked for: a patch may have as many members as a body has room for.
    let mut places: HashMap<String, usize> = (members.iter().enumerate())
        .map(|(at, (name, _))| (name.to_string(), at))
        .collect();
    let in_lower_case: HashMap<String, usize> = match names {
        Names::AsWritten => HashMap::new(),
        Names::OfMembers => (members.iter().enumerate())
            .map(|(at, (name, _))| (name.to_ascii_lowercase(), at))
            .collect(),
    };
    // Of members that stand twice the last counts.
    let given: BTreeMap<Cow<'_, str>, &RawValue> = given.into_iter().collect();
    for (name, value) in given {
        let place = places.get(&*name);
        let place = place.or_else(|| in_lower_case.get(&name.to_ascii_lowercase()));
        let at = place.copied().unwrap_or_else(|| {
            places.insert(name.to_string(), members.len());
            members.push((name, None));
            members.len() - 1
        });
        let Some((name, text)) = members.get_mut(at) else {
            continue;
        };
        *text = match value.get().as_bytes().first() {
            Some(b'n') => None,
            Some(b'{') => {
                let is_labels = LABELS.iter().any(|labels| name.eq_ignore_ascii_case(labels));
                let inner = if is_labels { Names::AsWritten } else { names };
                Some(merged(text.as_deref().unwrap_or_default(), value, inner).into())
            }
            _ => Some(value.get().into()),
        };
    }
    let mut whole = String::from("{");
    for (name, text) in members {
        let Some(text) = text else { continue };
        if whole.len() > 1 {
            whole.push(',');
        }
        whole.push_str(&Value::from(name).to_string());
        whole.push(':');
        whole.push_str(&text);
    }
    whole.push('}');
    whole
}

/// The members of an object in their order, each with its text.
#[derive(Default)]
struct Members<'j>(Vec<(Cow<'j, str>, &'j RawValue)>);

/// A name, borrowed if it is written without escapes.
#[derive(serde::Deserialize)]
struct Name<'j>(#[serde(borrow)] Cow<'j, str>);

impl<'j> Deserialize<'j> for Members<'j> {
    fn deserialize<D: Deserializer<'j>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'j> Visitor<'j> for Object {
            type Value = Members<'j>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(target: &Value, patch: &Value) -> Value {
        let patch = MergePatch::read(patch.to_string().as_bytes()).unwrap();
        serde_json::from_str(&super::merged(&target.to_string(), &patch.text, Names::OfMembers)).unwrap()
    }

    #[test]
    fn texts_stay_as_they_are_written() {
        let patch = |target: &str, patch: &str| {
            let patch = MergePatch::read(patch.as_bytes()).unwrap();
            super::merged(target, &patch.text, Names::OfMembers)
        };
        let filters =
            r#"[{"pattern": {"data": {"b": [1.50, 12345678901234567890123], "a": [1e300, -0.0]}}}]"#;
        assert_eq!(
            patch(
                &format!(r#"{{"path":"/a","filters":{filters}}}"#),
                r#"{"PATH":"/b"}"#
            ),
            format!(r#"{{"path":"/b","filters":{filters}}}"#)
        );
        assert_eq!(
            patch(r#"{"path":"/a"}"#, &format!(r#"{{"filters":{filters}}}"#)),
            format!(r#"{{"path":"/a","filters":{filters}}}"#)
        );
        assert_eq!(
            patch(
                r#"{"config":{"z":1.0,"a":2.50},"x":3}"#,
                r#"{"config":{"n":10000000000000000000000000,"a":null},"x":{"y":1e2},"x":{"z":1e3}}"#
            ),
            r#"{"config":{"z":1.0,"n":10000000000000000000000000},"x":{"z":1e3}}"#
        );
    }

    #[test]
    fn values_are_counted_before_they_are_read() {
        for (json, want) in [
            ("1", 1),
            (r#"{"a":1}"#, 2),
            (r#"{"a":[1,{"b":2}],"c":",[{\\\",["}"#, 6),
        ] {
            assert_eq!(values_at_most(json.as_bytes()), want, "{json}");
        }
        let many = |count: usize| format!(r#"{{"metadata":{{"k":[{}]}}}}"#, vec!["1"; count].join(","));
        assert!(MergePatch::read(many(MOST_VALUES - 10).as_bytes()).is_ok());
        assert!(MergePatch::read(many(MOST_VALUES).as_bytes()).is_err());
    }

    /// The cases of RFC 7396, appendix A, whose target and patch are objects.
    #[test]
    fn the_examples_of_the_rfc() {
        for (target, patch, want) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (
                json!({"a":{"b":"c"}}),
                json!({"a":{"b":"d","c":null}}),
                json!({"a":{"b":"d"}}),
            ),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (
                json!({}),
                json!({"a":{"bb":{"ccc":null}}}),
                json!({"a":{"bb":{}}}),
            ),
            (json!({"a":"b"}), json!({"a":{"c":"d"}}), json!({"a":{"c":"d"}})),
        ] {
            assert_eq!(merged(&target, &patch), want, "{target} {patch}");
        }
    }

    #[test]
    fn letter_case_counts_in_labels_alone() {
        assert_eq!(
            merged(
                &json!({"authorizerId": "a", "provider": {"url": "u"}, "metadata": {"a": "1"}}),
                &json!({"AuthorizerID": null, "PROVIDER": {"URL": "v"}, "Metadata": {"A": "2"}})
            ),
            json!({"provider": {"url": "v"}, "metadata": {"a": "1", "A": "2"}})
        );
        assert_eq!(
            merged(
                &json!({"metadata": {"a": "1"}}),
                &json!({"metadata": {"A": null}})
            ),
            json!({"metadata": {"a": "1"}})
        );
    }

    #[test]
    fn what_is_no_object_is_no_patch() {
        for body in [
            "",
            "[]",
            "null",
            "1",
            "{",
            r#"[{"op":"remove","path":"/a"}]"#,
            "{} {}",
        ] {
            assert!(MergePatch::read(body.as_bytes()).is_err(), "{body}");
        }
        assert!(MergePatch::read(b" {} ").is_ok());
    }

    #[test]
    fn patching_is_linear() {
        let members = |n: usize| -> Box<RawValue> {
            let members: Vec<_> = (0..n).map(|at| format!(r#""m{at}":{{"a":1}}"#)).collect();
            RawValue::from_string(format!("{{{}}}", members.join(","))).unwrap()
        };
        scaling::assert_linear("members", 100, members, |patch| {
            super::merged(r#"{"functionId":"f"}"#, patch, Names::OfMembers)
        });
        let labels = |n| {
            let text = format!(r#"{{"{}":{}}}"#, LABELS[0], members(n).get());
            RawValue::from_string(text).unwrap()
        };
        scaling::assert_linear("labels", 100, labels, |patch| {
            super::merged("{}", patch, Names::OfMembers)
        });
    }
}

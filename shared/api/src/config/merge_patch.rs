//! JSON merge patches (RFC 7396): what a request changes of a resource, and leaves as it is.
//!
//! A patch is applied to what the API shows of the resource, and the outcome is read as if it had been sent by PUT. So a
//! masked secret that it leaves out is kept, as long as it is sent where it was sent before.

use std::collections::HashMap;

use domain::resource::Resource;
use serde_json::{Map, Value};

use crate::error::ApiError;

/// The members with names that clients choose, in which letter case counts.
const LABELS: [&str; 2] = ["metadata", "labels"];

/// Most values that a patch may hold, however deep: a tree of small ones takes a hundred times as much as their text.
const MOST_VALUES: usize = 10_000;

/// A patch: members to be set, and with `null` those to be removed.
#[derive(Debug, Clone)]
pub(super) struct MergePatch(Map<String, Value>);

impl MergePatch {
    /// Reads a body.
    pub(super) fn read(body: &[u8]) -> Result<Self, ApiError> {
        if values_at_most(body) > MOST_VALUES {
            return Err(ApiError::invalid(format!(
                "a JSON merge patch holds {MOST_VALUES} values at most"
            )));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(ApiError::invalid(
                "request body is no JSON merge patch (RFC 7396): it must be an object".to_owned(),
            )),
            Err(error) => Err(ApiError::invalid(format!(
                "request body is no JSON merge patch (RFC 7396): {error}"
            ))),
        }
    }

    /// What it sets of the settings of a function's provider.
    pub(super) fn provider(&self) -> impl Iterator<Item = &Value> {
        let members = self.0.iter();
        members.filter_map(|(name, value)| name.eq_ignore_ascii_case("provider").then_some(value))
    }

    /// What it makes of a resource as it is shown, as the body of a PUT.
    pub(super) fn applied_to<R: Resource>(&self, shown: &R) -> Vec<u8> {
        // A resource is JSON to begin with.
        let mut whole = serde_json::to_value(shown).unwrap_or_default();
        if let Value::Object(members) = &mut whole {
            merge(members, &self.0, Names::OfMembers);
        }
        whole.to_string().into_bytes()
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

fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>, names: Names) {
    // Looked up, not looked for: a patch may have as many members as a body has room for.
    let in_lower_case: HashMap<String, String> = match names {
        Names::AsWritten => HashMap::new(),
        Names::OfMembers => target
            .keys()
            .map(|name| (name.to_ascii_lowercase(), name.clone()))
            .collect(),
    };
    for (given, value) in patch {
        let known = in_lower_case.get(&given.to_ascii_lowercase());
        let name = match known {
            Some(known) if !target.contains_key(given) => known.clone(),
            _ => given.clone(),
        };
        match value {
            Value::Null => {
                target.remove(&name);
            }
            Value::Object(inner_patch) => {
                let inner_names = match names {
                    Names::OfMembers if !LABELS.iter().any(|labels| name.eq_ignore_ascii_case(labels)) => {
                        names
                    }
                    Names::OfMembers | Names::AsWritten => Names::AsWritten,
                };
                let inner = target.entry(name).or_insert_with(|| Map::new().into());
                if !inner.is_object() {
                    *inner = Map::new().into();
                }
                if let Value::Object(inner) = inner {
                    merge(inner, inner_patch, inner_names);
                }
            }
            value => {
                target.insert(name, value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(target: Value, patch: Value) -> Value {
        let (Value::Object(mut target), Value::Object(patch)) = (target, patch) else {
            panic!("no objects")
        };
        merge(&mut target, &patch, Names::OfMembers);
        target.into()
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
            assert_eq!(merged(target.clone(), patch.clone()), want, "{target} {patch}");
        }
    }

    #[test]
    fn letter_case_counts_in_labels_alone() {
        assert_eq!(
            merged(
                json!({"authorizerId": "a", "provider": {"url": "u"}, "metadata": {"a": "1"}}),
                json!({"AuthorizerID": null, "PROVIDER": {"URL": "v"}, "Metadata": {"A": "2"}})
            ),
            json!({"provider": {"url": "v"}, "metadata": {"a": "1", "A": "2"}})
        );
        assert_eq!(
            merged(json!({"metadata": {"a": "1"}}), json!({"metadata": {"A": null}})),
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
        let members = |n: usize| -> Value {
            let members = (0..n).map(|at| (format!("m{at}"), json!({"a": 1})));
            Value::Object(members.collect())
        };
        scaling::assert_linear("members", 100, members, |patch| {
            merged(json!({"functionId": "f"}), patch.clone())
        });
        let labels = |n| json!({LABELS[0]: members(n)});
        scaling::assert_linear("labels", 100, labels, |patch| merged(json!({}), patch.clone()));
    }
}

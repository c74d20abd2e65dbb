//! Patterns of rules: the envelope is EventBridge's own there and a CloudEvent here (docs/filters.md).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::import::document::is_name;

/// What stands for the pattern of a rule.
#[derive(Debug, PartialEq)]
pub(super) struct Pattern {
    /// Event types of subscriptions: those that the rule names, or `*`.
    pub(super) event_types: Vec<String>,
    /// The rest of the pattern.
    pub(super) filter: Option<Value>,
}

impl Pattern {
    /// `names` are the event types that stand for a `detail-type`.
    pub(super) fn of(pattern: &Value, names: &BTreeMap<String, String>) -> Result<Self, String> {
        let Value::Object(fields) = pattern else {
            return Err("its pattern is no object".to_owned());
        };
        let mut filter = renamed(fields)?;
        let types = filter
            .get("type")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        // Several alternatives may each have their own.
        let are_texts =
            !types.is_empty() && types.iter().all(Value::is_string) && !filter.contains_key("$or");
        let mut event_types = Vec::new();
        if are_texts {
            for name in types.iter().filter_map(Value::as_str) {
                event_types.push(event_type(name, names)?);
            }
            filter.remove("type");
        } else {
            event_types.push("*".to_owned());
        }
        let filter = (!filter.is_empty()).then_some(Value::Object(filter));
        Ok(Self { event_types, filter })
    }
}

fn event_type(name: &str, names: &BTreeMap<String, String>) -> Result<String, String> {
    match names.get(name) {
        Some(given) if is_name(given) => Ok(given.clone()),
        Some(given) => Err(format!("\"{given}\" is no name of an event type")),
        None if is_name(name) => Ok(name.to_owned()),
        None => Err(format!(
            "its detail-type \"{name}\" is no name of an event type, which has letters, digits, `.`, `-` and `_`: \
             give the type that your events have with --type-name '{name}=…'"
        )),
    }
}

/// The fields of the envelope by their names here. A field that a CloudEvent does not have would keep every event away.
fn renamed(fields: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut here = Map::new();
    for (name, value) in fields {
        let name_here = match name.as_str() {
            "detail-type" => "type",
            "detail" => "data",
            "source" | "id" | "time" => name,
            "$or" => {
                let branches = value.as_array().ok_or("its \"$or\" is no list")?;
                let branch = |branch: &Value| {
                    let fields = branch.as_object().ok_or("its \"$or\" has what is no object")?;
                    renamed(fields).map(Value::Object)
                };
                let branches = branches.iter().map(branch).collect::<Result<Vec<_>, String>>()?;
                here.insert(name.clone(), Value::Array(branches));
                continue;
            }
            "resources" | "account" | "region" | "version" => {
                return Err(format!(
                    "its pattern asks for \"{name}\", which CloudEvents do not have: take `subject` or an extension, and write the filter"
                ));
            }
            other => match other.strip_prefix("detail.") {
                Some(rest) => {
                    here.insert(format!("data.{rest}"), value.clone());
                    continue;
                }
                None => {
                    return Err(format!(
                        "its pattern asks for \"{other}\", which no event of EventBridge has"
                    ));
                }
            },
        };
        here.insert(name_here.to_owned(), value.clone());
    }
    Ok(here)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(pattern: &Value) -> Result<(Vec<String>, Option<Value>), String> {
        let names = BTreeMap::from([("EC2 State".to_owned(), "ec2.state".to_owned())]);
        Pattern::of(pattern, &names).map(|pattern| (pattern.event_types, pattern.filter))
    }

    #[test]
    fn detail_types_are_event_types_and_the_rest_is_a_filter() {
        let all = || vec!["*".to_owned()];
        for (pattern, types, filter) in [
            (json!({"detail-type": ["a.b"]}), vec!["a.b".to_owned()], None),
            (
                json!({"detail-type": ["a", "EC2 State"], "source": ["s"], "detail": {"n": [{"numeric": [">", 1]}]}}),
                vec!["a".to_owned(), "ec2.state".to_owned()],
                Some(json!({"source": ["s"], "data": {"n": [{"numeric": [">", 1]}]}})),
            ),
            (json!({"source": ["s"]}), all(), Some(json!({"source": ["s"]}))),
            (
                json!({"detail-type": [{"prefix": "a"}]}),
                all(),
                Some(json!({"type": [{"prefix": "a"}]})),
            ),
            (
                json!({"$or": [{"detail-type": ["a"]}, {"detail": {"x": [1]}}]}),
                all(),
                Some(json!({"$or": [{"type": ["a"]}, {"data": {"x": [1]}}]})),
            ),
            (json!({"detail.x": [1]}), all(), Some(json!({"data.x": [1]}))),
        ] {
            assert_eq!(of(&pattern), Ok((types, filter)));
        }
    }

    #[test]
    fn what_would_not_filter_alike_is_refused() {
        for (pattern, part) in [
            (json!({"detail-type": ["Two Words"]}), "--type-name 'Two Words=…'"),
            (json!({"resources": ["arn"]}), "resources"),
            (json!({"$or": [{"account": ["1"]}, {}]}), "account"),
            (json!({"other": [1]}), "no event of EventBridge has"),
            (json!([]), "no object"),
        ] {
            let reason = of(&pattern).unwrap_err();
            assert!(reason.contains(part), "{reason}");
        }
    }
}

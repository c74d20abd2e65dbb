//! Which members of a resource are others than before, and what they were. Secrets are never in it.

use std::collections::BTreeSet;

use domain::resource::{DERIVED_MEMBERS, Resource, masked};
use serde::Serialize;
use serde_json::{Map, Value};

/// A member that is another than before.
#[derive(Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub(super) struct MemberChange {
    /// Its path in the resource, such as `provider.url`.
    field: String,
    /// What it was, with a mask for every secret; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    from: Option<Value>,
    /// What it is, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    to: Option<Value>,
}

/// A state of a resource: what it is, and what may be shown of it.
#[derive(Clone, Copy)]
struct State<'v> {
    is: Option<&'v Value>,
    shown: Option<&'v Value>,
}

impl<'v> State<'v> {
    fn members(self) -> Option<&'v Map<String, Value>> {
        self.is.and_then(Value::as_object)
    }

    fn member(self, name: &str) -> Self {
        Self {
            is: self.is.and_then(|value| value.get(name)),
            shown: self.shown.and_then(|value| value.get(name)),
        }
    }
}

/// The members of a resource that are others than before. Objects are compared member by member, arrays as a whole.
pub(super) fn changed_members<R: Resource>(before: &R, after: &R) -> Vec<MemberChange> {
    let value = |resource: &R| serde_json::to_value(resource).unwrap_or_default();
    let [was, is] = [value(before), value(after)];
    let [was_shown, is_shown] = [value(&masked(before)), value(&masked(after))];
    let state = |is, shown| State {
        is: Some(is),
        shown: Some(shown),
    };
    let mut changes = Vec::new();
    compare("", state(&was, &was_shown), state(&is, &is_shown), &mut changes);
    changes
}

fn compare(path: &str, before: State<'_>, after: State<'_>, changes: &mut Vec<MemberChange>) {
    if before.is == after.is {
        return;
    }
    let (Some(was), Some(is)) = (before.members(), after.members()) else {
        changes.push(MemberChange {
            field: path.to_owned(),
            from: before.shown.cloned(),
            to: after.shown.cloned(),
        });
        return;
    };
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    for name in names {
        // What follows from others says nothing of its own.
        if path.is_empty() && DERIVED_MEMBERS.contains(&name.as_str()) {
            continue;
        }
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        compare(&path, before.member(name), after.member(name), changes);
    }
}

#[cfg(test)]
mod tests {
    use domain::resource::Function;
    use serde_json::json;

    use super::*;

    fn function(members: &str) -> Function {
        let body = format!(r#"{{"functionId":"f","type":"http",{members}}}"#);
        Function::decode(&"default".into(), None, body.as_bytes()).unwrap()
    }

    #[test]
    fn members_are_told_by_their_paths_and_secrets_not_at_all() {
        let before = function(
            r#""provider":{"url":"http://h/1","headers":{"X-Key":"s3cret"}},"metadata":{"a":"1","b":"2"}"#,
        );
        assert!(changed_members(&before, &before).is_empty());
        let after = function(
            r#""provider":{"url":"http://h/2","headers":{"X-Key":"hush"}},"metadata":{"a":"1","c":"3"}"#,
        );
        let changes = changed_members(&before, &after);
        let told = serde_json::to_value(&changes).unwrap();
        assert_eq!(
            told,
            json!([
                {"field": "metadata.b", "from": "2"},
                {"field": "metadata.c", "to": "3"},
                {"field": "provider.headers.X-Key", "from": "*****", "to": "*****"},
                {"field": "provider.url", "from": "http://h/1", "to": "http://h/2"},
            ])
        );
    }
}

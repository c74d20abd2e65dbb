//! Functions that would lead to the very API they are registered at.

use domain::resource::{Kind, Resource};
use gateway::OwnConfigApi;
use serde_json::Value;

use super::merge_patch::MergePatch;
use crate::error::ApiError;

/// Refuses a function that names this API as a destination, whatever member of its provider does. Names that only
/// resolve to it are refused when they are connected to.
pub(super) fn check<R: Resource>(resource: &R, own: &OwnConfigApi) -> Result<(), ApiError> {
    if R::KIND != Kind::Function || own.is_none() {
        return Ok(());
    }
    // A resource is JSON to begin with.
    let provider = serde_json::to_value(resource)
        .ok()
        .map(|mut whole| whole["provider"].take());
    provider.map_or(Ok(()), |provider| check_provider(&provider, own))
}

/// Refuses a patch of a function that names this API. What it leaves as it is was looked at when it was written.
pub(super) fn check_patch<R: Resource>(patch: &MergePatch, own: &OwnConfigApi) -> Result<(), ApiError> {
    if R::KIND != Kind::Function || own.is_none() {
        return Ok(());
    }
    let mut providers = patch.provider();
    providers.try_for_each(|provider| check_provider(provider, own))
}

fn check_provider(provider: &Value, own: &OwnConfigApi) -> Result<(), ApiError> {
    match member_at(provider, "provider", own) {
        None => Ok(()),
        // The URL is not shown: it may have secrets in it.
        Some(member) => Err(ApiError::invalid(format!(
            "Function doesn't validate. Validation error: {member} leads to this gateway's own Configuration API, \
             which functions may not call"
        ))),
    }
}

/// The path of a text that is a URL of this API.
fn member_at(value: &Value, path: &str, own: &OwnConfigApi) -> Option<String> {
    match value {
        Value::String(text) if own.is_named_by(text) => Some(path.to_owned()),
        Value::Array(elements) => elements.iter().find_map(|element| member_at(element, path, own)),
        Value::Object(members) => members
            .iter()
            .find_map(|(name, member)| member_at(member, &format!("{path}.{name}"), own)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_member_is_named_wherever_it_is() {
        let own = OwnConfigApi::at(["127.0.0.1:4001".parse().unwrap()]);
        for (provider, want) in [
            (json!({"url": "http://localhost:4001/v1"}), Some("provider.url")),
            (
                json!({"a": {"b": ["x", "http://127.0.0.1:4001"]}}),
                Some("provider.a.b"),
            ),
            (json!({"url": "http://localhost:4000/v1"}), None),
            (json!({"url": 4001}), None),
        ] {
            assert_eq!(
                member_at(&provider, "provider", &own).as_deref(),
                want,
                "{provider}"
            );
        }
    }
}

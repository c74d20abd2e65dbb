//! Names of fields in validation texts as the members of JSON that they are, and what their rules ask for.

use std::borrow::Cow;

use crate::resource::{
    CompatibilityMode, CompatibilityPolicy, EMITS_TAG, EmitMode, HEADER_TAG, Kind, NOT_CACHED_TAG, PathMode,
    ROLE_OR_SCOPES_TAG, ROLE_TAG, SCOPES_TAG, TIME_TAG, Unmatched, VERSIONS_TAG, Validation,
};
use crate::validation::{MAX_PATH_BYTES, MAX_PATH_SEGMENTS, METHOD_TAG};

const EMIT_TAG: &str = EmitMode::TAG;
const PATHS_TAG: &str = PathMode::TAG;
const UNMATCHED_TAG: &str = Unmatched::TAG;
const VALIDATION_TAG: &str = Validation::TAG;
const COMPATIBILITY_TAG: &str = CompatibilityMode::TAG;
const POLICY_TAG: &str = CompatibilityPolicy::TAG;

/// The path of a field that is named as in the texts, such as `Retry.MaxAttempts`.
pub(super) fn json_path(kind: Kind, field: &str) -> String {
    if field == "ID" && kind == Kind::Function {
        return "functionId".to_owned();
    }
    let segments: Vec<_> = field.split('.').map(json_name).collect();
    segments.join(".")
}

fn json_name(segment: &str) -> String {
    let spelt = match segment.strip_suffix("ID") {
        Some(start) => format!("{start}Id"),
        None => segment.to_owned(),
    };
    let mut chars = spelt.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

/// What a rule asks for, by the field and the tag of its text.
pub(super) fn hint_of(field: &str, tag: &str) -> Option<Cow<'static, str>> {
    Some(match (field, tag) {
        (_, "required") => "it must be set".into(),
        (_, "functionid" | "space" | "eventType") => {
            "it must be made of letters, digits, '.', '-' and '_'".into()
        }
        ("Space", "min") => "it must have at least three characters".into(),
        (_, "urlPath" | "path") => format!(
            "it must be a path of at most {MAX_PATH_BYTES} bytes and {MAX_PATH_SEGMENTS} segments, such as /users/:id"
        )
        .into(),
        (_, METHOD_TAG) => "it must be GET, POST, DELETE, PUT, PATCH, HEAD or OPTIONS".into(),
        (_, "eq=async|eq=sync") => "it must be async or sync".into(),
        (_, "oneof=jsonata inputTransformer inputPath input") => {
            "it must have exactly one of jsonata, inputTransformer, inputPath and input".into()
        }
        (_, "eq=sync") => "it is for sync subscriptions only".into(),
        (_, "eq=async") => "it is for async subscriptions only".into(),
        (_, EMIT_TAG) => "it must be open or key".into(),
        (_, PATHS_TAG) => "it must be strict or specific".into(),
        (_, VALIDATION_TAG) => "it must be off, warn or reject".into(),
        (_, COMPATIBILITY_TAG) => {
            "it must be none, backward, forward or full, or one of the last three with _transitive".into()
        }
        (_, POLICY_TAG) => "it must be lenient or strict".into(),
        (_, "schema") => "it must be a JSON Schema: an object, true or false".into(),
        (_, UNMATCHED_TAG) => "it must be 202 or 404".into(),
        (_, ROLE_OR_SCOPES_TAG) => "it must have either a role or scopes".into(),
        (_, ROLE_TAG) => "it must be owner, admin, developer, operator, viewer or emitter".into(),
        (_, SCOPES_TAG) => {
            "they must be of events:emit, config:read, config:write, deliveries:read, payloads:read, dlq:write, keys:admin, audit:read and usage:read"
                .into()
        }
        (_, EMITS_TAG) => "it is for keys with events:emit and without keys:admin only".into(),
        (_, TIME_TAG) => "it must be a time in RFC 3339, such as 2027-01-01T00:00:00Z".into(),
        (_, VERSIONS_TAG) => "versions have numbers from 1 up, the newest the greatest, and a schema each".into(),
        (_, HEADER_TAG) => "it must be the name of a header".into(),
        (_, NOT_CACHED_TAG) => {
            "decisions of functions of the types weighted and jwt are not kept".into()
        }
        (_, "gtefield=MinDelay") => "it must not be less than minDelay".into(),
        (_, "min") => "it is too small".into(),
        (_, "max") => "it is too large".into(),
        _ => return None,
    })
}

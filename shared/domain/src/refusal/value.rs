//! What a member of a refused body holds, as far as it may be repeated.

use serde_json::value::RawValue;

use crate::json::{Object, elements, kind, string};

/// Most characters of a value.
const MOST_CHARS: usize = 128;

/// Members of providers that hold no secrets. All others may have some in them, such as URLs and headers: a list of those that
/// do would miss the next one.
const SAFE: [&str; 15] = [
    "provider.timeoutSeconds",
    "provider.maxResponseBytes",
    "provider.response",
    "provider.format",
    "provider.method",
    "provider.schema",
    "provider.invocationType",
    "provider.qualifier",
    "provider.arn",
    "provider.roleArn",
    "provider.topicArn",
    "provider.stateMachineArn",
    "provider.action",
    "provider.namespace",
    "provider.region",
];

/// What the member at a path holds; `None` where it is not there or may not be shown.
pub(super) fn of_member(body: &[u8], path: &str) -> Option<String> {
    // The space is that of the URL, whatever the body says.
    if path == "space" || (path.starts_with("provider") && !SAFE.contains(&path)) {
        return None;
    }
    let object = Object::from_first_value(body).ok()?;
    if let Some(pointer) = path.strip_prefix("filters/") {
        return text(at_pointer(object.get("filters")?, pointer)?);
    }
    let mut names = path.split('.');
    let mut found = object.get(names.next()?)?;
    for name in names {
        found = Object::from_raw(found, "").ok()?.get(name)?;
    }
    text(found)
}

/// What a JSON pointer, without the slash that it begins with, leads to.
fn at_pointer<'v>(value: &'v RawValue, pointer: &str) -> Option<&'v RawValue> {
    let mut found = value;
    for step in pointer.split('/') {
        found = if kind(found) == "array" {
            let at = step.parse::<usize>().ok()?;
            elements(found.get().as_bytes()).ok()?.get(at).copied()?
        } else {
            let name = step.replace("~1", "/").replace("~0", "~");
            let object = Object::from_raw(found, "").ok()?;
            object.members().find(|(known, _)| *known == name)?.1
        };
    }
    Some(found)
}

fn text(value: &RawValue) -> Option<String> {
    let text = match kind(value) {
        "string" => string(value, "").ok()?,
        _ => value.get().into(),
    };
    let mut chars = text.chars();
    let mut shown: String = chars.by_ref().take(MOST_CHARS).collect();
    if chars.next().is_some() {
        shown.push('\u{2026}');
    }
    Some(shown)
}

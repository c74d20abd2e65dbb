//! The attributes of a CloudEvent 0.3 or 1.0, checked by the letter of the specification and of its JSON format. What
//! is wrong is told by the name of the attribute.

use std::borrow::Cow;

use super::cloud_event_error::{AttributeFault, CloudEventError};
use super::content_type::media_type;
use super::time;
use super::uri_reference::{is_uri, is_uri_reference};
use crate::json::Json;

/// What an event is known by, and which of the two versions it has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attributes<'m> {
    pub(super) event_type: Cow<'m, str>,
    pub(super) id: Cow<'m, str>,
    pub(super) is_v0_3: bool,
}

impl<'m> Attributes<'m> {
    /// Checks those of an event whose names are all different. Members that are `null` are not set.
    pub(super) fn of(members: &'m [(String, Json)]) -> Result<Self, CloudEventError> {
        let is_v0_3 = is_v0_3(members)?;
        let (mut event_type, mut id, mut has_source) = (None, None, false);
        for (name, value) in members {
            let value = value.get();
            // JSON that begins like this is nothing else.
            if value.starts_with('n') {
                continue;
            }
            let checked = match name.as_str() {
                // 0.3 has no `data_base64`, but the SDK for JavaScript sends it there as well.
                "specversion" | "data" | "data_base64" => Ok(()),
                "type" => filled(value).map(|text| event_type = Some(text)),
                "id" => filled(value).map(|text| id = Some(text)),
                "source" => {
                    has_source = true;
                    check(value, is_uri_reference, AttributeFault::NotUriReference)
                }
                "subject" => filled(value).map(drop),
                "datacontenttype" => check_media_type(value),
                "time" => check_time(value),
                "dataschema" if !is_v0_3 => check(value, is_uri, AttributeFault::NotUri),
                "schemaurl" if is_v0_3 => check(value, is_uri_reference, AttributeFault::NotUriReference),
                "datacontentencoding" if is_v0_3 => filled(value).map(drop),
                extension => check_extension(extension, value, is_v0_3),
            };
            checked.map_err(|fault| fault.of(name))?;
        }
        let missing = |name| AttributeFault::Missing.of(name);
        if !has_source {
            return Err(missing("source"));
        }
        Ok(Self {
            event_type: event_type.ok_or_else(|| missing("type"))?,
            id: id.ok_or_else(|| missing("id"))?,
            is_v0_3,
        })
    }
}

fn is_v0_3(members: &[(String, Json)]) -> Result<bool, CloudEventError> {
    let version = members.iter().find(|(name, _)| name == "specversion");
    let fault = match version.map(|(_, value)| value.get()) {
        Some("\"1.0\"") => return Ok(false),
        Some("\"0.3\"") => return Ok(true),
        None | Some("null") => AttributeFault::Missing,
        Some("\"\"") => AttributeFault::Empty,
        Some(_) => AttributeFault::Version,
    };
    Err(fault.of("specversion"))
}

/// The content of a JSON string, with no other characters than texts of attributes have.
fn text(json: &str) -> Result<Cow<'_, str>, AttributeFault> {
    let content = json.strip_prefix('"').and_then(|json| json.strip_suffix('"'));
    let content = content.ok_or(AttributeFault::NotText)?;
    // No early end: so the compiler makes it look at many bytes at once.
    let others = content.bytes().fold(0, |others, b| {
        others | u8::from(b.wrapping_sub(b' ') >= 0x5f) | u8::from(b == b'\\')
    });
    if others == 0 {
        return Ok(Cow::Borrowed(content));
    }
    let content = if content.contains('\\') {
        // What is no text: halves of surrogate pairs.
        Cow::Owned(serde_json::from_str(json).map_err(|_| AttributeFault::Characters)?)
    } else {
        Cow::Borrowed(content)
    };
    let is_allowed = |c: char| {
        let point = u32::from(c);
        !c.is_control() && !(0xfdd0..=0xfdef).contains(&point) && point & 0xfffe != 0xfffe
    };
    if content.chars().all(is_allowed) {
        Ok(content)
    } else {
        Err(AttributeFault::Characters)
    }
}

/// The same of one that is not empty.
fn filled(json: &str) -> Result<Cow<'_, str>, AttributeFault> {
    match text(json)? {
        empty if empty.is_empty() => Err(AttributeFault::Empty),
        text => Ok(text),
    }
}

fn check(json: &str, is_valid: fn(&str) -> bool, fault: AttributeFault) -> Result<(), AttributeFault> {
    if is_valid(&filled(json)?) {
        Ok(())
    } else {
        Err(fault)
    }
}

fn check_media_type(json: &str) -> Result<(), AttributeFault> {
    let text = filled(json)?;
    // What nearly all events say.
    if text == "application/json" {
        return Ok(());
    }
    media_type(Some(&text)).map_err(AttributeFault::NotMediaType)?;
    let essence = text.split(';').next().unwrap_or_default();
    match essence.trim().split_once('/') {
        Some((kind, _)) if !kind.is_empty() => Ok(()),
        _ => Err(AttributeFault::NoSubtype),
    }
}

fn check_time(json: &str) -> Result<(), AttributeFault> {
    let text = filled(json)?;
    if time::is_plain(&text) {
        return Ok(());
    }
    time::check(&text).map_err(AttributeFault::NotTime)
}

fn check_extension(name: &str, json: &str, is_v0_3: bool) -> Result<(), AttributeFault> {
    let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    if name.is_empty() || !name.bytes().all(is_letter) {
        return Err(AttributeFault::Name);
    }
    match json.as_bytes() {
        [b'"', ..] => text(json).map(drop),
        [b't' | b'f', ..] => Ok(()),
        // Maps, which 1.0 has no more.
        [b'{', ..] if is_v0_3 => Ok(()),
        [b'-' | b'0'..=b'9', ..] => {
            let number = json.parse::<i32>();
            number.map(drop).map_err(|_| AttributeFault::NotInteger)
        }
        _ => Err(AttributeFault::NotScalar),
    }
}

#[cfg(test)]
mod tests;

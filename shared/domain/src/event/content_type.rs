//! The `Content-Type` header as existing clients know it to be read (docs/contract.md §2.3): lenient where the original
//! was, with its error texts.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A `Content-Type` that cannot be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContentTypeError {
    /// `foo/`
    #[error("mime: expected token after slash")]
    NoSubtype,
    /// `foo bar`
    #[error("mime: expected slash after first token")]
    NoSlash,
    /// `foo/bar baz`
    #[error("mime: unexpected content after media subtype")]
    TrailingText,
    /// `foo/bar; a`
    #[error("mime: invalid media parameter")]
    InvalidParameter,
    /// `foo/bar; a=1; a=2`
    #[error("mime: duplicate parameter name")]
    DuplicateParameter,
}

/// Media type of a request without a usable `Content-Type`.
const OCTET_STREAM: &str = "application/octet-stream";

/// The media type of a header: in lower case, without its parameters.
pub fn media_type(header: Option<&str>) -> Result<String, ContentTypeError> {
    let header = header.unwrap_or_default();
    let (essence, parameters) = header.split_at(header.find(';').unwrap_or(header.len()));
    let essence = essence.trim().to_ascii_lowercase();
    let (kind, rest) = token(&essence);
    if kind.is_empty() {
        return Ok(OCTET_STREAM.to_owned());
    }
    if !rest.is_empty() {
        let subtype = rest.strip_prefix('/').ok_or(ContentTypeError::NoSlash)?;
        let (subtype, rest) = token(subtype);
        if subtype.is_empty() {
            return Err(ContentTypeError::NoSubtype);
        }
        if !rest.is_empty() {
            return Err(ContentTypeError::TrailingText);
        }
    }
    check_parameters(parameters)?;
    Ok(essence)
}

fn check_parameters(text: &str) -> Result<(), ContentTypeError> {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut text = text.trim_end();
    loop {
        text = text.trim_start();
        if text.is_empty() || text == ";" {
            return Ok(());
        }
        let (name, value, rest) = parameter(text).ok_or(ContentTypeError::InvalidParameter)?;
        match seen.entry(name) {
            Entry::Vacant(free) => drop(free.insert(value)),
            Entry::Occupied(known) if *known.get() == value => {}
            Entry::Occupied(_) => return Err(ContentTypeError::DuplicateParameter),
        }
        text = rest;
    }
}

/// One `; name=value` and what follows it.
pub(super) fn parameter(text: &str) -> Option<(String, String, &str)> {
    let (name, rest) = token(text.strip_prefix(';')?.trim_start());
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let (value, rest) = if rest.starts_with('"') {
        quoted(rest)?
    } else {
        let (value, rest) = token(rest);
        if value.is_empty() {
            return None;
        }
        (value.to_owned(), rest)
    };
    (!name.is_empty()).then(|| (name.to_ascii_lowercase(), value, rest))
}

/// Which bytes are token characters.
const IS_TOKEN: [bool; 256] = {
    let mut is_token = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        is_token[byte as usize] = !matches!(
            byte,
            b'(' | b')'
                | b'<'
                | b'>'
                | b'@'
                | b','
                | b';'
                | b':'
                | b'\\'
                | b'"'
                | b'/'
                | b'['
                | b']'
                | b'?'
                | b'='
        );
        byte += 1;
    }
    is_token
};

/// The longest run of token characters (RFC 9110 §5.6.2, as the original read it) and what follows it.
fn token(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|b| !IS_TOKEN[usize::from(b)]);
    text.split_at(end.unwrap_or(text.len()))
}

/// A quoted string and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

/// Whether a media type, without parameters and in lower case, is JSON.
pub fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json")
}

/// Whether a media type, without parameters and in lower case, is JSON to CloudEvents 0.3 and 1.0, which know more types
/// of it (JSON format 1.0.2, section 3.1.1).
pub fn is_json_format(media_type: &str) -> bool {
    media_type.ends_with("/json") || media_type.ends_with("+json")
}

/// Whether a media type, without parameters and in lower case, is that of a form.
pub fn is_form(media_type: &str) -> bool {
    media_type.starts_with("multipart/form-data") || media_type == "application/x-www-form-urlencoded"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        for (header, want) in [
            (None, OCTET_STREAM),
            (Some(""), OCTET_STREAM),
            (Some(";"), OCTET_STREAM),
            (Some("text"), "text"),
            (Some("text/plain;"), "text/plain"),
            (
                Some("APPLICATION/CloudEvents+JSON ; charset=\"utf-8\""),
                "application/cloudevents+json",
            ),
            (
                Some("multipart/form-data; boundary=X; boundary=X"),
                "multipart/form-data",
            ),
        ] {
            assert_eq!(media_type(header).as_deref(), Ok(want), "{header:?}");
        }
    }

    #[test]
    fn errors() {
        for (header, want) in [
            ("foo/", "mime: expected token after slash"),
            ("foo bar", "mime: expected slash after first token"),
            ("foo/bar baz", "mime: unexpected content after media subtype"),
            ("foo/bar; a", "mime: invalid media parameter"),
            ("foo/bar; a=", "mime: invalid media parameter"),
            ("foo/bar; a=\"x", "mime: invalid media parameter"),
            ("foo/bar; =b", "mime: invalid media parameter"),
            ("foo/bar; a=1; A=2", "mime: duplicate parameter name"),
        ] {
            assert_eq!(
                media_type(Some(header)).unwrap_err().to_string(),
                want,
                "{header}"
            );
        }
    }
}

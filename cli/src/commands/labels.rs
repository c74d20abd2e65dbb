//! Pairs that are written `name=value`.

/// Reads a pair.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it is written name=value".to_owned()),
    }
}

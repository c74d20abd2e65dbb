//! How a request body becomes a JSON value (docs/contract.md §2.4, with Q25 and Q26 decided for the documentation).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::content_type::{is_form, is_json};
use crate::json::{Json, raw_value};

/// The JSON value of a body of a media type, which is without parameters and in lower case: JSON as it is, forms as
/// text, an empty body as an empty text, everything else, malformed JSON too, in base64.
pub fn coerce(body: &[u8], media_type: &str) -> Json {
    if body.is_empty() {
        return Json::from_value("");
    }
    if is_json(media_type)
        && let Some(raw) = raw_value(body)
    {
        return Json::from_raw(raw);
    }
    if is_form(media_type) {
        return Json::from_value(&*String::from_utf8_lossy(body));
    }
    Json::from_value(&STANDARD.encode(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        for (body, media_type, want) in [
            (&b""[..], "application/json", r#""""#),
            (br#" {"a": 1.50} "#, "application/json", r#"{"a": 1.50}"#),
            (b"null", "application/vnd.x+json", "null"),
            (b"[1,2]", "application/json", "[1,2]"),
            (b"nope", "application/json", r#""bm9wZQ==""#),
            (br#"{"a":1} x"#, "application/json", r#""eyJhIjoxfSB4""#),
            (b"a=1&b=2", "application/x-www-form-urlencoded", r#""a=1&b=2""#),
            (b"\xff", "multipart/form-data", "\"\u{fffd}\""),
            (b"hey", "text/plain", r#""aGV5""#),
            (b"\xfb\xff\xbf\x00", "application/octet-stream", r#""+/+/AA==""#),
        ] {
            assert_eq!(coerce(body, media_type).get(), want);
        }
    }
}

//! How a request body becomes a JSON value (docs/contract.md §2.4, with Q25 and Q26 decided for the documentation).
//! Nothing is lost: what is no text is base64, and whether it is, is said beside it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::charset::Charset;
use super::content_type::{is_form, is_json};
use crate::json::{Json, raw_value};

/// A body as a JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coerced {
    /// The value.
    pub json: Json,
    /// Whether it is a text in base64.
    pub is_base64: bool,
}

impl Coerced {
    /// A value that is the body itself.
    fn plain(json: Json) -> Self {
        Self {
            json,
            is_base64: false,
        }
    }
}

/// The JSON value of a body: JSON as it is, forms as text, an empty body as an empty text, everything else in base64,
/// malformed JSON and forms that are no text of their charset too. `content_type` is the header, `media_type` what it
/// names, without parameters and in lower case.
pub fn coerce(body: &[u8], media_type: &str, content_type: &str) -> Coerced {
    if body.is_empty() {
        return Coerced::plain(Json::from_value(""));
    }
    if is_json(media_type)
        && let Some(raw) = raw_value(body)
    {
        return Coerced::plain(Json::from_raw(raw));
    }
    if is_form(media_type)
        && let Some(text) = Charset::of(content_type).text_of(body)
    {
        return Coerced::plain(Json::from_value(text));
    }
    Coerced {
        json: Json::from_value(&STANDARD.encode(body)),
        is_base64: true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::content_type::media_type;
    use super::*;

    #[test]
    fn bodies() {
        const FORM: &str = "application/x-www-form-urlencoded";
        for (body, content_type, want, is_base64) in [
            (&b""[..], "application/json", r#""""#, false),
            (b"", "image/png", r#""""#, false),
            (br#" {"a": 1.50} "#, "application/json", r#"{"a": 1.50}"#, false),
            (b"null", "application/vnd.x+json", "null", false),
            (b"[1,2]", "application/json", "[1,2]", false),
            (b"nope", "application/json", r#""bm9wZQ==""#, true),
            (br#"{"a":1} x"#, "application/json", r#""eyJhIjoxfSB4""#, true),
            (b"a=1&b=2", FORM, r#""a=1&b=2""#, false),
            (b"a=\xc3\xa9", FORM, "\"a=é\"", false),
            (b"a=\xe9", FORM, r#""YT3p""#, true),
            (
                b"a=1",
                "application/x-www-form-urlencoded; charset=iso-8859-1",
                r#""a=1""#,
                false,
            ),
            (
                b"a=\xc3\xa9",
                "application/x-www-form-urlencoded; charset=iso-8859-1",
                r#""YT3DqQ==""#,
                true,
            ),
            (
                b"a=1",
                "application/x-www-form-urlencoded; charset=utf-16",
                r#""YT0x""#,
                true,
            ),
            (b"\xff", "multipart/form-data; boundary=X", r#""/w==""#, true),
            (b"hey", "text/plain", r#""aGV5""#, true),
            (
                b"\xfb\xff\xbf\x00",
                "application/octet-stream",
                r#""+/+/AA==""#,
                true,
            ),
        ] {
            let got = coerce(body, &media_type(Some(content_type)).unwrap(), content_type);
            assert_eq!(
                (got.json.get(), got.is_base64),
                (want, is_base64),
                "{content_type}"
            );
        }
    }
}

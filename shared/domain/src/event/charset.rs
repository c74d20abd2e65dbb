//! The charset that a content type declares: whether bytes are a text of it, and a text in it.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::content_type::parameter;

/// What is known of a charset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    /// UTF-8, also where none is declared.
    Utf8,
    /// US-ASCII.
    Ascii,
    /// ISO-8859-1.
    Latin1,
    /// Any other one whose first 128 characters are those of ASCII.
    Extended,
    /// One in which ASCII text looks different.
    Foreign,
}

/// Names of the charsets that are read and written, in lower case.
const KNOWN: [(&str, Charset); 8] = [
    ("utf-8", Charset::Utf8),
    ("utf8", Charset::Utf8),
    ("us-ascii", Charset::Ascii),
    ("ascii", Charset::Ascii),
    ("iso-8859-1", Charset::Latin1),
    ("iso8859-1", Charset::Latin1),
    ("iso_8859-1", Charset::Latin1),
    ("latin1", Charset::Latin1),
];

/// What the names of charsets start with whose first characters are those of ASCII.
const EXTENDED: [&str; 9] = [
    "iso-8859-",
    "windows-",
    "cp125",
    "koi8-",
    "euc-",
    "gb",
    "big5",
    "shift_jis",
    "macintosh",
];

impl Charset {
    /// That of a content type.
    pub(super) fn of(content_type: &str) -> Self {
        let Some(start) = content_type.find(';') else {
            return Self::Utf8;
        };
        let mut rest = &content_type[start..];
        while let Some((name, value, behind)) = parameter(rest.trim_start()) {
            if name == "charset" {
                return Self::named(&value.to_ascii_lowercase());
            }
            rest = behind;
        }
        Self::Utf8
    }

    fn named(name: &str) -> Self {
        if let Some((_, charset)) = KNOWN.iter().find(|(known, _)| *known == name) {
            return *charset;
        }
        if EXTENDED.iter().any(|start| name.starts_with(start)) {
            Self::Extended
        } else {
            Self::Foreign
        }
    }

    /// The text that bytes are, if that is certain and nothing has to be converted.
    pub(super) fn text_of(self, bytes: &[u8]) -> Option<&str> {
        let is_certain = match self {
            Self::Utf8 => true,
            Self::Ascii | Self::Latin1 | Self::Extended => bytes.is_ascii(),
            Self::Foreign => false,
        };
        std::str::from_utf8(bytes).ok().filter(|_| is_certain)
    }

    /// The bytes of a text; `None` if it has none in this charset, or if they are not known.
    pub(super) fn bytes_of(self, text: &str) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Utf8 => Some(Cow::Borrowed(text.as_bytes())),
            Self::Ascii | Self::Extended if text.is_ascii() => Some(Cow::Borrowed(text.as_bytes())),
            Self::Latin1 => {
                let bytes = text.chars().map(|c| u8::try_from(u32::from(c)).ok());
                bytes.collect::<Option<_>>().map(Cow::Owned)
            }
            Self::Ascii | Self::Extended | Self::Foreign => None,
        }
    }

    /// The bytes of JSON, which can do without the characters that a charset lacks.
    pub(super) fn json_bytes_of(self, json: &str) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Foreign => None,
            Self::Utf8 => Some(Cow::Borrowed(json.as_bytes())),
            Self::Ascii | Self::Latin1 | Self::Extended if json.is_ascii() => {
                Some(Cow::Borrowed(json.as_bytes()))
            }
            Self::Ascii | Self::Latin1 | Self::Extended => Some(Cow::Owned(escaped(json).into_bytes())),
        }
    }
}

/// JSON in which every character that is not ASCII is escaped.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len() * 2);
    for c in json.chars() {
        if c.is_ascii() {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing into memory cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_charsets() {
        for (content_type, want) in [
            ("", Charset::Utf8),
            ("text/plain", Charset::Utf8),
            ("text/plain;", Charset::Utf8),
            ("text/plain; format=flowed", Charset::Utf8),
            ("text/plain; a=\"charset=x\"; CHARSET = \"UTF-8\"", Charset::Utf8),
            ("text/plain;charset=us-ascii", Charset::Ascii),
            ("text/plain; charset=ISO-8859-1", Charset::Latin1),
            ("text/plain; charset=iso-8859-15", Charset::Extended),
            ("text/plain; charset=Windows-1252", Charset::Extended),
            ("text/plain; charset=utf-16", Charset::Foreign),
            ("text/plain; charset=iso-2022-jp", Charset::Foreign),
            ("text/plain; charset=unheard-of", Charset::Foreign),
        ] {
            assert_eq!(Charset::of(content_type), want, "{content_type}");
        }
    }

    #[test]
    fn texts_and_bytes() {
        for (charset, text, bytes) in [
            (Charset::Utf8, "é", Some(&b"\xc3\xa9"[..])),
            (Charset::Ascii, "e", Some(b"e")),
            (Charset::Ascii, "é", None),
            (Charset::Latin1, "é", Some(b"\xe9")),
            (Charset::Latin1, "€", None),
            (Charset::Extended, "e", Some(b"e")),
            (Charset::Extended, "é", None),
            (Charset::Foreign, "e", None),
        ] {
            assert_eq!(charset.bytes_of(text).as_deref(), bytes, "{charset:?} {text}");
        }
        let json = "{\"é\":\"😀\"}";
        for (charset, want) in [
            (Charset::Utf8, Some(json)),
            (Charset::Ascii, Some(r#"{"\u00e9":"\ud83d\ude00"}"#)),
            (Charset::Foreign, None),
        ] {
            assert_eq!(
                charset.json_bytes_of(json).as_deref(),
                want.map(str::as_bytes),
                "{charset:?}"
            );
        }
        assert_eq!(Charset::Utf8.text_of("é".as_bytes()), Some("é"));
        assert_eq!(Charset::Utf8.text_of(b"\xe9"), None);
        for charset in [Charset::Ascii, Charset::Latin1, Charset::Extended] {
            assert_eq!(charset.text_of(b"e"), Some("e"), "{charset:?}");
            assert_eq!(charset.text_of("é".as_bytes()), None, "{charset:?}");
        }
        assert_eq!(Charset::Foreign.text_of(b"e"), None);
    }
}

//! JSON kept as the text it came in.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{kind, string};

/// A text that is known to be JSON, compared by its text.
#[derive(Clone)]
pub struct Json(Box<RawValue>);

impl Json {
    /// The literal `null`.
    pub fn null() -> Self {
        Self(RawValue::NULL.to_owned())
    }

    /// Keeps a raw value.
    pub fn from_raw(raw: &RawValue) -> Self {
        Self(raw.to_owned())
    }

    /// Serialises a value; `null` should that fail, which it cannot for maps with string keys.
    pub fn from_value<T: serde::Serialize + ?Sized>(value: &T) -> Self {
        serde_json::value::to_raw_value(value).map_or_else(|_| Self::null(), Self)
    }

    /// The text.
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// The content of a string, or a number or truth value as it is written; `None` for anything else.
    pub fn scalar_text(&self) -> Option<Cow<'_, str>> {
        match kind(&self.0) {
            "string" => string(&self.0, "").ok(),
            "number" | "bool" => Some(Cow::Borrowed(self.get())),
            _ => None,
        }
    }

    /// The raw value.
    pub fn as_raw(&self) -> &RawValue {
        &self.0
    }
}

impl std::fmt::Debug for Json {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.get())
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Json {}

impl serde::Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_as_text() {
        for (json, want) in [
            (r#""a b""#, Some("a b")),
            (r#""a\"\u00e9""#, Some("a\"é")),
            (r#""""#, Some("")),
            ("1.50", Some("1.50")),
            ("-12345678901234567890", Some("-12345678901234567890")),
            ("true", Some("true")),
            ("false", Some("false")),
            ("null", None),
            ("[1]", None),
            (r#"{"a":1}"#, None),
            // JSON, but no text that UTF-8 could hold.
            (r#""\ud800""#, None),
        ] {
            let json: Json = serde_json::from_str(json).unwrap();
            assert_eq!(json.scalar_text().as_deref(), want, "{json:?}");
        }
        let plain: Json = serde_json::from_str(r#""plain""#).unwrap();
        assert!(matches!(plain.scalar_text(), Some(Cow::Borrowed(_))));
    }
}

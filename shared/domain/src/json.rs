//! Reading JSON the way existing clients rely on (docs/contract.md §0.1): keys without regard to case, the last
//! duplicate wins, `null` means absent, nothing is coerced, and values that are not looked at stay raw text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::{Deserialize, DeserializeSeed as _};
use serde_json::value::RawValue;

mod elements;
mod member_path;
mod members;
mod number;
mod text;
mod xml_characters;

pub(crate) use member_path::member_at;
pub use text::Json;
pub use xml_characters::in_xml_characters;

use elements::AtMostElements;
use members::{AtMost, Members};

/// Why a text could not be read as the JSON that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// There is no JSON value at all.
    #[error("EOF")]
    Empty,
    /// The text ends inside a value.
    #[error("unexpected EOF")]
    Truncated,
    /// The text is not JSON.
    #[error("invalid character {found}at line {line} column {column}")]
    Syntax {
        /// The offending character, quoted and followed by a blank, or nothing when it cannot be shown.
        found: String,
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 1.
        column: usize,
    },
    /// A member, or the whole value when `field` is empty, has another JSON type than the one it must have.
    #[error("json: cannot unmarshal {found} into Go {} of type {wanted}", place(.field))]
    WrongType {
        /// JSON type that was found.
        found: &'static str,
        /// Name of the member.
        field: String,
        /// JSON type that was wanted.
        wanted: &'static str,
    },
    /// An object has more members than are taken.
    #[error("JSON object has more than {most} members")]
    TooManyMembers {
        /// Most members that are taken.
        most: usize,
    },
    /// An array has more elements than are taken.
    #[error("JSON array has more than {most} elements")]
    TooManyElements {
        /// Most elements that are taken.
        most: usize,
    },
}

fn place(field: &str) -> Cow<'static, str> {
    if field.is_empty() {
        "value".into()
    } else {
        format!("struct field {field}").into()
    }
}

impl JsonError {
    fn from_serde(err: &serde_json::Error, text: &[u8]) -> Self {
        if err.is_eof() {
            let blank = text.iter().all(u8::is_ascii_whitespace);
            return if blank { Self::Empty } else { Self::Truncated };
        }
        let found = char_at(text, err.line(), err.column())
            .map(|c| format!("{c:?} "))
            .unwrap_or_default();
        Self::Syntax {
            found,
            line: err.line(),
            column: err.column(),
        }
    }

    /// The text of the Events API, where both kinds of early end read alike (docs/contract.md §2.5).
    pub fn event_text(&self) -> String {
        match self {
            Self::Empty | Self::Truncated => "unexpected end of JSON input".to_owned(),
            other => other.to_string(),
        }
    }
}

fn char_at(text: &[u8], line: usize, column: usize) -> Option<char> {
    let line = text.split(|b| *b == b'\n').nth(line.checked_sub(1)?)?;
    let from = column.checked_sub(1)?;
    let end = line.len().min(from + 4);
    String::from_utf8_lossy(line.get(from..end)?).chars().next()
}

/// A JSON object whose member values are still text.
#[derive(Debug, Default)]
pub struct Object<'a> {
    members: Members<'a>,
}

impl<'a> Object<'a> {
    /// Reads a text that must be exactly one JSON object or `null`.
    pub fn from_slice(text: &'a [u8]) -> Result<Self, JsonError> {
        Self::from_slice_within(text, usize::MAX)
    }

    /// The same of an object with so many members at most, repeated names counted each time. What is larger is refused
    /// at the first member too many, before anything else is read or kept of it.
    pub fn from_slice_within(text: &'a [u8], most: usize) -> Result<Self, JsonError> {
        if text.trim_ascii_start().starts_with(b"{") {
            // A text that is checked as a whole is not checked again member by member.
            return match str::from_utf8(text) {
                Ok(text) => Self::read(serde_json::Deserializer::from_str(text), text.as_bytes(), most),
                Err(_) => Self::read(serde_json::Deserializer::from_slice(text), text, most),
            };
        }
        let raw: &RawValue = serde_json::from_slice(text).map_err(|err| JsonError::from_serde(&err, text))?;
        Self::from_raw(raw, "")
    }

    fn read<R: serde_json::de::Read<'a>>(
        mut deserializer: serde_json::Deserializer<R>,
        text: &[u8],
        most: usize,
    ) -> Result<Self, JsonError> {
        let mut is_exceeded = false;
        let members = AtMost::new(most, &mut is_exceeded).deserialize(&mut deserializer);
        let members = members.and_then(|members| deserializer.end().map(|()| members));
        members.map(|members| Self { members }).map_err(|err| {
            if is_exceeded {
                JsonError::TooManyMembers { most }
            } else {
                JsonError::from_serde(&err, text)
            }
        })
    }

    /// Reads the first JSON value of a text and ignores whatever follows it (docs/contract.md J1).
    pub fn from_first_value(text: &'a [u8]) -> Result<Self, JsonError> {
        let mut values = serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>();
        match values.next() {
            None => Err(JsonError::Empty),
            Some(Err(err)) => Err(JsonError::from_serde(&err, text)),
            Some(Ok(raw)) => Self::from_raw(raw, ""),
        }
    }

    /// Reads a member as an object; `field` names it in errors.
    pub fn from_raw(raw: &'a RawValue, field: &str) -> Result<Self, JsonError> {
        Self::from_raw_within(raw, field, usize::MAX)
    }

    /// The same of an object with so many members at most.
    pub fn from_raw_within(raw: &'a RawValue, field: &str, most: usize) -> Result<Self, JsonError> {
        match kind(raw) {
            "null" => Ok(Self::default()),
            "object" => Self::from_slice_within(raw.get().as_bytes(), most),
            found => Err(JsonError::WrongType {
                found,
                field: field.to_owned(),
                wanted: "object",
            }),
        }
    }

    /// How many members there are, duplicates included.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The members in the order of the text, duplicates included.
    pub fn members(&self) -> impl DoubleEndedIterator<Item = (&str, &'a RawValue)> {
        self.members.iter().map(|(name, value)| (name.as_ref(), *value))
    }

    /// The last member of that name, without regard to case; `None` when it is missing or `null`.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        let (_, value) = self
            .members
            .iter()
            .rev()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        (kind(value) != "null").then_some(*value)
    }

    /// A string member.
    pub fn string(&self, name: &str) -> Result<Option<Cow<'a, str>>, JsonError> {
        self.get(name).map(|raw| string(raw, name)).transpose()
    }

    /// A string member, empty when it is absent.
    pub fn string_or_empty(&self, name: &str) -> Result<String, JsonError> {
        Ok(self.string(name)?.unwrap_or_default().into_owned())
    }

    /// A boolean member.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, JsonError> {
        self.get(name).map(|raw| scalar(raw, name, "bool")).transpose()
    }

    /// An integer member; fractions such as `200.0` are refused.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, JsonError> {
        self.get(name).map(|raw| scalar(raw, name, "int")).transpose()
    }

    /// An object member.
    pub fn object(&self, name: &str) -> Result<Option<Object<'a>>, JsonError> {
        self.get(name).map(|raw| Object::from_raw(raw, name)).transpose()
    }

    /// The same of an object with so many members at most.
    pub fn object_within(&self, name: &str, most: usize) -> Result<Option<Object<'a>>, JsonError> {
        self.get(name)
            .map(|raw| Object::from_raw_within(raw, name, most))
            .transpose()
    }

    /// An object member whose values are strings; a `null` value counts as the empty string.
    pub fn strings(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, JsonError> {
        let Some(object) = self.object(name)? else {
            return Ok(None);
        };
        let mut map = BTreeMap::new();
        for (key, raw) in object.members() {
            let value = if kind(raw) == "null" {
                Cow::Borrowed("")
            } else {
                string(raw, name)?
            };
            map.insert(key.to_owned(), value.into_owned());
        }
        Ok(Some(map))
    }

    /// An array member of strings; a `null` element counts as the empty string.
    pub fn list(&self, name: &str) -> Result<Option<Vec<String>>, JsonError> {
        let Some(raw) = self.get(name) else {
            return Ok(None);
        };
        let text = |raw: &'a RawValue| match kind(raw) {
            "null" => Ok(String::new()),
            _ => string(raw, name).map(Cow::into_owned),
        };
        raw_elements(raw, name)?
            .into_iter()
            .map(text)
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

/// The elements of a text that must be exactly one JSON array, with so many of them at most. What is longer is refused
/// at the first element too many, before that or anything behind it is read.
pub fn elements_within(text: &[u8], most: usize) -> Result<Vec<&RawValue>, JsonError> {
    if !text.trim_ascii_start().starts_with(b"[") {
        let raw: &RawValue = serde_json::from_slice(text).map_err(|err| JsonError::from_serde(&err, text))?;
        return Err(wrong_type(raw, "", "array"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let mut is_exceeded = false;
    let elements = AtMostElements::new(most, &mut is_exceeded).deserialize(&mut deserializer);
    let elements = elements.and_then(|elements| deserializer.end().map(|()| elements));
    elements.map_err(|err| {
        if is_exceeded {
            JsonError::TooManyElements { most }
        } else {
            JsonError::from_serde(&err, text)
        }
    })
}

/// The same of a text whose elements are counted elsewhere.
pub fn elements(text: &[u8]) -> Result<Vec<&RawValue>, JsonError> {
    elements_within(text, usize::MAX)
}

fn raw_elements<'a>(raw: &'a RawValue, field: &str) -> Result<Vec<&'a RawValue>, JsonError> {
    if kind(raw) != "array" {
        return Err(wrong_type(raw, field, "array"));
    }
    elements(raw.get().as_bytes())
}

/// JSON type of a raw value, in the words of the original's error texts.
pub fn kind(raw: &RawValue) -> &'static str {
    match raw.get().as_bytes().first() {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "bool",
        Some(b'n') => "null",
        _ => "number",
    }
}

/// Checks that a text is one JSON value and keeps it as it is, without the whitespace around it.
pub fn raw_value(text: &[u8]) -> Option<&RawValue> {
    serde_json::from_slice(text).ok()
}

pub(crate) fn wrong_type(raw: &RawValue, field: &str, wanted: &'static str) -> JsonError {
    JsonError::WrongType {
        found: kind(raw),
        field: field.to_owned(),
        wanted,
    }
}

/// The text of a string; `field` names it in errors.
pub(crate) fn string<'a>(raw: &'a RawValue, field: &str) -> Result<Cow<'a, str>, JsonError> {
    let text = raw.get();
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner {
        None => Err(wrong_type(raw, field, "string")),
        Some(plain) if !plain.contains('\\') => Ok(Cow::Borrowed(plain)),
        Some(_) => serde_json::from_str::<String>(text)
            .map(Cow::Owned)
            .map_err(|err| JsonError::from_serde(&err, text.as_bytes())),
    }
}

fn scalar<'a, T: Deserialize<'a>>(
    raw: &'a RawValue,
    field: &str,
    wanted: &'static str,
) -> Result<T, JsonError> {
    serde_json::from_str(raw.get()).map_err(|_| wrong_type(raw, field, wanted))
}

#[cfg(test)]
mod tests;

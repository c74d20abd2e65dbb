//! The members of a JSON object, in their order and with those that stand twice.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::FilterError;

/// Names and the texts of their values.
#[derive(Debug)]
pub(crate) struct Members<'j>(pub(crate) Vec<(Cow<'j, str>, &'j RawValue)>);

impl<'j> Members<'j> {
    /// The members of an object. `expected` says what is wanted, for what is no object.
    pub(crate) fn of(json: &'j RawValue, pointer: &str, expected: &str) -> Result<Self, FilterError> {
        serde_json::from_str(json.get()).map_err(|_| FilterError::at(pointer, expected))
    }
}

/// Where a member is, as a JSON pointer.
pub(crate) fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

impl<'j> Deserialize<'j> for Members<'j> {
    fn deserialize<D: Deserializer<'j>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'j> Visitor<'j> for Object {
            type Value = Members<'j>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// A name, borrowed if it is written without escapes.
#[derive(serde::Deserialize)]
struct Name<'j>(#[serde(borrow)] Cow<'j, str>);

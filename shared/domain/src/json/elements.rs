//! The elements of an array while they are read: no more of them than are wanted.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Reads an array with so many elements at most.
pub(super) struct AtMostElements<'f> {
    most: usize,
    is_exceeded: &'f mut bool,
}

impl<'f> AtMostElements<'f> {
    /// `is_exceeded` tells afterwards whether an error means that there are more.
    pub(super) fn new(most: usize, is_exceeded: &'f mut bool) -> Self {
        Self { most, is_exceeded }
    }
}

impl<'de> DeserializeSeed<'de> for AtMostElements<'_> {
    type Value = Vec<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for AtMostElements<'_> {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = array.next_element_seed(Element {
            is_wanted: elements.len() < self.most,
            is_exceeded: self.is_exceeded,
        })? {
            elements.push(element);
        }
        Ok(elements)
    }
}

/// Reads one element as text, unless it is one too many.
struct Element<'f> {
    is_wanted: bool,
    is_exceeded: &'f mut bool,
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = &'de RawValue;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.is_wanted {
            return <&RawValue>::deserialize(deserializer);
        }
        *self.is_exceeded = true;
        Err(D::Error::custom("too many elements"))
    }
}

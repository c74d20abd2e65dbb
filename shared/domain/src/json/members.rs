//! The members of an object while they are read: no more of them than are wanted, with names that are borrowed from the
//! text wherever it holds them as they are.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Members in the order of the text, their values still text.
pub(super) type Members<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

/// Room made at once for members: those of most events.
const FIRST_RESERVE: usize = 12;

/// Reads an object with so many members at most.
pub(super) struct AtMost<'f> {
    most: usize,
    is_exceeded: &'f mut bool,
}

impl<'f> AtMost<'f> {
    /// `is_exceeded` tells afterwards whether an error means that there are more.
    pub(super) fn new(most: usize, is_exceeded: &'f mut bool) -> Self {
        Self { most, is_exceeded }
    }
}

impl<'de> DeserializeSeed<'de> for AtMost<'_> {
    type Value = Members<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for AtMost<'_> {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(FIRST_RESERVE);
        while let Some(Name(name)) = map.next_key()? {
            if members.len() >= self.most {
                *self.is_exceeded = true;
                return Err(A::Error::custom("too many members"));
            }
            members.push((name, map.next_value()?));
        }
        Ok(members)
    }
}

/// A member name, borrowed from the text unless it holds escapes.
pub(super) struct Name<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

//! A JSON text whose values stay text; a list or an object is taken apart when somebody looks into it, once.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A value in the text.
pub(super) struct Tree<'a> {
    raw: &'a RawValue,
    parts: OnceCell<Parts<'a>>,
}

/// What a value consists of.
pub(super) enum Parts<'a> {
    Object(Vec<(Cow<'a, str>, Tree<'a>)>),
    List(Vec<Tree<'a>>),
    /// A text, a number, a truth value or null.
    Scalar,
}

/// What kind of value it is, by its first sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    List,
    Text,
    /// A number, a truth value or null.
    Word,
}

impl<'a> Tree<'a> {
    pub(super) fn of(raw: &'a RawValue) -> Self {
        let parts = OnceCell::new();
        Self { raw, parts }
    }

    pub(super) fn text(&self) -> &'a str {
        self.raw.get()
    }

    pub(super) fn kind(&self) -> Kind {
        kind(self.text())
    }

    pub(super) fn parts(&self) -> &Parts<'a> {
        self.parts.get_or_init(|| take_apart(self.raw))
    }

    /// The member of this name, the last of several.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        match self.parts() {
            Parts::Object(members) => members
                .iter()
                .rev()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value),
            Parts::List(_) | Parts::Scalar => None,
        }
    }
}

/// The kind of a JSON value, by its text.
pub(super) fn kind(json: &str) -> Kind {
    match json.trim_start().as_bytes().first() {
        Some(b'{') => Kind::Object,
        Some(b'[') => Kind::List,
        Some(b'"') => Kind::Text,
        _ => Kind::Word,
    }
}

fn take_apart(raw: &RawValue) -> Parts<'_> {
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    // The whole text was read as JSON before.
    match kind(raw.get()) {
        Kind::Object => deserializer.deserialize_map(Members).unwrap_or(Parts::Scalar),
        Kind::List => deserializer.deserialize_seq(Members).unwrap_or(Parts::Scalar),
        Kind::Text | Kind::Word => Parts::Scalar,
    }
}

struct Members;

impl<'a> Visitor<'a> for Members {
    type Value = Parts<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Parts<'a>, A::Error> {
        let mut members = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            members.push((name, Tree::of(map.next_value()?)));
        }
        Ok(Parts::Object(members))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Parts<'a>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(Tree::of(element));
        }
        Ok(Parts::List(elements))
    }
}

/// The name of a member, which stands in the text as it is unless something in it is escaped.
struct Name<'a>(Cow<'a, str>);

impl<'a> Deserialize<'a> for Name<'a> {
    fn deserialize<D: serde::Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
        if inner.contains('\\') {
            let name = serde_json::from_str(text).map_err(serde::de::Error::custom)?;
            return Ok(Self(Cow::Owned(name)));
        }
        Ok(Self(Cow::Borrowed(inner)))
    }
}

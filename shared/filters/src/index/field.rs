//! What an index asks of the values of one field.

use super::{
    bucket::Bucket,
    entry::ByKey,
    grams::Grams,
    hashing::{self, Growing, Kind},
    lengths::Lengths,
    place::Lookup,
};
use crate::{number, pattern::ignore_case::fold, requirement::Test, subject::Scalar, wanted::FieldId};

/// What a value leads to.
#[derive(Debug)]
pub(super) enum Found<'a, K> {
    /// The bucket of this key, if there is one.
    Key(u64),
    /// This bucket.
    Bucket(&'a Bucket<K>),
}

/// How many anchors of each kind a field has. What nobody asks for is not looked up.
#[derive(Debug)]
pub(super) struct Field<K> {
    texts: u32,
    numbers: u32,
    literals: u32,
    folded: u32,
    present: u32,
    prefixes: Lengths,
    suffixes: Lengths,
    grams: Grams<K>,
}

impl<K> Clone for Field<K> {
    fn clone(&self) -> Self {
        Self {
            prefixes: self.prefixes.clone(),
            suffixes: self.suffixes.clone(),
            grams: self.grams.clone(),
            ..*self
        }
    }
}

impl<K> Default for Field<K> {
    fn default() -> Self {
        Self {
            texts: 0,
            numbers: 0,
            literals: 0,
            folded: 0,
            present: 0,
            prefixes: Lengths::default(),
            suffixes: Lengths::default(),
            grams: Grams::default(),
        }
    }
}

impl Lookup {
    /// How an anchor is looked up; `of` is what its field has already. What finds nothing by itself, as a literal of two
    /// letters, is found by there being a value.
    pub(super) fn of<K: Ord>(field: FieldId, test: &Test, of: Option<&Field<K>>) -> Self {
        let key = |kind, value: &str| hashing::key(field, kind, value.as_bytes());
        let present = Self::Present(key(Kind::Present, ""));
        let length = |value: &str| u32::try_from(value.len()).ok().filter(|&length| length > 0);
        match test {
            Test::Text(value) => Self::Text(key(Kind::Text, value)),
            Test::Number(canonical) => Self::Number(key(Kind::Number, canonical)),
            Test::Bool(value) => Self::Literal(key(Kind::Literal, literal(*value))),
            Test::Null => Self::Literal(key(Kind::Literal, "null")),
            Test::TextIgnoringCase(folded) => Self::Folded(key(Kind::Folded, folded)),
            Test::Prefix(value) => length(value).map_or(present, |length| Self::Prefix {
                length,
                key: Growing::key_of(field, Kind::Prefix, value.bytes()),
            }),
            Test::Suffix(value) => length(value).map_or(present, |length| Self::Suffix {
                length,
                key: Growing::key_of(field, Kind::Suffix, value.bytes().rev()),
            }),
            Test::Contains(value) => {
                Grams::rarest(of.map(|field| &field.grams), value.as_bytes()).map_or(present, Self::Gram)
            }
            Test::Present => present,
        }
    }
}

fn literal(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

impl<K: Ord> Field<K> {
    /// Whether nobody asks for anything.
    pub(super) fn is_empty(&self) -> bool {
        [self.texts, self.numbers, self.literals, self.folded, self.present] == [0; 5]
            && self.prefixes.is_empty()
            && self.suffixes.is_empty()
            && self.grams.is_empty()
    }

    /// How many filters hang on a gram.
    pub(super) fn gram_size(&self, gram: u32) -> usize {
        self.grams.size(gram)
    }

    /// One more anchor.
    pub(super) fn add(&mut self, lookup: Lookup, entry: &ByKey<K>) {
        match lookup {
            Lookup::Text(_) => self.texts += 1,
            Lookup::Number(_) => self.numbers += 1,
            Lookup::Literal(_) => self.literals += 1,
            Lookup::Folded(_) => self.folded += 1,
            Lookup::Present(_) => self.present += 1,
            Lookup::Prefix { length, .. } => self.prefixes.add(length),
            Lookup::Suffix { length, .. } => self.suffixes.add(length),
            Lookup::Gram(gram) => self.grams.insert(gram, entry.clone()),
        }
    }

    /// One less.
    pub(super) fn take(&mut self, lookup: Lookup, key: &K) {
        match lookup {
            Lookup::Text(_) => self.texts -= 1,
            Lookup::Number(_) => self.numbers -= 1,
            Lookup::Literal(_) => self.literals -= 1,
            Lookup::Folded(_) => self.folded -= 1,
            Lookup::Present(_) => self.present -= 1,
            Lookup::Prefix { length, .. } => self.prefixes.take(length),
            Lookup::Suffix { length, .. } => self.suffixes.take(length),
            Lookup::Gram(gram) => self.grams.remove(gram, key),
        }
    }

    /// Calls `found` with all that a value is to be looked up by.
    pub(super) fn probe<'a>(
        &'a self,
        field: FieldId,
        value: &Scalar<'_>,
        found: &mut impl FnMut(Found<'a, K>),
    ) {
        let mut key = |kind, value: &[u8]| found(Found::Key(hashing::key(field, kind, value)));
        if self.present > 0 {
            key(Kind::Present, b"");
        }
        match value {
            Scalar::Null if self.literals > 0 => key(Kind::Literal, b"null"),
            Scalar::Bool(value) if self.literals > 0 => key(Kind::Literal, literal(*value).as_bytes()),
            Scalar::Number(number) if self.numbers > 0 => {
                key(Kind::Number, number::canonical(number).as_bytes())
            }
            Scalar::String(text) => self.probe_text(field, text, found),
            Scalar::Null | Scalar::Bool(_) | Scalar::Number(_) => {}
        }
    }

    fn probe_text<'a>(&'a self, field: FieldId, value: &str, found: &mut impl FnMut(Found<'a, K>)) {
        let bytes = value.as_bytes();
        if self.texts > 0 {
            found(Found::Key(hashing::key(field, Kind::Text, bytes)));
        }
        if self.folded > 0 {
            let folded = fold(value);
            found(Found::Key(hashing::key(field, Kind::Folded, folded.as_bytes())));
        }
        self.prefixes
            .each_key(field, Kind::Prefix, value.bytes(), |key| found(Found::Key(key)));
        self.suffixes
            .each_key(field, Kind::Suffix, value.bytes().rev(), |key| {
                found(Found::Key(key))
            });
        if !self.grams.is_empty() {
            self.grams.each_in(bytes, |bucket| found(Found::Bucket(bucket)));
        }
    }
}

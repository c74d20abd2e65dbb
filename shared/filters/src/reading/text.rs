//! Reads what is wanted out of a JSON text.
//!
//! The text is known to be JSON, so that what is not wanted is passed over by its brackets and quotes alone. Numbers stay
//! as they were written, and texts without escapes are not copied.

use std::borrow::Cow;

use memchr::{memchr, memchr2};
use serde_json::value::RawValue;

use super::place::Place;
use super::seen::Seen;
use crate::Scalar;
use crate::wanted::Wanted;

/// How deep what is wanted is looked for. Objects are as deep as filters look; this is for arrays in arrays.
const MAX_DEPTH: usize = 128;

/// Bytes of a text that are looked at one by one.
const SHORT: usize = 16;

/// Adds to `place` what is wanted of a JSON text.
pub(super) fn read<'e>(json: &'e RawValue, wanted: &Wanted, place: &mut Place<'e>) {
    let json = json.get();
    Text { json, at: 0 }.value(wanted, place, MAX_DEPTH);
}

/// A JSON text and how far it has been read.
struct Text<'e> {
    json: &'e str,
    at: usize,
}

impl<'e> Text<'e> {
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.json.as_bytes()[self.at..];
        let blanks = rest
            .iter()
            .position(|byte| !matches!(byte, b' ' | b'\n' | b'\t' | b'\r'))?;
        self.at += blanks;
        Some(rest[blanks])
    }

    /// Passes over a byte, if it is the next one.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self, wanted: &Wanted, place: &mut Place<'e>, depth: usize) {
        match self.peek() {
            Some(b'{') if depth > 0 && wanted.has_children() => self.object(wanted, place, depth),
            Some(b'[') if depth > 0 => self.array(wanted, place, depth),
            Some(b'{' | b'[') | None => self.skip(),
            Some(_) if wanted.field().is_some() => {
                let scalar = self.scalar();
                place.scalars.push(Seen::of(scalar));
            }
            Some(_) => self.skip(),
        }
    }

    fn object(&mut self, wanted: &Wanted, place: &mut Place<'e>, depth: usize) {
        self.at += 1;
        while self.peek() == Some(b'"') {
            let key = self.string();
            self.take(b':');
            self.member(&key, wanted, place, depth - 1);
            if !self.take(b',') {
                break;
            }
        }
        self.take(b'}');
        place.settle();
    }

    /// The value of a key. Dots in it lead further down.
    fn member(&mut self, key: &str, wanted: &Wanted, place: &mut Place<'e>, depth: usize) {
        let (first, rest) = match memchr(b'.', key.as_bytes()) {
            Some(dot) => (&key[..dot], Some(&key[dot + 1..])),
            None => (key, None),
        };
        let Some((name, child)) = wanted.entry(first) else {
            return self.skip();
        };
        let mut read = Place {
            field: child.field(),
            ..Place::default()
        };
        match rest {
            Some(rest) => self.member(rest, child, &mut read, depth),
            None => self.value(child, &mut read, depth),
        }
        if !read.is_empty() {
            place.below.push((name.clone(), read));
        }
    }

    fn array(&mut self, wanted: &Wanted, place: &mut Place<'e>, depth: usize) {
        self.at += 1;
        while !matches!(self.peek(), Some(b']') | None) {
            if matches!(self.peek(), Some(b'{' | b'[')) {
                let mut element = Place {
                    field: place.field,
                    ..Place::default()
                };
                self.value(wanted, &mut element, depth - 1);
                if !element.is_empty() {
                    place.elements.push(element);
                }
            } else {
                self.value(wanted, place, depth - 1);
            }
            if !self.take(b',') {
                break;
            }
        }
        self.take(b']');
    }

    fn scalar(&mut self) -> Scalar<'e> {
        if self.peek() == Some(b'"') {
            return Scalar::String(self.string());
        }
        match self.word() {
            "null" => Scalar::Null,
            "true" => Scalar::Bool(true),
            "false" => Scalar::Bool(false),
            number => Scalar::Number(Cow::Borrowed(number)),
        }
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> &'e str {
        let rest = &self.json[self.at..];
        let length = rest
            .bytes()
            .position(|byte| matches!(byte, b',' | b']' | b'}' | b':' | b' ' | b'\n' | b'\t' | b'\r'))
            .unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// A text with its quotes taken off and its escapes resolved. One that no Unicode text can be (half of a surrogate
    /// pair) stays as it was written.
    fn string(&mut self) -> Cow<'e, str> {
        let start = self.at;
        let has_escapes = self.skip_string();
        let quoted = &self.json[start..self.at];
        let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
        if has_escapes && let Ok(text) = serde_json::from_str(quoted) {
            return Cow::Owned(text);
        }
        Cow::Borrowed(inner)
    }

    /// Passes over a text; says whether there are escapes in it.
    fn skip_string(&mut self) -> bool {
        let bytes = self.json.as_bytes();
        let mut has_escapes = false;
        self.at += 1;
        // Most texts are short: their end is found before a search for it has begun.
        let start = bytes.get(self.at..).unwrap_or_default();
        let beginning = &start[..start.len().min(SHORT)];
        if let Some(found) = beginning.iter().position(|byte| matches!(byte, b'"' | b'\\'))
            && beginning[found] == b'"'
        {
            self.at += found + 1;
            return has_escapes;
        }
        while let Some(found) = memchr2(b'"', b'\\', bytes.get(self.at..).unwrap_or_default()) {
            self.at += found + 1;
            if bytes[self.at - 1] == b'"' {
                return has_escapes;
            }
            has_escapes = true;
            // Whatever is escaped begins with an ASCII character.
            self.at += 1;
        }
        self.at = bytes.len();
        has_escapes
    }

    /// Passes over a value.
    fn skip(&mut self) {
        match self.peek() {
            Some(b'"') => {
                self.skip_string();
            }
            Some(b'{' | b'[') => self.skip_nested(),
            Some(_) => {
                self.word();
            }
            None => {}
        }
    }

    fn skip_nested(&mut self) {
        let mut open = 0_usize;
        while let Some(byte) = self.json.as_bytes().get(self.at) {
            match byte {
                b'"' => {
                    self.skip_string();
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open = open.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return;
            }
        }
    }
}

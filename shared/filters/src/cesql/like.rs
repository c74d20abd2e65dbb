//! Patterns of `LIKE`, matched without going back: each part between two `%` is looked for once, as far left as it can be.

use memchr::memmem;

use crate::steps::Steps;

/// A pattern, cut at each `%`. The first part is where the text begins, the last one where it ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Like {
    parts: Box<[Part]>,
}

/// What stands between two `%`, cut at each `_`: between two pieces is any one character.
#[derive(Debug, Clone, PartialEq)]
struct Part(Box<[Box<str>]>);

impl Like {
    /// Reads a pattern. Gives how many wildcards it has.
    pub(super) fn new(pattern: &str) -> (Self, usize) {
        let mut wildcards = 0;
        let mut parts = Vec::new();
        let mut pieces: Vec<Box<str>> = Vec::new();
        let mut piece = String::new();
        let mut characters = pattern.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\\' => piece.push(
                    characters
                        .next_if(|next| matches!(next, '%' | '_'))
                        .unwrap_or('\\'),
                ),
                '_' | '%' => {
                    wildcards += 1;
                    pieces.push(std::mem::take(&mut piece).into());
                    if character == '%' {
                        parts.push(Part(std::mem::take(&mut pieces).into()));
                    }
                }
                other => piece.push(other),
            }
        }
        pieces.push(piece.into());
        parts.push(Part(pieces.into()));
        // `%%` says no more than `%`.
        let last = parts.len() - 1;
        let mut at = 0..=last;
        parts.retain(|part| matches!(at.next(), Some(at) if at == 0 || at == last) || !part.is_empty());
        let like = Self { parts: parts.into() };
        (like, wildcards)
    }

    /// Whether it matches all of a text. `None` if there are not enough steps to tell.
    pub(super) fn matches(&self, text: &str, steps: &Steps) -> Option<bool> {
        let (first, rest) = self.parts.split_first()?;
        let Some(length) = first.at_start(text) else {
            return Some(false);
        };
        let Some((last, inner)) = rest.split_last() else {
            return Some(length == text.len());
        };
        let Some(length) = last
            .at_end(&text[length..])
            .map(|end| end + length)
            .map(|end| (length, end))
        else {
            return Some(false);
        };
        let mut rest = &text[length.0..length.1];
        if !inner.is_empty() && !steps.take(rest.len()) {
            return None;
        }
        for part in inner {
            match part.find(rest, steps)? {
                Some(end) => rest = &rest[end..],
                None => return Some(false),
            }
        }
        Some(true)
    }

    /// What the text has to be, if there are no wildcards.
    pub(super) fn whole(&self) -> Option<&str> {
        match &*self.parts {
            [Part(pieces)] if pieces.len() == 1 => pieces.first().map(AsRef::as_ref),
            _ => None,
        }
    }

    /// What the text has to begin with.
    pub(super) fn start(&self) -> &str {
        self.parts
            .first()
            .and_then(|part| part.0.first())
            .map_or("", AsRef::as_ref)
    }

    /// What the text has to end with.
    pub(super) fn end(&self) -> &str {
        self.parts
            .last()
            .and_then(|part| part.0.last())
            .map_or("", AsRef::as_ref)
    }

    /// The longest that the text has to have in it.
    pub(super) fn longest(&self) -> &str {
        let pieces = self.parts.iter().flat_map(|part| part.0.iter());
        pieces.max_by_key(|piece| piece.len()).map_or("", AsRef::as_ref)
    }
}

impl Part {
    fn is_empty(&self) -> bool {
        matches!(&*self.0, [piece] if piece.is_empty())
    }

    /// Where it ends if the text begins with it.
    fn at_start(&self, text: &str) -> Option<usize> {
        let mut rest = text;
        for (at, piece) in self.0.iter().enumerate() {
            if at > 0 {
                let mut characters = rest.chars();
                characters.next()?;
                rest = characters.as_str();
            }
            rest = rest.strip_prefix(&**piece)?;
        }
        Some(text.len() - rest.len())
    }

    /// Where it begins if the text ends with it.
    fn at_end(&self, text: &str) -> Option<usize> {
        let mut rest = text;
        for (at, piece) in self.0.iter().rev().enumerate() {
            if at > 0 {
                let mut characters = rest.chars();
                characters.next_back()?;
                rest = characters.as_str();
            }
            rest = rest.strip_suffix(&**piece)?;
        }
        Some(rest.len())
    }

    /// Where it ends at its first place in the text. `None` if there are not enough steps to tell.
    fn find(&self, text: &str, steps: &Steps) -> Option<Option<usize>> {
        let (first, others) = self.0.split_first()?;
        let length = self.0.iter().map(|piece| piece.len() + 1).sum();
        let mut from = 0;
        while let Some(place) = memmem::find(&text.as_bytes()[from..], first.as_bytes()) {
            let start = from + place;
            if others.is_empty() {
                return Some(Some(start + first.len()));
            }
            // Places may overlap, so that a long part could be compared at each character.
            if !steps.take(length) {
                return None;
            }
            if let Some(end) = text.get(start..).and_then(|rest| self.at_start(rest)) {
                return Some(Some(start + end));
            }
            from = start + 1;
            if from > text.len() {
                break;
            }
        }
        Some(None)
    }
}

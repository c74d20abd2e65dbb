//! Patterns of `LIKE`, matched without going back: each part between two `%` is looked for once, as far left as it can be.

use memchr::memmem;

use super::error::EvaluationError;
use crate::steps::Steps;

/// A pattern: its text without escapes and wildcards, and where those were.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Like {
    text: Box<str>,
    cuts: Box<[Cut]>,
}

/// A wildcard.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cut {
    /// The byte of the text before which it stands.
    at: u32,
    /// `%`, not `_`.
    is_any: bool,
}

/// What stands between two `%`: the first one is where a text begins, the last one where it ends.
#[derive(Debug, Clone, Copy)]
struct Part<'l> {
    text: &'l str,
    /// Where it begins in the text of the pattern.
    start: usize,
    /// Each `_` in it.
    singles: &'l [Cut],
}

impl Like {
    /// Reads a pattern. Gives how many wildcards it has.
    pub(super) fn new(pattern: &str) -> (Self, usize) {
        let mut wildcards = 0;
        let mut text = String::with_capacity(pattern.len());
        let mut cuts: Vec<Cut> = Vec::new();
        let mut characters = pattern.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\\' => text.push(
                    characters
                        .next_if(|next| matches!(next, '%' | '_'))
                        .unwrap_or('\\'),
                ),
                '_' | '%' => {
                    wildcards += 1;
                    let cut = Cut {
                        at: u32::try_from(text.len()).unwrap_or(u32::MAX),
                        is_any: character == '%',
                    };
                    // `%%` says no more than `%`.
                    if cut.is_any && cuts.last() == Some(&cut) {
                        continue;
                    }
                    cuts.push(cut);
                }
                other => text.push(other),
            }
        }
        let like = Self {
            text: text.into(),
            cuts: cuts.into(),
        };
        (like, wildcards)
    }

    /// Whether it matches all of a text. An error if there are not enough steps to tell.
    pub(super) fn matches(&self, text: &str, steps: &Steps) -> Result<bool, EvaluationError<'static>> {
        let mut parts = self.parts().peekable();
        let Some(length) = parts.next().and_then(|first| first.at_start(text)) else {
            return Ok(false);
        };
        let mut rest = &text[length..];
        if parts.peek().is_none() {
            return Ok(rest.is_empty());
        }
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return Ok(part.is_at_end(rest));
            }
            match part.find(rest, steps)? {
                Some(end) => rest = &rest[end..],
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// What the text has to be, if there are no wildcards.
    pub(super) fn whole(&self) -> Option<&str> {
        self.cuts.is_empty().then_some(&self.text)
    }

    /// What the text has to begin with.
    pub(super) fn start(&self) -> &str {
        &self.text[..self.cuts.first().map_or(self.text.len(), |cut| cut.at as usize)]
    }

    /// What the text has to end with.
    pub(super) fn end(&self) -> &str {
        &self.text[self.cuts.last().map_or(0, |cut| cut.at as usize)..]
    }

    /// The longest that the text has to have in it.
    pub(super) fn longest(&self) -> &str {
        let pieces = pieces(&self.text, 0, &self.cuts);
        pieces.max_by_key(|piece| piece.len()).unwrap_or("")
    }

    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let ends = self
            .cuts
            .iter()
            .filter(|cut| cut.is_any)
            .map(|cut| cut.at as usize);
        let mut start = 0;
        let singles = self.cuts.split(|cut| cut.is_any);
        singles
            .zip(ends.chain([self.text.len()]))
            .map(move |(singles, end)| {
                let part = Part {
                    text: &self.text[start..end],
                    start,
                    singles,
                };
                start = end;
                part
            })
    }
}

/// A text, cut before each of `cuts`. `start` is where it begins in the text that they count in.
fn pieces<'l>(text: &'l str, start: usize, cuts: &'l [Cut]) -> impl DoubleEndedIterator<Item = &'l str> {
    (0..=cuts.len()).map(move |at| {
        let from = at
            .checked_sub(1)
            .map_or(0, |before| cuts[before].at as usize - start);
        let to = cuts.get(at).map_or(text.len(), |cut| cut.at as usize - start);
        &text[from..to]
    })
}

impl<'l> Part<'l> {
    /// What is between two `_`.
    fn pieces(self) -> impl DoubleEndedIterator<Item = &'l str> {
        pieces(self.text, self.start, self.singles)
    }

    /// Where it ends if the text begins with it.
    fn at_start(self, text: &str) -> Option<usize> {
        let mut rest = text;
        for (at, piece) in self.pieces().enumerate() {
            if at > 0 {
                let mut characters = rest.chars();
                characters.next()?;
                rest = characters.as_str();
            }
            rest = rest.strip_prefix(piece)?;
        }
        Some(text.len() - rest.len())
    }

    /// Whether the text ends with it.
    fn is_at_end(self, text: &str) -> bool {
        let mut rest = text;
        for (at, piece) in self.pieces().rev().enumerate() {
            if at > 0 {
                let mut characters = rest.chars();
                if characters.next_back().is_none() {
                    return false;
                }
                rest = characters.as_str();
            }
            let Some(before) = rest.strip_suffix(piece) else {
                return false;
            };
            rest = before;
        }
        true
    }

    /// Where it ends at its first place in the text. An error if there are not enough steps to tell.
    fn find(self, text: &str, steps: &Steps) -> Result<Option<usize>, EvaluationError<'static>> {
        let first = self.pieces().next().unwrap_or("");
        let length = self.text.len() + self.singles.len();
        let mut from = 0;
        while from <= text.len() {
            let found = memmem::find(&text.as_bytes()[from..], first.as_bytes());
            let passed = found.map_or(text.len() - from, |place| place + first.len());
            if !steps.take(passed) {
                return Err(EvaluationError::TooMuchWork);
            }
            let Some(place) = found else { break };
            let start = from + place;
            if self.singles.is_empty() {
                return Ok(Some(start + first.len()));
            }
            // Places may overlap, so that a long part could be compared at each character.
            if !steps.take(length) {
                return Err(EvaluationError::TooMuchWork);
            }
            if let Some(end) = text.get(start..).and_then(|rest| self.at_start(rest)) {
                return Ok(Some(start + end));
            }
            from = start + 1;
        }
        Ok(None)
    }
}

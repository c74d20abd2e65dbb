//! Regular expressions of patterns, compiled once in a comparison.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

use super::budget::CompareBudget;

/// Bytes of a compiled pattern.
const MOST_BYTES: usize = 1 << 18;
/// How many are compiled.
const MOST_PATTERNS: usize = 256;

/// Steps that compiling one takes.
const COMPILING: usize = 20_000;

/// Those that were met.
#[derive(Debug, Default)]
pub(super) struct Patterns(RefCell<HashMap<String, Option<Regex>>>);

impl Patterns {
    /// Whether a pattern matches; `None` where it cannot be read, there are too many, or nothing is left of the budget.
    pub(super) fn matches(&self, budget: &CompareBudget, pattern: &str, text: &str) -> Option<bool> {
        if !budget.spend(8 + pattern.len() / 16 + text.len()) {
            return None;
        }
        let mut known = self.0.borrow_mut();
        if !known.contains_key(pattern) {
            if known.len() >= MOST_PATTERNS || !budget.spend(COMPILING) {
                return None;
            }
            let mut builder = RegexBuilder::new(pattern);
            let compiled = builder.size_limit(MOST_BYTES).dfa_size_limit(MOST_BYTES).build();
            known.insert(pattern.to_owned(), compiled.ok());
        }
        let regex = known.get(pattern)?.as_ref()?;
        Some(regex.is_match(text))
    }
}

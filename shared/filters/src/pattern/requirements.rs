//! What alternatives require together.

use crate::{Requirement, Test};

/// The requirement of several alternatives, of each of which all requirements hold: the most telling one of each.
pub(super) fn one_of(alternatives: impl Iterator<Item = Vec<Requirement>>) -> Option<Requirement> {
    let mut together = Requirement::new();
    for requirements in alternatives {
        together.extend(requirements.into_iter().min_by_key(vagueness)?);
    }
    together.sort();
    together.dedup();
    Some(together)
}

/// How little a requirement says: the class of its vaguest anchor, then how many there are.
fn vagueness(requirement: &Requirement) -> (usize, usize) {
    let class = |test: &Test| match test {
        Test::Text(_) | Test::Number(_) | Test::TextIgnoringCase(_) => 0,
        Test::Prefix(text) | Test::Suffix(text) | Test::Contains(text) if text.len() > 2 => 1,
        Test::Bool(_) | Test::Null | Test::Prefix(_) | Test::Suffix(_) | Test::Contains(_) => 2,
        Test::Present => 3,
    };
    let vaguest = requirement.iter().map(|anchor| class(&anchor.test)).max();
    (vaguest.unwrap_or(usize::MAX), requirement.len())
}

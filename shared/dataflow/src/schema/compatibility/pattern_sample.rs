//! Texts that a pattern matches.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::budget::CompareBudget;

/// Longest text that is made.
const LONGEST: usize = 4_096;

/// A text that a pattern matches, of at least so many characters if it can be so long. `None` where the pattern cannot be
/// read; what else the text has to keep is for others to try.
pub(super) fn text_like(budget: &CompareBudget, pattern: &str, least: usize) -> Option<String> {
    if least > LONGEST || !budget.spend(100 + 32 * pattern.len() + least) {
        return None;
    }
    let hir = regex_syntax::Parser::new().parse(pattern).ok()?;
    let mut shortest = String::new();
    write(budget, &hir, 0, &mut shortest)?;
    let missing = least.saturating_sub(shortest.chars().count());
    if missing == 0 {
        return Some(shortest);
    }
    // Whatever repeats does so as often as is missing.
    let mut longer = String::new();
    write(budget, &hir, missing, &mut longer)?;
    Some(longer)
}

fn write(budget: &CompareBudget, hir: &Hir, more: usize, text: &mut String) -> Option<()> {
    if text.len() > LONGEST || !budget.spend(1) {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(member(class)?),
        HirKind::Repetition(repetition) => {
            let least = repetition.min as usize;
            let most = repetition.max.map_or(usize::MAX, |most| most as usize);
            for _ in 0..least.saturating_add(more).min(most) {
                let before = text.len();
                write(budget, &repetition.sub, 0, text)?;
                // What can be nothing would be so for ever.
                if text.len() == before {
                    break;
                }
            }
        }
        HirKind::Capture(capture) => write(budget, &capture.sub, more, text)?,
        HirKind::Concat(parts) => {
            let repeats = |hir: &&Hir| !matches!(hir.kind(), HirKind::Literal(_) | HirKind::Look(_));
            if !budget.spend(parts.len()) {
                return None;
            }
            let last = parts.iter().rposition(|part| repeats(&part));
            for (at, part) in parts.iter().enumerate() {
                write(budget, part, if Some(at) == last { more } else { 0 }, text)?;
            }
        }
        HirKind::Alternation(branches) => write(budget, branches.first()?, more, text)?,
    }
    Some(())
}

/// A character of a class, a readable one if it has one.
fn member(class: &Class) -> Option<char> {
    let readable = ['a', 'A', '0', '_', '-', '.'];
    match class {
        Class::Unicode(class) => {
            let has = |one: char| {
                class
                    .ranges()
                    .iter()
                    .any(|range| (range.start()..=range.end()).contains(&one))
            };
            let first = || {
                class
                    .ranges()
                    .first()
                    .map(regex_syntax::hir::ClassUnicodeRange::start)
            };
            readable.into_iter().find(|one| has(*one)).or_else(first)
        }
        Class::Bytes(class) => class.ranges().first().map(|range| char::from(range.start())),
    }
}

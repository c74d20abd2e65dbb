//! Texts with `*` in them, each of which stands for any characters.

use memchr::memmem;

use crate::Test;

/// A pattern of literals with any characters between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    /// One more than there are `*`.
    literals: Box<[Box<str>]>,
}

impl Wildcard {
    /// Reads the text of a pattern. Says what is wrong with it otherwise.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut literals = vec![String::new()];
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '*' if characters.peek() == Some(&'*') => {
                    return Err("has ** in it; one * stands for any characters already");
                }
                '*' => literals.push(String::new()),
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '\\')) => push(&mut literals, escaped),
                    _ => {
                        return Err(
                            "has a backslash that escapes nothing; only \\* and \\\\ are escapes, doubled again in JSON",
                        );
                    }
                },
                other => push(&mut literals, other),
            }
        }
        Ok(Self {
            literals: literals.into_iter().map(String::into_boxed_str).collect(),
        })
    }

    /// The text that it was read of.
    pub(super) fn text(&self) -> String {
        let literals = self.literals.iter();
        let escaped = literals.map(|literal| literal.replace('\\', r"\\").replace('*', r"\*"));
        escaped.collect::<Vec<_>>().join("*")
    }

    /// How many `*` there are.
    pub(super) fn stars(&self) -> usize {
        self.literals.len().saturating_sub(1)
    }

    /// Whether a text is of this pattern. What is found first is taken, so that the work is linear.
    pub(super) fn matches(&self, value: &str) -> bool {
        let [first, between @ .., last] = &*self.literals else {
            return self.literals.first().is_some_and(|only| **only == *value);
        };
        let Some(rest) = value.strip_prefix(&**first) else {
            return false;
        };
        let Some(rest) = rest.strip_suffix(&**last) else {
            return false;
        };
        let mut rest = rest.as_bytes();
        for literal in between {
            match memmem::find(rest, literal.as_bytes()) {
                Some(at) => rest = &rest[at + literal.len()..],
                None => return false,
            }
        }
        true
    }

    /// What holds for every text of this pattern: the longest of its literals, where it has to be.
    pub(super) fn requirement(&self) -> Test {
        let last = self.literals.len() - 1;
        let longest = (self.literals.iter().enumerate()).max_by_key(|(_, literal)| literal.len());
        match longest {
            Some((_, only)) if last == 0 => Test::Text(only.clone()),
            Some((_, literal)) if literal.is_empty() => Test::Present,
            Some((0, first)) => Test::Prefix(first.clone()),
            Some((at, end)) if at == last => Test::Suffix(end.clone()),
            Some((_, between)) => Test::Contains(between.clone()),
            None => Test::Present,
        }
    }
}

fn push(literals: &mut [String], character: char) {
    if let Some(literal) = literals.last_mut() {
        literal.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, value, expected) in [
            ("", "", true),
            ("", "a", false),
            ("a", "a", true),
            ("*", "", true),
            ("*", "日本", true),
            ("a*", "a", true),
            ("*a", "ba", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*ab*", "aab", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*a*a*", "a", false),
            ("*a*a*", "aa", true),
            ("*aab", "aaaab", true),
            ("日*本", "日x本", true),
            (r"a\*b", "a*b", true),
            (r"a\*b", "axb", false),
            (r"a\\*", r"a\b", true),
        ] {
            let wildcard = Wildcard::parse(pattern).unwrap();
            assert_eq!(wildcard.matches(value), expected, "{pattern} and {value}");
            assert_eq!(wildcard.text(), pattern);
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for pattern in ["**", "a**b", r"\a", r"a\", r"\\\"] {
            assert!(Wildcard::parse(pattern).is_err(), "{pattern}");
        }
        assert!(Wildcard::parse(r"*\**").is_ok());
    }
}

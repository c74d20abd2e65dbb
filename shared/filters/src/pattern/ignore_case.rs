//! Texts compared without regard to case, as event patterns do it.
//!
//! A character of a pattern stands for its lower and for its upper case, which may be of several characters: `ß` is `ß` or
//! `SS`. What the event has is taken as it is, so that `ǆ` is `ǆ` or `Ǆ`, but not `ǅ`.

/// What is left of a text after a pattern at its start. `None` if it does not start so.
pub(super) fn strip_start<'v>(value: &'v str, pattern: &str) -> Option<&'v str> {
    pattern.chars().try_fold(value, |rest, wanted| {
        let lower = wanted
            .to_lowercase()
            .try_fold(rest, |rest, c| rest.strip_prefix(c));
        lower.or_else(|| {
            wanted
                .to_uppercase()
                .try_fold(rest, |rest, c| rest.strip_prefix(c))
        })
    })
}

/// What is left of a text before a pattern at its end. `None` if it does not end so.
pub(super) fn strip_end<'v>(value: &'v str, pattern: &str) -> Option<&'v str> {
    pattern.chars().rev().try_fold(value, |rest, wanted| {
        let mut lower = wanted.to_lowercase().rev();
        let lower = lower.try_fold(rest, |rest, c| rest.strip_suffix(c));
        lower.or_else(|| {
            let mut upper = wanted.to_uppercase().rev();
            upper.try_fold(rest, |rest, c| rest.strip_suffix(c))
        })
    })
}

/// Whether a text is a pattern but for its case.
pub(super) fn equal(value: &str, pattern: &str) -> bool {
    strip_start(value, pattern).is_some_and(str::is_empty)
}

/// A text that is the same for a pattern and for every text that equals it but for its case. Others may have the same.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let upper = |c: char| c.to_uppercase().flat_map(char::to_lowercase);
    // Once more, for what is a lower case of several characters only then: `ẞ` is `ß`, which is `ss`.
    text.chars().flat_map(upper).flat_map(upper).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_of_either_case() {
        for (pattern, value, expected) in [
            ("", "", true),
            ("", "a", false),
            ("aB", "Ab", true),
            ("ab", "abc", false),
            ("abc", "ab", false),
            ("É", "é", true),
            ("straße", "STRASSE", true),
            ("straße", "strasse", false),
            ("STRASSE", "straße", false),
            ("ǆ", "Ǆ", true),
            ("ǆ", "ǅ", false),
            ("\u{212a}", "k", true),
            ("k", "K", true),
            ("i", "\u{130}", false),
            ("日本", "日本", true),
        ] {
            assert_eq!(equal(value, pattern), expected, "{pattern} and {value}");
        }
    }

    #[test]
    fn starts_and_ends_are_of_either_case() {
        assert_eq!(strip_start("STRASSE 1", "straß"), Some("E 1"));
        assert_eq!(strip_end("HAUPTSTRASSE", "ße"), Some("HAUPTSTRA"));
        assert_eq!(strip_end("e", "re"), None);
        assert_eq!(strip_start("e", "er"), None);
    }

    #[test]
    fn both_cases_of_every_character_fold_alike() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let folded = fold(&c.to_string());
            assert_eq!(fold(&c.to_lowercase().to_string()), folded, "{c:?}");
            assert_eq!(fold(&c.to_uppercase().to_string()), folded, "{c:?}");
        }
        assert_eq!(fold("Straße"), fold("STRASSE"));
        assert_eq!(fold("ABC"), "abc");
    }
}

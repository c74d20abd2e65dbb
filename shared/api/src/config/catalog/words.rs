//! Words that something is looked for by, without regard to case.

/// Most words that are looked for; more are left out.
const MOST_WORDS: usize = 8;

/// Words, of which each has to be somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words(Vec<String>);

impl Words {
    pub(super) fn of(text: &str) -> Self {
        Self(
            text.split_whitespace()
                .take(MOST_WORDS)
                .map(str::to_lowercase)
                .collect(),
        )
    }

    /// Whether each is in one of the texts.
    pub(super) fn are_in<'t>(&self, texts: impl Iterator<Item = &'t str>) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let texts: Vec<_> = texts.map(str::to_lowercase).collect();
        self.0
            .iter()
            .all(|word| texts.iter().any(|text| text.contains(word.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_wherever_they_are() {
        let texts = ["order.created", "Bestellungen der Ä-Gruppe", "team:shop"];
        for (query, want) in [
            ("", true),
            ("  ", true),
            ("ORDER", true),
            ("order shop", true),
            ("ä-gruppe created", true),
            ("order nothing", false),
        ] {
            assert_eq!(Words::of(query).are_in(texts.into_iter()), want, "{query}");
        }
        assert_eq!(Words::of(&"a ".repeat(100)).0.len(), MOST_WORDS);
    }
}

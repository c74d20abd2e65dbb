//! Labels of resources, and lists of those that have certain ones.

use std::collections::BTreeMap;

/// Free-form labels of a resource, sorted by key.
pub type Metadata = BTreeMap<String, String>;

/// An equality test on labels: every pair must be present (docs/contract.md §1.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetadataFilter(BTreeMap<String, String>);

impl MetadataFilter {
    /// Takes the pairs named `metadata.<key>` of a query; the first value of a repeated name counts.
    pub fn from_query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut wanted = BTreeMap::new();
        for (name, value) in pairs {
            if let Some(key) = name.strip_prefix("metadata.") {
                wanted.entry(key.to_owned()).or_insert_with(|| value.to_owned());
            }
        }
        Self(wanted)
    }

    /// Whether a resource with these labels passes.
    pub fn matches(&self, metadata: &Metadata) -> bool {
        self.0.iter().all(|(key, value)| metadata.get(key) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters() {
        let metadata = Metadata::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
        for (query, want) in [
            (vec![], true),
            (vec![("metadata.a", "1"), ("metadata.b", "2")], true),
            (vec![("metadata.a", "1"), ("metadata.a", "9")], true),
            (vec![("metadata.a", "9"), ("metadata.a", "1")], false),
            (vec![("metadata.c", "")], false),
            (vec![("other", "x")], true),
        ] {
            assert_eq!(
                MetadataFilter::from_query(query.clone()).matches(&metadata),
                want,
                "{query:?}"
            );
        }
    }
}

//! Parts of a schema by their ids.

use std::collections::HashMap;

/// Pointers of parts by their ids, in full and by the last of their paths.
#[derive(Debug, Default)]
pub(super) struct Ids {
    full: HashMap<String, String>,
    last: HashMap<String, String>,
}

impl Ids {
    /// Of parts by whatever they are called.
    pub(super) fn of(named: &HashMap<String, String>) -> Self {
        let mut ids = Self::default();
        for (name, pointer) in named.iter().filter(|(name, _)| !name.starts_with('#')) {
            let id = name.trim_end_matches('#');
            ids.full.entry(id.to_owned()).or_insert_with(|| pointer.clone());
            ids.last
                .entry(last(id).to_owned())
                .or_insert_with(|| pointer.clone());
        }
        ids
    }

    /// The part with an id: the same, or the same in the last of the path where one of the two has no more.
    pub(super) fn find(&self, id: &str) -> Option<String> {
        let id = id.trim_end_matches('#');
        let found = self.full.get(id).or_else(|| self.last.get(id));
        found.or_else(|| self.full.get(last(id))).cloned()
    }
}

/// What stands after the last slash.
fn last(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_full_or_by_the_last_of_the_path() {
        let named = [
            ("https://a.example/one.json#", "/one"),
            ("two", "/two"),
            ("#name", "/three"),
        ];
        let named = named.map(|(name, pointer)| (name.to_owned(), pointer.to_owned()));
        let ids = Ids::of(&named.into());
        for (id, want) in [
            ("https://a.example/one.json", Some("/one")),
            ("one.json", Some("/one")),
            ("https://b.example/two", Some("/two")),
            ("https://b.example/one.json", None),
            ("name", None),
        ] {
            assert_eq!(ids.find(id).as_deref(), want, "{id}");
        }
    }
}

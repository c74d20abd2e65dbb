//! Attributes that are maps, which CloudEvents 0.3 has, in binary mode: a header for each entry, `ce-<attribute>-<key>` (its
//! HTTP binding, section 3.1.3.1).

use std::collections::{BTreeMap, HashSet};

use super::cloud_event_error::{AttributeFault, CloudEventError};
use crate::json::{Json, Object, kind};

/// The maps that headers are the entries of, by their names.
#[derive(Debug, Default)]
pub(super) struct MapsOfHeaders<'h>(BTreeMap<&'h str, BTreeMap<&'h str, String>>);

impl<'h> MapsOfHeaders<'h> {
    /// Takes the entry that a header is. Two with the same name are refused.
    pub(super) fn add(&mut self, name: &'h str, key: &'h str, value: String) -> Result<(), AttributeFault> {
        match self.0.entry(name).or_default().insert(key, value) {
            None => Ok(()),
            Some(_) => Err(AttributeFault::Repeated),
        }
    }

    /// Adds the maps to the other attributes. What is there already is refused.
    pub(super) fn put_into(self, attributes: &mut Vec<(String, Json)>) -> Result<(), CloudEventError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let known: HashSet<&str> = attributes.iter().map(|(name, _)| name.as_str()).collect();
        if let Some(name) = self.0.keys().find(|name| known.contains(**name)) {
            return Err(AttributeFault::Repeated.of(name));
        }
        let maps = self.0.into_iter();
        attributes.extend(maps.map(|(name, map)| (name.to_owned(), Json::from_value(&map))));
        Ok(())
    }
}

/// The key and the text of each entry of a map, as its headers have them. `None` where they would not say the same: of a map
/// without entries, and of what is `null`. Entries that are no scalars are their JSON.
pub(super) fn entries_of(map: &Json) -> Option<Vec<(String, String)>> {
    let map = Object::from_raw(map.as_raw(), "").ok()?;
    let entries = map.members().map(|(key, value)| {
        if key.is_empty() || kind(value) == "null" {
            return None;
        }
        let text = Json::from_raw(value)
            .scalar_text()
            .map(std::borrow::Cow::into_owned);
        Some((key.to_owned(), text.unwrap_or_else(|| value.get().to_owned())))
    });
    let entries: Vec<_> = entries.collect::<Option<_>>()?;
    (!entries.is_empty()).then_some(entries)
}

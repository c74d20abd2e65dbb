//! Whether records of changes hang together: each has the hash of the one before it (docs/security.md). They are looked at
//! from the newest to the oldest, as the gateway lists them.

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

/// A record as the gateway lists it. Its text is what the hash was made of.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    pub(crate) record: Box<RawValue>,
    pub(crate) hash: String,
}

/// What of a record the chain is made of.
#[derive(Debug, Deserialize)]
struct Link {
    space: String,
    version: u64,
    #[serde(default)]
    previous: Option<String>,
    changes: Vec<serde::de::IgnoredAny>,
}

/// Records that have been looked at.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    /// How many.
    pub(crate) records: usize,
    /// Hash of the newest one.
    pub(crate) newest: Option<String>,
    /// Changes that were made between them and that no record tells of.
    pub(crate) unrecorded: u64,
    /// Version before the oldest one so far, and the hash that the next one has to have.
    oldest: Option<(u64, Option<String>)>,
    /// A hash that is known from elsewhere, and whether it was found.
    known: Option<(String, bool)>,
}

/// Why records do not hang together.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// It is no record.
    #[error("a record cannot be read: {0}")]
    Unreadable(String),
    /// It belongs to another space.
    #[error("the record of version {0} is of another space")]
    Foreign(u64),
    /// It was changed.
    #[error("the record of version {0} does not have the hash that it should have: it was changed")]
    Changed(u64),
    /// It is not the one that the next one names.
    #[error(
        "the record of version {0} is not the one that the next one goes on from: records were changed or removed"
    )]
    NotPrevious(u64),
    /// It comes after one that says that there is none before it.
    #[error("the record of version {0} comes before the first one")]
    BeforeFirst(u64),
    /// Its version is not below that of the next one.
    #[error("the record of version {0} is out of order")]
    Disordered(u64),
}

impl Chain {
    /// A chain in which a hash is to be found.
    pub(crate) fn with_known(hash: Option<&str>) -> Self {
        Self {
            known: hash.map(|hash| (hash.to_ascii_lowercase(), false)),
            ..Self::default()
        }
    }

    /// Looks at the next older record.
    pub(crate) fn add(&mut self, space: &str, entry: &Entry) -> Result<(), Fault> {
        let text = entry.record.get();
        let link: Link = serde_json::from_str(text).map_err(|err| Fault::Unreadable(err.to_string()))?;
        let version = link.version;
        if link.space != space {
            return Err(Fault::Foreign(version));
        }
        if hex::encode(Sha256::digest(text)) != entry.hash {
            return Err(Fault::Changed(version));
        }
        if let Some((before, wanted)) = &self.oldest {
            match wanted {
                None => return Err(Fault::BeforeFirst(version)),
                Some(wanted) if *wanted != entry.hash => return Err(Fault::NotPrevious(version)),
                Some(_) => {}
            }
            let missing = before.checked_sub(version).ok_or(Fault::Disordered(version))?;
            self.unrecorded = self.unrecorded.saturating_add(missing);
        }
        let before = version.checked_sub(link.changes.len() as u64);
        let before = before.ok_or(Fault::Disordered(version))?;
        if let Some((known, is_found)) = &mut self.known {
            // What was the newest once may be gone by now; the oldest that is kept still names it.
            *is_found |= *known == entry.hash || link.previous.as_ref() == Some(known);
        }
        self.newest.get_or_insert_with(|| entry.hash.clone());
        self.records += 1;
        self.oldest = Some((before, link.previous));
        Ok(())
    }

    /// Whether there were records before the oldest one, which are not kept any more.
    pub(crate) fn is_trimmed(&self) -> bool {
        matches!(&self.oldest, Some((_, Some(_))))
    }

    /// Whether the known hash is missing.
    pub(crate) fn lacks_known(&self) -> bool {
        matches!(self.known, Some((_, false)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(version: u64, previous: Option<&str>) -> Entry {
        let previous = previous.map_or(String::new(), |hash| format!(r#""previous":"{hash}","#));
        let text = format!(r#"{{"changes":[{{}}],{previous}"space":"shop","version":{version}}}"#);
        Entry {
            hash: hex::encode(Sha256::digest(&text)),
            record: RawValue::from_string(text).unwrap(),
        }
    }

    /// The newest first.
    fn chain(versions: &[u64], first: Option<&str>) -> Vec<Entry> {
        let mut entries = Vec::<Entry>::new();
        for version in versions {
            let previous = entries.last().map(|entry| entry.hash.clone());
            entries.push(entry(*version, previous.as_deref().or(first)));
        }
        entries.reverse();
        entries
    }

    fn checked(entries: &[Entry], known: Option<&str>) -> Result<Chain, Fault> {
        let mut chain = Chain::with_known(known);
        for entry in entries {
            chain.add("shop", entry)?;
        }
        Ok(chain)
    }

    #[test]
    fn a_whole_chain_is_one() {
        let entries = chain(&[1, 2, 3], None);
        let found = checked(&entries, Some(&entries[1].hash.to_uppercase())).unwrap();
        assert_eq!((found.records, found.unrecorded), (3, 0));
        assert!(!found.is_trimmed() && !found.lacks_known());
        assert_eq!(found.newest.as_ref(), Some(&entries[0].hash));
        let trimmed = checked(&chain(&[8, 9], Some("ab")), Some("ab")).unwrap();
        assert!(trimmed.is_trimmed() && !trimmed.lacks_known());
        assert!(checked(&entries, Some("ab")).unwrap().lacks_known());
        assert_eq!(checked(&chain(&[1, 4], None), None).unwrap().unrecorded, 2);
    }

    #[test]
    fn whatever_is_done_to_a_chain_is_found() {
        let mut changed = chain(&[1, 2, 3], None);
        let text = changed[1].record.get().replace("{}", "{\"a\":1}");
        changed[1].record = RawValue::from_string(text).unwrap();
        assert_eq!(checked(&changed, None).unwrap_err(), Fault::Changed(2));
        changed[1].hash = hex::encode(Sha256::digest(changed[1].record.get()));
        assert_eq!(checked(&changed, None).unwrap_err(), Fault::NotPrevious(2));
        let mut without = chain(&[1, 2, 3], None);
        without.remove(1);
        assert_eq!(checked(&without, None).unwrap_err(), Fault::NotPrevious(1));
        let mut swapped = chain(&[1, 2, 3], None);
        swapped.swap(0, 1);
        assert!(checked(&swapped, None).is_err());
        let two = [entry(2, None), entry(1, None)];
        assert_eq!(checked(&two, None).unwrap_err(), Fault::BeforeFirst(1));
        let later = entry(5, None);
        let earlier = entry(5, Some(&later.hash));
        assert_eq!(
            checked(&[earlier, later], None).unwrap_err(),
            Fault::Disordered(5)
        );
        let mut chain = Chain::default();
        assert_eq!(chain.add("other", &entry(1, None)), Err(Fault::Foreign(1)));
    }
}

//! Destinations of the functions that are called, kept so that a URL is taken apart once and not for each call. Those with
//! credentials are not kept.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use foldhash::fast::RandomState;

use super::destination::{Destination, UrlError};

/// Most destinations that are kept.
const MOST: usize = 1024;

/// Longest URL whose destination is kept, in bytes.
const LONGEST: usize = 1024;

/// Destinations by their URLs.
#[derive(Default)]
pub(super) struct Destinations(RwLock<HashMap<Box<str>, Destination, RandomState>>);

impl Destinations {
    /// The destination of a URL.
    pub(super) fn of(&self, url: &str) -> Result<Destination, UrlError> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(destination) = kept.get(url) {
            return Ok(destination.clone());
        }
        drop(kept);
        let destination = Destination::parse(url)?;
        // What was secret in a URL is gone with its function.
        let is_secret = destination.authorization.is_some() || url.contains('?');
        if url.len() <= LONGEST && !is_secret {
            let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= MOST {
                // Those that are in use come back with their next calls.
                kept.clear();
            }
            kept.insert(url.into(), destination.clone());
        }
        Ok(destination)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_leads_where_it_says_whether_it_was_seen_before_or_not() {
        let destinations = Destinations::default();
        for _ in 0..2 {
            let destination = destinations.of("http://h:8/a#b").unwrap();
            assert_eq!(destination.uri, "http://h:8/a");
            let destination = destinations.of("http://u:p@h:8/a").unwrap();
            assert!(destination.authorization.unwrap().is_sensitive());
            let destination = destinations.of("http://h:8/a?code=secret").unwrap();
            assert_eq!(destination.uri, "http://h:8/a?code=secret");
            assert_eq!(destinations.of("ftp://h/").unwrap_err(), UrlError::Scheme);
        }
        assert_eq!(destinations.0.read().unwrap().len(), 1);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let destinations = Destinations::default();
        for number in 0..3 * MOST {
            let destination = destinations.of(&format!("http://h/{number}")).unwrap();
            assert_eq!(destination.uri.path(), format!("/{number}"));
        }
        assert!(destinations.0.read().unwrap().len() <= MOST);
        let long = format!("http://long/{}", "x".repeat(LONGEST));
        destinations.of(&long).unwrap();
        assert!(!destinations.0.read().unwrap().contains_key(long.as_str()));
    }
}

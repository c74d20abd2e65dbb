//! What a deduplication key of a producer belongs to (docs/delivery.md).

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

/// What a producer's key comes to: it belongs to the path and the type of its event, so that whoever may send other
/// events to a space suppresses none of these. Always as long, whatever the path.
pub(crate) fn scoped_key(path: &str, event_type: &str, key: &str) -> Arc<str> {
    let mut hash = Sha256::new();
    for part in [path, event_type, key] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_belongs_to_path_and_type() {
        let key = scoped_key("/a", "t", "k");
        assert_eq!(key, scoped_key("/a", "t", "k"));
        for other in [
            scoped_key("/b", "t", "k"),
            scoped_key("/a", "u", "k"),
            scoped_key("/a", "t", "l"),
            // No text runs into the next.
            scoped_key("/at", "", "k"),
            scoped_key("/", "at", "k"),
            scoped_key("/a", "", "tk"),
        ] {
            assert_ne!(key, other);
        }
        assert_eq!(scoped_key(&"x".repeat(60_000), "t", "k").len(), 64);
    }
}

//! The optional access key of the Configuration API (Q67), as the JavaScript SDK sends it.

use http::{HeaderMap, header};
use sha2::{Digest as _, Sha256};

/// A key that clients must send as `Authorization: bearer <key>`. Only its SHA-256 digest is kept, so that a
/// deployment need not hold the key itself.
#[derive(Clone)]
pub struct AccessKey([u8; 32]);

impl AccessKey {
    /// A key; never shown again.
    pub fn new(key: &str) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// The key with this SHA-256 digest.
    pub fn of_sha256(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Whether a request carries the key. The scheme is compared without regard to case. What the time of comparing
    /// digests tells about the digest tells nothing about the key.
    pub(crate) fn opens(&self, headers: &HeaderMap) -> bool {
        bearer(headers).is_some_and(|key| Self::new(key).0 == self.0)
    }
}

/// What `Authorization` of a request bears.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = given.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessKey(*****)")
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_key_opens() {
        let key = AccessKey::new("s3cret");
        for (value, want) in [
            ("bearer s3cret", true),
            ("Bearer s3cret", true),
            ("bearer s3cre", false),
            ("bearer s3crets", false),
            ("basic s3cret", false),
            ("s3cret", false),
        ] {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            assert_eq!(key.opens(&headers), want, "{value}");
        }
        assert!(!key.opens(&HeaderMap::new()));
        assert!(!format!("{key:?}").contains("s3cret"));
    }
}

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
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let Some((scheme, key)) = given.and_then(|value| value.split_once(' ')) else {
            return false;
        };
        scheme.eq_ignore_ascii_case("bearer") && Self::new(key.trim()).0 == self.0
    }
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

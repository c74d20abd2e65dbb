//! The optional access key of the Configuration API (Q67), as the JavaScript SDK sends it.

use http::{HeaderMap, header};

/// A key that clients must send as `Authorization: bearer <key>`.
#[derive(Clone)]
pub struct AccessKey(String);

impl AccessKey {
    /// A key; never shown again.
    pub fn new(key: String) -> Self {
        Self(key)
    }

    /// Whether a request carries the key. The scheme is compared without regard to case, the key in constant time.
    pub(crate) fn opens(&self, headers: &HeaderMap) -> bool {
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let Some((scheme, key)) = given.and_then(|value| value.split_once(' ')) else {
            return false;
        };
        let (key, own) = (key.trim().as_bytes(), self.0.as_bytes());
        let differing = key
            .iter()
            .zip(own)
            .fold(0, |differing, (a, b)| differing | (a ^ b));
        scheme.eq_ignore_ascii_case("bearer") && key.len() == own.len() && differing == 0
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
        let key = AccessKey::new("s3cret".to_owned());
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

//! Public keys on the curve P-256, as GitHub lists them: each with an id, in PEM.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde::Deserialize;

/// Most keys of a list.
const MOST_KEYS: usize = 100;

/// Bytes of a point that is not compressed.
const POINT_BYTES: usize = 65;

/// What a public key on P-256 begins with in DER (RFC 5480), before the point.
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A list that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum MalformedKeys {
    #[error("the answer is no list of public keys")]
    Json,
    #[error("there are more than {MOST_KEYS} public keys")]
    TooMany,
}

/// Keys by their ids.
#[derive(Debug)]
pub(super) struct PublicKeys(Vec<(Box<str>, [u8; POINT_BYTES])>);

#[derive(Deserialize)]
struct Listed {
    public_keys: Vec<ListedKey>,
}

#[derive(Deserialize)]
struct ListedKey {
    key_identifier: Box<str>,
    key: String,
}

impl PublicKeys {
    /// Reads a list. Keys of another kind are left out.
    pub(super) fn parse(text: &[u8]) -> Result<Self, MalformedKeys> {
        let Listed { public_keys } = serde_json::from_slice(text).map_err(|_| MalformedKeys::Json)?;
        if public_keys.len() > MOST_KEYS {
            return Err(MalformedKeys::TooMany);
        }
        let keys = public_keys.into_iter();
        let keys = keys.filter_map(|listed| Some((listed.key_identifier, point(&listed.key)?)));
        Ok(Self(keys.collect()))
    }

    /// Whether there is a key of this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|(own, _)| **own == *id)
    }

    /// Whether a text was signed with the key of this id.
    pub(super) fn have_signed(&self, id: &str, signature: &[u8], text: &[u8]) -> bool {
        self.0.iter().any(|(own, point)| {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
            **own == *id && key.verify(text, signature).is_ok()
        })
    }
}

/// The point of a key in PEM.
fn point(pem: &str) -> Option<[u8; POINT_BYTES]> {
    let body = pem.trim().strip_prefix("-----BEGIN PUBLIC KEY-----")?;
    let body = body.strip_suffix("-----END PUBLIC KEY-----")?;
    let body: String = body.chars().filter(|sign| !sign.is_ascii_whitespace()).collect();
    let der = STANDARD.decode(body).ok()?;
    der.strip_prefix(&P256)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::*;

    fn listed(id: &str, key: &EcdsaKeyPair) -> serde_json::Value {
        let der = [&P256[..], key.public_key().as_ref()].concat();
        let body = STANDARD.encode(der);
        let (first, second) = body.split_at(64);
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n");
        serde_json::json!({"key_identifier": id, "key": pem, "is_current": true})
    }

    #[test]
    fn only_the_named_key_counts() {
        let random = SystemRandom::new();
        let key = || {
            let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
            let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
            EcdsaKeyPair::from_pkcs8(algorithm, made.as_ref(), &random).unwrap()
        };
        let (one, two) = (key(), key());
        let list = serde_json::json!({"public_keys": [
            listed("one", &one),
            listed("two", &two),
            {"key_identifier": "rsa", "key": "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"},
            {"key_identifier": "none", "key": "ä"},
        ]});
        let keys = PublicKeys::parse(list.to_string().as_bytes()).unwrap();
        let signature = one.sign(&random, b"text").unwrap();
        let signed = |id: &str, text: &[u8]| keys.have_signed(id, signature.as_ref(), text);
        assert!(signed("one", b"text"));
        assert!(!signed("two", b"text") && !signed("one", b"other") && !signed("three", b"text"));
        assert!(!keys.have_signed("one", b"", b"text"));
        assert!(keys.has("two") && !keys.has("rsa") && !keys.has("none"));
    }

    #[test]
    fn the_key_of_githubs_documentation_is_read() {
        let pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYAGMWO8XgCamYKMJS6jc/qgvSlAd\nAjPuDPRcXU22YxgBrz+zoN19MzuRyW87qEt9/AmtoNP5GrobzUvQSyJFVw==\n-----END PUBLIC KEY-----\n";
        let id = "bcb53661c06b4728e59d897fb6165d5c9cda0fd9cdf9d09ead458168deb7518c";
        let list =
            serde_json::json!({"public_keys": [{"key_identifier": id, "key": pem, "is_current": true}]});
        let keys = PublicKeys::parse(list.to_string().as_bytes()).unwrap();
        assert!(keys.has(id));
        // The report of the documentation's example.
        let text = br#"[{"source":"commit","token":"some_token","type":"some_type","url":"https://example.com/base-repo-url/"}]"#;
        let signature = "MEQCIQDaMKqrGnE27S0kgMrEK0eYBmyG0LeZismAEz/BgZyt7AIfXt9fErtRS4XaeSt/AO1RtBY66YcAdjxji410VQV4xg==";
        let signature = STANDARD.decode(signature).unwrap();
        assert!(keys.have_signed(id, &signature, text));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in ["", "[]", "{}", r#"{"public_keys":[{}]}"#, "\u{0}"] {
            assert_eq!(
                PublicKeys::parse(text.as_bytes()).unwrap_err(),
                MalformedKeys::Json,
                "{text}"
            );
        }
        let many = vec![serde_json::json!({"key_identifier": "k", "key": ""}); MOST_KEYS + 1];
        let many = serde_json::json!({ "public_keys": many }).to_string();
        assert_eq!(
            PublicKeys::parse(many.as_bytes()).unwrap_err(),
            MalformedKeys::TooMany
        );
    }
}

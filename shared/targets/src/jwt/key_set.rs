//! The public keys of an issuer, out of a JSON Web Key Set (RFC 7517).

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Most keys of a set. Those of large issuers have about ten.
const MOST_KEYS: usize = 100;

/// A set that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum MalformedKeySet {
    #[error("the answer is no JSON Web Key Set")]
    Json,
    #[error("the key set has more than {MOST_KEYS} keys")]
    TooMany,
}

/// The keys of an issuer that signatures can be checked with.
pub(crate) struct KeySet(Vec<PublicKey>);

struct PublicKey {
    id: Option<String>,
    /// The algorithms that keys of its kind are for.
    kind: &'static [Algorithm],
    /// The one algorithm that it is for, if the set says so.
    algorithm: Option<Algorithm>,
    key: DecodingKey,
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

impl KeySet {
    /// Reads a set. Keys that are for something else, or that nothing here can use, are left out.
    pub(super) fn parse(text: &[u8]) -> Result<Self, MalformedKeySet> {
        let Members { keys } = serde_json::from_slice(text).map_err(|_| MalformedKeySet::Json)?;
        if keys.len() > MOST_KEYS {
            return Err(MalformedKeySet::TooMany);
        }
        let keys = keys.into_iter().filter_map(|raw| PublicKey::of(raw.get()));
        Ok(Self(keys.collect()))
    }

    /// The key that a token says it is signed with. One without an id has to be the only one that fits, so that nobody can
    /// have all of them tried.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let mut fitting = self.0.iter().filter(|key| {
            key.kind.contains(&algorithm)
                && key.algorithm.is_none_or(|own| own == algorithm)
                && (id.is_none() || key.id.as_deref() == id)
        });
        let found = fitting.next()?;
        (id.is_some() || fitting.next().is_none()).then_some(&found.key)
    }
}

impl PublicKey {
    fn of(text: &str) -> Option<Self> {
        let jwk: Jwk = serde_json::from_str(text).ok()?;
        let is_for_signatures = jwk
            .common
            .public_key_use
            .as_ref()
            .is_none_or(|usage| *usage == PublicKeyUse::Signature)
            && jwk
                .common
                .key_operations
                .as_ref()
                .is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        if !is_for_signatures {
            return None;
        }
        let kind = kind(&jwk.algorithm)?;
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        let algorithm = match jwk.common.key_algorithm {
            Some(algorithm) => Some(algorithm.to_string().parse().ok()?),
            None => None,
        };
        Some(Self {
            id: jwk.common.key_id,
            kind,
            algorithm,
            key,
        })
    }
}

/// What keys of a kind are for; none for secrets, as one in a public set is known to all.
fn kind(parameters: &AlgorithmParameters) -> Option<&'static [Algorithm]> {
    match parameters {
        AlgorithmParameters::RSA(_) => Some(&[
            Algorithm::RS256,
            Algorithm::RS384,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::PS384,
            Algorithm::PS512,
        ]),
        AlgorithmParameters::EllipticCurve(point) => match point.curve {
            EllipticCurve::P256 => Some(&[Algorithm::ES256]),
            EllipticCurve::P384 => Some(&[Algorithm::ES384]),
            _ => None,
        },
        AlgorithmParameters::OctetKeyPair(pair) => match pair.curve {
            EllipticCurve::Ed25519 => Some(&[Algorithm::EdDSA]),
            _ => None,
        },
        AlgorithmParameters::OctetKey(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rsa(more: &Value) -> Value {
        let mut key = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"});
        key.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        key
    }

    fn set(keys: &[Value]) -> KeySet {
        KeySet::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn what_is_no_key_for_signatures_is_left_out() {
        for (key, is_kept) in [
            (rsa(&json!({"kid": "k"})), true),
            (rsa(&json!({"kid": "k", "use": "sig", "alg": "RS256"})), true),
            (rsa(&json!({"kid": "k", "key_ops": ["verify"]})), true),
            (rsa(&json!({"kid": "k", "use": "enc"})), false),
            (rsa(&json!({"kid": "k", "key_ops": ["encrypt"]})), false),
            (rsa(&json!({"kid": "k", "alg": "RSA-OAEP"})), false),
            (rsa(&json!({"kid": "k", "alg": "RS384"})), false),
            (rsa(&json!({"kid": "K"})), false),
            (rsa(&json!({"kid": 5})), false),
            (rsa(&json!({"kid": "k", "n": "!"})), false),
            (json!({"kid": "k", "kty": "oct", "k": "AQAB"}), false),
            (
                json!({"kid": "k", "kty": "EC", "crv": "secp256k1", "x": "AQ", "y": "AQ"}),
                false,
            ),
            (json!({"kid": "k"}), false),
            (json!(5), false),
            (json!(null), false),
        ] {
            let found = set(&[json!([]), key.clone()])
                .find(Some("k"), Algorithm::RS256)
                .is_some();
            assert_eq!(found, is_kept, "{key}");
        }
    }

    #[test]
    fn a_public_key_is_no_secret() {
        let set = set(&[
            rsa(&json!({"kid": "k"})),
            json!({"kid": "k", "kty": "oct", "k": "AQAB"}),
        ]);
        assert!(set.find(Some("k"), Algorithm::HS256).is_none());
        assert!(set.find(Some("k"), Algorithm::ES256).is_none());
    }

    #[test]
    fn without_an_id_there_must_be_no_choice() {
        let ec = json!({"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"});
        let one = set(&[rsa(&json!({"kid": "a"})), ec]);
        assert!(one.find(None, Algorithm::RS256).is_some());
        let two = set(&[rsa(&json!({"kid": "a"})), rsa(&json!({}))]);
        assert!(two.find(None, Algorithm::RS256).is_none());
        assert!(two.find(Some("a"), Algorithm::RS256).is_some());
        assert!(two.find(Some(""), Algorithm::RS256).is_none());
    }

    #[test]
    fn sets_are_bounded() {
        let keys = |n: usize| json!({"keys": vec![rsa(&json!({})); n]}).to_string();
        assert!(KeySet::parse(keys(MOST_KEYS).as_bytes()).is_ok());
        let error = KeySet::parse(keys(MOST_KEYS + 1).as_bytes()).err();
        assert_eq!(error, Some(MalformedKeySet::TooMany));
        for text in ["", "{}", "[]", "null", r#"{"keys":{}}"#, "<html>"] {
            let error = KeySet::parse(text.as_bytes()).err();
            assert_eq!(error, Some(MalformedKeySet::Json), "{text}");
        }
    }

    #[test]
    fn reading_is_linear() {
        let nested = |n: usize| format!(r#"{{"keys":[{{"kty":{}1{}}}]}}"#, "[".repeat(n), "]".repeat(n));
        let texts: [(&str, &dyn Fn(usize) -> String); 3] = [
            ("keys", &|n| format!(r#"{{"keys":[{}{{}}]}}"#, "{},".repeat(n))),
            ("members", &|n| {
                format!(
                    r#"{{"keys":[{{{}"kty":"RSA"}}]}}"#,
                    scaling::pieces(n, |at| format!("\"c{at}\":0,"))
                )
            }),
            ("nesting", &nested),
        ];
        for (name, text) in texts {
            scaling::assert_linear(name, 1_000, text, |text| KeySet::parse(text.as_bytes()).is_ok());
        }
    }
}

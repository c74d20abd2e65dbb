//! JSON Web Tokens: signs assertions (RS256), and reads when an ID token expires.
//!
//! Signing is that of TLS certificates, which `rustls` and `ring` do anyway. The crate `jsonwebtoken` reads keys of
//! Google with a PEM and an ASN.1 library only, and in its newer versions not with `ring`; it only checks
//! tokens (`jwt.rs` of this crate, and the tests).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::RsaSigningKey;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};

/// Why there is no assertion. The texts show nothing of the key.
#[derive(Debug, thiserror::Error)]
pub(super) enum SigningError {
    #[error("the private key of the service account is no RSA key")]
    Key,
    #[error("the assertion cannot be signed")]
    Signature,
}

#[derive(Serialize)]
struct Header<'h> {
    alg: &'static str,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'h str>,
}

/// The token of these claims, signed with an RSA key in PEM (PKCS #8 or #1).
pub(super) fn sign(
    private_key: &str,
    key_id: Option<&str>,
    claims: &impl Serialize,
) -> Result<String, SigningError> {
    let der = PrivateKeyDer::from_pem_slice(private_key.as_bytes()).map_err(|_| SigningError::Key)?;
    let key = RsaSigningKey::new(&der).map_err(|_| SigningError::Key)?;
    let signer = rustls::sign::SigningKey::choose_scheme(&key, &[SignatureScheme::RSA_PKCS1_SHA256])
        .ok_or(SigningError::Key)?;
    let header = Header {
        alg: "RS256",
        typ: "JWT",
        kid: key_id,
    };
    let mut token = encoded(&header)? + "." + &encoded(claims)?;
    let signature = signer
        .sign(token.as_bytes())
        .map_err(|_| SigningError::Signature)?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

fn encoded(part: &impl Serialize) -> Result<String, SigningError> {
    let json = serde_json::to_vec(part).map_err(|_| SigningError::Signature)?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

/// When a token expires, in seconds since the Unix epoch. Whom it convinces checks the rest.
pub(super) fn expiry(token: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Claims {
        exp: u64,
    }
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let json = URL_SAFE_NO_PAD.decode(claims).ok()?;
    Some(serde_json::from_slice::<Claims>(&json).ok()?.exp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiries() {
        let token = |claims: &str| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        for (token, want) in [
            (token(r#"{"exp":17}"#), Some(17)),
            (token(r#"{"aud":"x","exp":0,"iat":1}"#), Some(0)),
            (token(r#"{"exp":-1}"#), None),
            (token(r#"{"exp":"17"}"#), None),
            (token("{}"), None),
            (token("garbage"), None),
            (token(r#"{"exp":17}"#) + ".x", None),
            ("a.b".to_owned(), None),
            ("a.!.c".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(expiry(&token), want, "{token}");
        }
    }

    #[test]
    fn keys_that_are_none_are_not_shown() {
        let ec = rcgen::KeyPair::generate().unwrap().serialize_der();
        let ec = base64::engine::general_purpose::STANDARD.encode(ec);
        let ec = format!("-----BEGIN PRIVATE KEY-----\n{ec}\n-----END PRIVATE KEY-----");
        for key in [
            "",
            "SECRET",
            "-----BEGIN PRIVATE KEY-----\nU0VD\n-----END PRIVATE KEY-----",
            &ec,
        ] {
            let error = sign(key, None, &()).unwrap_err();
            assert!(matches!(error, SigningError::Key), "{error:?}");
        }
    }

    #[test]
    fn reading_is_linear() {
        let token = |claims: &str| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        let claims = |n: usize| scaling::pieces(n, |at| format!("\"c{at}\":0,"));
        let tokens: [(&str, &dyn Fn(usize) -> String); 3] = [
            ("claims", &|n| token(&format!("{{{}\"exp\":1}}", claims(n)))),
            ("dots", &|n| ".".repeat(n * 16)),
            ("no JSON", &|n| token(&"[".repeat(n * 16))),
        ];
        for (name, text) in tokens {
            scaling::assert_linear(name, 1_000, text, |text| expiry(text));
        }
        let section = "-----BEGIN X-----\nU0VD\n-----END X-----\n";
        let keys: [(&str, &dyn Fn(usize) -> String); 4] = [
            ("sections", &|n| section.repeat(n)),
            ("beginnings", &|n| "-----BEGIN X-----\n".repeat(n)),
            ("lines", &|n| {
                format!("-----BEGIN PRIVATE KEY-----\n{}", "U0VD\n".repeat(n))
            }),
            ("a long line", &|n| {
                format!("-----BEGIN PRIVATE KEY-----\n{}", "U0VD".repeat(n))
            }),
        ];
        for (name, key) in keys {
            scaling::assert_linear(name, 1_000, key, |key| sign(key, None, &()).is_err());
        }
    }
}

//! Signatures of Standard Webhooks, version 1: HMAC-SHA256 over id, time and body of a call.
//!
//! The crate `standardwebhooks` checks them in the tests. It is not what makes them: it copies every body, and brings
//! a second SHA-256 and another base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::resource::SigningSecret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{HeaderValue, InvalidHeaderValue};
use sha2::Sha256;

/// What secrets begin with.
const PREFIX: &str = "whsec_";
/// What signatures of this version begin with.
const VERSION: &str = "v1,";
/// Length of a signature in base64.
const ENCODED: usize = 44;

/// A call that cannot be signed. Causes that would show a secret are left out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebhookSigningError {
    #[error("a signing secret of the function is malformed")]
    Secret,
    #[error("the signature is no header")]
    Header(#[from] InvalidHeaderValue),
}

/// Value of `webhook-signature`: a signature for each secret, a blank between them. `None` without a secret.
pub(super) fn of(
    secrets: &[SigningSecret],
    id: &str,
    timestamp: u64,
    body: &[u8],
) -> Result<Option<HeaderValue>, WebhookSigningError> {
    if secrets.is_empty() {
        return Ok(None);
    }
    let prefix = format!("{id}.{timestamp}.");
    let mut signatures = String::with_capacity(secrets.len() * (VERSION.len() + ENCODED + 1));
    for secret in secrets {
        let key = key(secret).ok_or(WebhookSigningError::Secret)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| WebhookSigningError::Secret)?;
        mac.update(prefix.as_bytes());
        mac.update(body);
        if !signatures.is_empty() {
            signatures.push(' ');
        }
        signatures.push_str(VERSION);
        STANDARD.encode_string(mac.finalize().into_bytes(), &mut signatures);
    }
    let mut value = HeaderValue::try_from(signatures)?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn key(secret: &SigningSecret) -> Option<Vec<u8>> {
    STANDARD.decode(secret.expose().strip_prefix(PREFIX)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(texts: &[&str]) -> Vec<SigningSecret> {
        serde_json::from_value(serde_json::json!(texts)).unwrap()
    }

    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    /// Example of the specification.
    #[test]
    fn the_published_vector() {
        let signature = of(
            &secrets(&["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            BODY,
        );
        assert_eq!(
            signature.unwrap().unwrap(),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn one_signature_for_each_secret() {
        assert_eq!(of(&[], "id", 1, BODY).unwrap(), None);
        let (old, new) = (
            "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xk",
            "whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3",
        );
        let sign = |texts: &[&str]| {
            let value = of(&secrets(texts), "id", 1, BODY).unwrap().unwrap();
            value.to_str().unwrap().to_owned()
        };
        assert_eq!(sign(&[old, new]), format!("{} {}", sign(&[old]), sign(&[new])));
    }

    #[test]
    fn malformed_secrets_are_not_shown() {
        for text in ["whsec_c2VjcmV0!", "c2VjcmV0c2VjcmV0", "whsec_c2VjcmV0c2", ""] {
            let error = of(&secrets(&[text]), "id", 1, BODY).unwrap_err();
            let shown = format!("{error:?} {error}");
            assert!(shown.contains("malformed") && !shown.contains("c2Vj"), "{shown}");
        }
    }
}

//! Signatures of messages: who may send to the queue is not thereby the gateway. A signature is the last member of a body,
//! HMAC-SHA-256 over all that stands before it, so versions that know none read such a message like any other.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::message::MalformedMessage;
use super::source::SourceKind;

/// Least bytes of a key.
const LEAST_KEY_BYTES: usize = 32;
/// What stands before the digits of a signature, and behind them. The first byte goes in the place of the brace that ends
/// a body without one.
const BEFORE: &str = ",\"signature\":\"";
const BEHIND: &str = "\"}";
/// Hexadecimal digits of a signature.
const DIGITS: usize = 64;

/// Most bytes that a signature adds to a body.
pub(super) const SIGNATURE_BYTES: usize = BEFORE.len() + DIGITS + BEHIND.len() - 1;

/// A key that messages are signed with. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Vec<u8>);

/// A text that is no key for signatures. It is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key for signatures of messages has at least {LEAST_KEY_BYTES} bytes")]
pub struct WeakKey;

/// How messages are signed, and which are taken.
#[derive(Debug, Clone, Default)]
pub struct Signing {
    /// The first one signs, and each of them verifies. Without any, messages are not signed and all are taken.
    pub keys: Vec<SigningKey>,
    /// Whether messages without a signature are taken although there are keys.
    pub accept_unsigned: bool,
}

impl SigningKey {
    /// The key that a text is, byte by byte.
    pub fn new(text: &str) -> Result<Self, WeakKey> {
        let key = text.as_bytes();
        (key.len() >= LEAST_KEY_BYTES)
            .then(|| Self(key.to_vec()))
            .ok_or(WeakKey)
    }

    /// The state of a signature of a message of a queue; `None` never, since a key may have any length.
    fn mac(&self, kind: SourceKind, text: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        // What was sent to one queue means something else in the other.
        mac.update(match kind {
            SourceKind::Standard => b"event-gateway delivery 1 standard\n",
            SourceKind::Fifo => b"event-gateway delivery 1 fifo\n",
        });
        mac.update(text.as_bytes());
        Some(mac)
    }
}

impl Signing {
    /// Bytes of a message that are left for its signature.
    pub(super) fn room(&self) -> usize {
        if self.keys.is_empty() { 0 } else { SIGNATURE_BYTES }
    }

    /// Signs a body for a queue, if there is a key.
    pub(super) fn sign(&self, kind: SourceKind, body: &mut String) {
        let Some(begun) = body.strip_suffix('}') else {
            return;
        };
        let mac = self.keys.first().and_then(|key| key.mac(kind, begun));
        let Some(mac) = mac else { return };
        let digits = hex::encode(mac.finalize().into_bytes());
        body.pop();
        body.push_str(BEFORE);
        body.push_str(&digits);
        body.push_str(BEHIND);
    }

    /// Refuses a body of a queue that is not signed as it has to be. Takes the same time whichever digit is wrong.
    pub(super) fn verify(&self, kind: SourceKind, body: &str) -> Result<(), MalformedMessage> {
        if self.keys.is_empty() {
            return Ok(());
        }
        let Some((begun, signature)) = split(body) else {
            return if self.accept_unsigned {
                Ok(())
            } else {
                Err(MalformedMessage::Unsigned)
            };
        };
        let signature = hex::decode(signature).map_err(|_| MalformedMessage::Forged)?;
        let is_by = |key: &SigningKey| {
            let mac = key.mac(kind, begun);
            mac.is_some_and(|mac| mac.verify_slice(&signature).is_ok())
        };
        if self.keys.iter().any(is_by) {
            Ok(())
        } else {
            Err(MalformedMessage::Forged)
        }
    }
}

/// What is signed of a body, and the digits of its signature.
fn split(body: &str) -> Option<(&str, &str)> {
    let signed = body.strip_suffix(BEHIND)?;
    let (begun, digits) = signed.split_at_checked(signed.len().checked_sub(DIGITS)?)?;
    Some((begun.strip_suffix(BEFORE)?, digits))
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("*****")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"event":{},"space":"s","subscribers":[]}"#;
    const KINDS: [SourceKind; 2] = [SourceKind::Standard, SourceKind::Fifo];

    fn signing(keys: &[char], accept_unsigned: bool) -> Signing {
        let key = |of: &char| SigningKey::new(&of.to_string().repeat(LEAST_KEY_BYTES)).unwrap();
        Signing {
            keys: keys.iter().map(key).collect(),
            accept_unsigned,
        }
    }

    fn signed(by: char, kind: SourceKind) -> String {
        let mut body = BODY.to_owned();
        signing(&[by], false).sign(kind, &mut body);
        body
    }

    #[test]
    fn a_signature_is_a_member_that_other_versions_pass_over() {
        let body = signed('a', SourceKind::Standard);
        assert_eq!(body.len(), BODY.len() + SIGNATURE_BYTES);
        let value: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(value["signature"].as_str().unwrap().len(), DIGITS);
        assert_eq!(value["space"], "s");
        let mut unsigned = BODY.to_owned();
        Signing::default().sign(SourceKind::Standard, &mut unsigned);
        assert_eq!(unsigned, BODY);
    }

    #[test]
    fn the_first_key_signs_and_each_of_them_verifies() {
        for kind in KINDS {
            for (keys, by, want) in [
                (&['a'][..], 'a', Ok(())),
                (&['b', 'a'], 'a', Ok(())),
                (&['b', 'a'], 'b', Ok(())),
                (&['b'], 'a', Err(MalformedMessage::Forged)),
                (&[], 'a', Ok(())),
            ] {
                for accept_unsigned in [false, true] {
                    let verified = signing(keys, accept_unsigned).verify(kind, &signed(by, kind));
                    assert_eq!(verified, want, "{kind:?} {keys:?} {by}");
                }
            }
            let mut body = BODY.to_owned();
            signing(&['b', 'a'], false).sign(kind, &mut body);
            assert_eq!(body, signed('b', kind));
        }
    }

    #[test]
    fn whatever_is_changed_is_noticed() {
        let signing = signing(&['a'], false);
        for kind in KINDS {
            let body = signed('a', kind);
            for place in 0..body.len() {
                let mut changed = body.clone().into_bytes();
                changed[place] ^= 1;
                let changed = String::from_utf8(changed).unwrap();
                assert!(signing.verify(kind, &changed).is_err(), "{place}");
            }
            for other in [
                body.replacen("\"s\"", "\"t\"", 1),
                body.replace('}', ",\"attempts\":1}"),
                body[..body.len() - 1].to_owned(),
                format!("{body} "),
            ] {
                assert!(signing.verify(kind, &other).is_err(), "{other}");
            }
        }
        let [standard, fifo] = KINDS;
        assert_eq!(
            signing.verify(fifo, &signed('a', standard)),
            Err(MalformedMessage::Forged)
        );
    }

    #[test]
    fn what_is_not_signed_is_taken_where_that_is_allowed() {
        for body in ["", "}", "\"}", BODY, "é\"}", &"é".repeat(40)] {
            let verify = |keys: &[char], accept| signing(keys, accept).verify(SourceKind::Standard, body);
            assert_eq!(verify(&['a'], false), Err(MalformedMessage::Unsigned), "{body}");
            assert_eq!(verify(&['a'], true), Ok(()));
            assert_eq!(verify(&[], false), Ok(()));
        }
    }

    #[test]
    fn keys_are_long_and_not_shown() {
        assert_eq!(SigningKey::new(&"k".repeat(31)), Err(WeakKey));
        let key = SigningKey::new(&"k".repeat(32)).unwrap();
        assert_eq!(format!("{key:?}"), "*****");
        assert!(!format!("{:?}", signing(&['k'], true)).contains("kk"));
    }
}

//! API keys as they are sent: `egk_live_`, ten characters of the id, thirty of the secret and six of a checksum, by which
//! what was mistyped or cut off is known without looking anything up. What tells a key from any other text is here; what a
//! key may do is [`crate::resource::ApiKey`].

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::ids::KeyId;

/// What every key begins with.
pub const KEY_PREFIX: &str = "egk_live_";

/// What begins so is a key, whole or not, and is shown to nobody.
pub const KEY_MARK: &str = "egk_";

/// Characters of an id.
pub const ID_LENGTH: usize = 10;

/// Characters of a secret: 178 bits.
pub const SECRET_LENGTH: usize = 30;

/// Characters of a checksum: 32 bits.
const CHECKSUM_LENGTH: usize = 6;

/// Characters of a whole key.
pub const KEY_LENGTH: usize = KEY_PREFIX.len() + ID_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH;

/// Digits of base 62, in the order of their values.
pub const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A key that somebody sent, well-formed. Whether it is one that there is remains to be seen.
#[derive(Clone, PartialEq, Eq)]
pub struct PresentedKey {
    id: KeyId,
    digest: SecretDigest,
}

impl PresentedKey {
    /// Reads a key; `None` of what has another form, or a wrong checksum.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(KEY_PREFIX)?;
        if text.len() != KEY_LENGTH || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let (checked, sum) = text.split_at(KEY_LENGTH - CHECKSUM_LENGTH);
        if sum.as_bytes() != checksum(checked.as_bytes()) {
            return None;
        }
        let (id, secret) = rest.get(..ID_LENGTH + SECRET_LENGTH)?.split_at(ID_LENGTH);
        Some(Self {
            id: id.into(),
            digest: SecretDigest::of(secret),
        })
    }

    /// The id of the key.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The digest of its secret.
    pub fn digest(&self) -> &SecretDigest {
        &self.digest
    }
}

impl fmt::Debug for PresentedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PresentedKey({}, *****)", self.id)
    }
}

/// What somebody sent as a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenKey {
    /// It has the form of one, and its checksum.
    WellFormed(PresentedKey),
    /// It begins like one, and is mistyped, cut off or of another kind.
    Malformed,
}

impl GivenKey {
    /// Reads what somebody sent.
    pub fn read(text: &str) -> Self {
        PresentedKey::parse(text).map_or(Self::Malformed, Self::WellFormed)
    }
}

/// The whole key of an id and a secret of [`ID_LENGTH`] and [`SECRET_LENGTH`] digits.
pub fn key_text(id: &KeyId, secret: &str) -> String {
    let mut text = format!("{KEY_PREFIX}{id}{secret}");
    let sum = checksum(text.as_bytes());
    text.extend(sum.map(char::from));
    text
}

/// CRC-32 in base 62.
fn checksum(text: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    let mut left = crc32fast::hash(text);
    let mut digits = [DIGITS[0]; CHECKSUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(left % 62) as usize];
        left /= 62;
    }
    digits
}

/// SHA-256 of a secret: all that is kept of it. A secret has more bits than could ever be tried, so that one round is enough.
#[derive(Clone, Copy)]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    /// Of a secret.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }
}

/// In a time that does not depend on where they differ.
impl PartialEq for SecretDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretDigest {}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(*****)")
    }
}

/// A text that is no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must be 64 hexadecimal digits")]
pub struct NoDigest;

impl Serialize for SecretDigest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            for digit in [byte >> 4, byte & 15] {
                text.extend(char::from_digit(digit.into(), 16));
            }
        }
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for SecretDigest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits: Option<Vec<u8>> = text
            .chars()
            .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect();
        let digits = digits.filter(|digits| digits.len() == 64);
        let digits = digits.ok_or_else(|| serde::de::Error::custom(NoDigest))?;
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (pair[0] << 4) | pair[1];
        }
        Ok(Self(digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdefghijABCDEFGHIJ";

    #[test]
    fn keys_are_read_as_they_are_written() {
        let text = key_text(&"abcDEF0123".into(), SECRET);
        assert_eq!(text.len(), KEY_LENGTH);
        assert!(text.starts_with("egk_live_abcDEF0123"), "{text}");
        let key = PresentedKey::parse(&text).unwrap();
        assert_eq!(key.id().as_str(), "abcDEF0123");
        assert_eq!(*key.digest(), SecretDigest::of(SECRET));
        assert_ne!(*key.digest(), SecretDigest::of("other"));
        let shown = format!("{key:?}");
        assert!(!shown.contains(SECRET) && shown.contains("abcDEF0123"), "{shown}");
    }

    /// The checksum covers prefix, id and secret, so that no slip reaches a lookup.
    #[test]
    fn whatever_is_changed_is_noticed() {
        let text = key_text(&"abcDEF0123".into(), SECRET);
        for at in 0..text.len() {
            for other in ["x", "Z", "_", "é", ""] {
                let mut changed = text.clone();
                changed.replace_range(at..=at, other);
                assert!(
                    changed == text || PresentedKey::parse(&changed).is_none(),
                    "{changed}"
                );
            }
        }
        for changed in [
            format!("{text}0"),
            format!(" {text}"),
            String::new(),
            "egk_live_".to_owned(),
        ] {
            assert!(PresentedKey::parse(&changed).is_none(), "{changed}");
        }
    }

    #[test]
    fn checksums_are_those_of_crc_32() {
        // 0xCBF43926, the check value of CRC-32, in base 62.
        assert_eq!(&checksum(b"123456789"), b"3jZRME");
    }

    #[test]
    fn digests_are_hexadecimal() {
        let digest = SecretDigest::of("abc");
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(
            json,
            "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""
        );
        assert_eq!(serde_json::from_str::<SecretDigest>(&json).unwrap(), digest);
        assert!(serde_json::from_str::<SecretDigest>("\"ba78\"").is_err());
        assert!(serde_json::from_str::<SecretDigest>(&json.replace('b', "x")).is_err());
        assert!(!format!("{digest:?}").contains("ba78"));
    }
}

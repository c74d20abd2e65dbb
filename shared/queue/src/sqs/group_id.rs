//! The message group of a space. On a standard queue it only makes for fairness: a space that sends much does not keep
//! the deliveries of others waiting.

use std::fmt::Write as _;

use domain::ids::Space;
use sha2::{Digest as _, Sha256};

/// Most characters that SQS takes.
const MOST: usize = 128;

/// The name of the space where SQS takes it, else its hash.
pub(super) fn group_id(space: &Space) -> String {
    let name = space.as_str();
    // Letters, digits and all punctuation of ASCII, without the blank.
    let is_taken = name.bytes().all(|byte| byte.is_ascii_graphic());
    if is_taken && (1..=MOST).contains(&name.len()) {
        return name.to_owned();
    }
    let mut id = String::from("sha256:");
    for byte in Sha256::digest(name) {
        // Writing into memory cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_named_as_sqs_allows() {
        let longest = "a".repeat(128);
        for name in [
            "default",
            "a.b_c-d",
            "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
            &longest,
        ] {
            assert_eq!(group_id(&name.into()), name);
        }
        let too_long = "a".repeat(129);
        let mut seen = Vec::new();
        for name in ["", " ", "a b", "ä", "\u{7f}", "a\n", &too_long] {
            let id = group_id(&name.into());
            assert!(
                id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic()),
                "{id}"
            );
            assert!(!seen.contains(&id));
            assert_eq!(id, group_id(&name.into()));
            seen.push(id);
        }
    }
}

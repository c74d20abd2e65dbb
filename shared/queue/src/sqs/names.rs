//! What messages are called on SQS: their groups, their deduplication, and deliveries that came without an id.

use domain::delivery::Delivery;
use domain::ids::{DeliveryId, Space, SubscriptionId};
use sha2::{Digest as _, Sha256};

/// Most characters that SQS takes.
const MOST: usize = 128;

/// The message group of a space. On a standard queue it only makes for fairness: a space that sends much does not keep
/// the deliveries of others waiting. The name of the space where SQS takes it, else its hash.
pub(super) fn space_group(space: &Space) -> String {
    taken_or_hashed(space.as_str())
}

/// The message group of ordered deliveries: those of a subscription with one key, which are made one after another.
pub(super) fn ordered_group(space: &Space, subscription: &SubscriptionId, key: &str) -> String {
    digest(&[space.as_str(), subscription.as_str(), key])
}

/// What SQS knows repetitions of a send by, for five minutes. A dead letter that is queued again is none, so the id of
/// the delivery, which stays the same, is not enough.
pub(super) fn deduplication_id(delivery: &Delivery) -> String {
    taken_or_hashed(&format!("{}:{}", delivery.id, delivery.accepted_at))
}

/// The id of a delivery whose message has none, since an earlier version sent it. The same each time that the message
/// is received.
pub(super) fn delivery_id(message_id: &str, subscription: &SubscriptionId) -> DeliveryId {
    digest(&[message_id, subscription.as_str()]).into()
}

fn taken_or_hashed(name: &str) -> String {
    // Letters, digits and all punctuation of ASCII, without the blank.
    let is_taken = name.bytes().all(|byte| byte.is_ascii_graphic());
    if is_taken && (1..=MOST).contains(&name.len()) {
        return name.to_owned();
    }
    format!("sha256:{}", digest(&[name]))
}

/// Hexadecimal digest of texts; other texts have others, wherever one ends and the next begins.
fn digest(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_taken(id: &str) {
        assert!(
            (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()),
            "{id}"
        );
    }

    #[test]
    fn groups_are_named_as_sqs_allows() {
        let longest = "a".repeat(128);
        for name in [
            "default",
            "a.b_c-d",
            "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
            &longest,
        ] {
            assert_eq!(space_group(&name.into()), name);
        }
        let too_long = "a".repeat(129);
        let mut seen = Vec::new();
        for name in ["", " ", "a b", "ä", "\u{7f}", "a\n", &too_long] {
            let id = space_group(&name.into());
            assert_taken(&id);
            assert!(!seen.contains(&id));
            assert_eq!(id, space_group(&name.into()));
            seen.push(id);
        }
    }

    #[test]
    fn ordered_groups_differ_in_each_part() {
        let mut seen = Vec::new();
        for (space, subscription, key) in [
            ("s", "a", "k"),
            ("t", "a", "k"),
            ("s", "b", "k"),
            ("s", "a", "l"),
            ("sa", "", "k"),
            ("s", "ak", ""),
            ("", "sa", "k"),
            ("s", "a", "ä b\n"),
        ] {
            let id = ordered_group(&space.into(), &subscription.into(), key);
            assert_taken(&id);
            assert!(!seen.contains(&id), "{space} {subscription} {key}");
            assert_eq!(id, ordered_group(&space.into(), &subscription.into(), key));
            seen.push(id);
        }
    }

    #[test]
    fn deliveries_without_an_id_get_one_of_their_own() {
        let id = delivery_id("m", &"a".into());
        assert_eq!(id, delivery_id("m", &"a".into()));
        for (message, subscription) in [("m", "b"), ("n", "a"), ("ma", "")] {
            assert_ne!(id, delivery_id(message, &subscription.into()));
        }
    }
}

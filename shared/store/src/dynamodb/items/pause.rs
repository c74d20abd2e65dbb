//! Items that ask for a pause of a subscription. They have partitions of their own, so that who may write them may write
//! nothing else.

use domain::ids::{Space, SubscriptionId};

use super::published::EXPIRES;
use super::{Item, Key, bounded, number, text, unambiguous};

/// Sort key of an item that asks for a pause.
pub const PAUSE: &str = "PAUSE";
/// Its attribute that says for what.
pub const PAUSE_REQUEST: &str = "request";
/// When it was asked for, in milliseconds since 1970: one that asks again is a change, which the stream tells.
const REQUESTED: &str = "requested";

/// The item that asks for a pause of a subscription. The table may forget it after `expires`, in seconds since 1970.
pub(in super::super) fn pause_item(
    space: &Space,
    subscription: &SubscriptionId,
    request: String,
    requested: u64,
    expires: u64,
) -> Item {
    let name = format!("{}#{subscription}", unambiguous(space.as_str()));
    let key = Key {
        pk: bounded("PAUSE#", &name),
        sk: PAUSE.to_owned(),
    };
    let mut item = key.into_item();
    item.extend([
        text(PAUSE_REQUEST, request),
        number(REQUESTED, requested),
        number(EXPIRES, expires),
    ]);
    item
}

#[cfg(test)]
mod tests {
    use super::super::{PK, read_text};
    use super::*;

    #[test]
    fn each_subscription_has_a_partition_of_its_own() {
        let partition = |space: &str, subscription: &str| {
            let item = pause_item(&space.into(), &subscription.into(), String::new(), 0, 0);
            read_text(&item, PK).unwrap().to_owned()
        };
        assert_eq!(partition("default", "a"), "PAUSE#default#a");
        assert_ne!(partition("a#b", "c"), partition("a", "b#c"));
        assert!(partition(&"x".repeat(3000), "a").starts_with("PAUSE#"));
    }
}

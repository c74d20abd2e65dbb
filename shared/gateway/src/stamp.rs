//! The ids and times of events that the gateway makes, and the ids of their deliveries.

use std::cell::RefCell;

use domain::event::EventStamp;
use domain::ids::DeliveryId;
use http::HeaderValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::{Builder, Uuid};

/// Random bytes of so many ids are asked for at once: the system takes longer to be asked than to give them.
const IDS_AT_ONCE: usize = 64;

/// Random bytes of ids, and how many ids there still are.
type Random = ([[u8; 16]; IDS_AT_ONCE], usize);

thread_local! {
    static RANDOM: RefCell<Random> = const { RefCell::new(([[0; 16]; IDS_AT_ONCE], 0)) };
}

/// A fresh stamp.
pub(crate) fn event_stamp() -> EventStamp {
    // A time of this era always has an RFC 3339 form.
    let time = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
    EventStamp {
        id: random_uuid().to_string(),
        time,
    }
}

/// A fresh id of a delivery.
pub(crate) fn delivery_id() -> DeliveryId {
    let mut text = Uuid::encode_buffer();
    DeliveryId::from(&*random_uuid().hyphenated().encode_lower(&mut text))
}

/// A fresh id of a request, as a header.
pub fn request_id() -> HeaderValue {
    let mut text = Uuid::encode_buffer();
    let text = random_uuid().hyphenated().encode_lower(&mut text);
    // A UUID is made of characters that a header can hold.
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("0"))
}

/// A fresh UUID of version 4.
fn random_uuid() -> Uuid {
    RANDOM.with_borrow_mut(|(bytes, left)| {
        if *left == 0 {
            if getrandom::fill(bytes.as_flattened_mut()).is_err() {
                // It panics: without randomness nothing can be told apart.
                return Uuid::new_v4();
            }
            *left = IDS_AT_ONCE;
        }
        *left -= 1;
        Builder::from_random_bytes(bytes[*left]).into_uuid()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_never_the_same() {
        let ids = || (0..1_000).map(|_| random_uuid()).collect::<Vec<_>>();
        let other = std::thread::spawn(ids);
        let all: HashSet<Uuid> = ids().into_iter().chain(other.join().unwrap()).collect();
        assert_eq!(all.len(), 2_000);
        let is_random = |id: &Uuid| id.get_version_num() == 4 && id.get_variant() == uuid::Variant::RFC4122;
        assert!(all.iter().all(is_random));
    }
}

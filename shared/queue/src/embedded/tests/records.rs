//! The form of what stands in the file: what is written is read, and garbage is refused without panic.

use proptest::prelude::*;

use super::super::record::{Body, FunctionName, LaneName, LaneRow, MalformedRecord, Record};
use super::super::tables::{Place, composed, number_of, numbered};

proptest! {
    #[test]
    fn records_are_read_as_written(
        attempts: u32,
        accepted_at: u64,
        bytes: u64,
        deliver_at: Option<u64>,
        id: String,
        ordering_key: Option<String>,
        hops: u8,
        unauthorized: Option<Result<String, u64>>,
        trace: Option<String>,
        json: Vec<u8>,
        event: Option<u64>,
        more: u32,
    ) {
        let record = Record {
            attempts,
            accepted_at,
            bytes,
            deliver_at,
            id: &id,
            ordering_key: ordering_key.as_deref(),
            hops,
            unauthorized: unauthorized.as_ref().map(|request| match request {
                Ok(json) => Body::Here(json.as_bytes()),
                Err(number) => Body::Apart(*number),
            }),
            trace: trace.as_deref().map(Into::into),
            body: event.map_or(Body::Here(&json), Body::Apart),
        };
        let encoded = record.encode();
        prop_assert_eq!(Record::decode(&encoded), Ok(record.clone()));
        let changed = Record::with_attempts(&encoded, more).unwrap();
        prop_assert_eq!(Record::decode(&changed), Ok(Record { attempts: more, ..record }));
    }

    #[test]
    fn garbage_is_refused(garbage: Vec<u8>, at: prop::sample::Index) {
        let _ = Record::decode(&garbage);
        let _ = LaneRow::decode(&garbage);
        let _ = Record::with_attempts(&garbage, 1);
        let row = LaneRow {
            name: LaneName {
                function: FunctionName { space: "s".into(), id: "f".into() },
                subscription: "sub".into(),
            },
            deliveries: 1,
            bytes: 2,
        };
        let encoded = row.encode();
        prop_assert_eq!(LaneRow::decode(&encoded), Ok(row));
        let cut = at.index(encoded.len());
        prop_assert_eq!(LaneRow::decode(&encoded[..cut]), Err(MalformedRecord));
    }

    /// Keys stand in the order of what they are made of, and no text can pass for two.
    #[test]
    fn keys_keep_order_and_texts_apart(
        lane: u64, one: (u64, u64), other: (u64, u64), a: (String, String), b: (String, String)
    ) {
        let place = |(due, number)| Place { due, number };
        let (one, other) = (place(one), place(other));
        prop_assert_eq!(one.cmp(&other), one.key(lane).cmp(&other.key(lane)));
        prop_assert_eq!(Place::of(&one.key(lane)), one);
        let key = |(a, b): &(String, String)| composed(&[], [a.as_str(), b.as_str()]);
        prop_assert_eq!(a == b, key(&a) == key(&b));
        prop_assert_eq!(number_of(&numbered(&key(&a), lane)), lane);
        prop_assert!(!key(&a).starts_with(&key(&b)) || a == b);
    }
}

//! Which deliveries share a message, and that messages and requests keep their limits whatever comes.

use domain::event::{Envelope, EventStamp};
use domain::json::Json;
use proptest::prelude::*;

use super::super::message::parse;
use super::*;

/// Milliseconds since the Unix epoch.
const NOW: u64 = 1_700_000_000_000;

/// Bytes that are kept free in a message without notes.
const ROOM: usize = r#","attempts":4294967295,"notBefore":18446744073709551615"#.len();

fn event(id: &str, data: &str) -> Arc<Event> {
    let stamp = EventStamp {
        id: id.to_owned(),
        time: "2026-01-01T00:00:00Z".to_owned(),
    };
    Arc::new(Event::V0_1(Box::new(Envelope::generated(
        stamp,
        "t",
        "",
        Json::from_value(data),
    ))))
}

fn delivery(event: &Arc<Event>, space: &str, subscription: &str) -> Delivery {
    Delivery {
        id: subscription.into(),
        space: space.into(),
        subscription: subscription.into(),
        function: "f".into(),
        event: Arc::clone(event),
        accepted_at: 1,
        attempts: 0,
        deliver_at: None,
        ordering_key: None,
        deduplication_key: None,
        arrival: domain::delivery::Arrival::default(),
    }
}

fn ordered(event: &Arc<Event>, subscription: &str, key: &str) -> Delivery {
    Delivery {
        ordering_key: Some(key.into()),
        ..delivery(event, "s", subscription)
    }
}

/// What is sent when all deliveries are due now.
fn pack_due(deliveries: &[Delivery], limit: usize) -> Result<PackedMessages, QueueError> {
    let due: Vec<_> = deliveries
        .iter()
        .map(|delivery| Outgoing { delivery, due: 0 })
        .collect();
    pack(&due, NOW, limit)
}

fn parsed(message: &PackedMessage) -> Vec<Delivery> {
    parse(&message.body, "m", 0).unwrap().deliveries
}

fn shown_subscriptions(messages: &[PackedMessage]) -> String {
    let deliveries: Vec<_> = messages.iter().flat_map(parsed).collect();
    deliveries
        .iter()
        .map(|delivery| delivery.subscription.as_str())
        .collect()
}

/// Space and subscriptions of each message.
fn shown(messages: &[PackedMessage]) -> Vec<String> {
    let line = |message: &PackedMessage| {
        let deliveries = parsed(message);
        assert!(
            deliveries
                .iter()
                .all(|delivery| *delivery.space.as_str() == *message.group_id)
        );
        let names: Vec<_> = deliveries
            .iter()
            .map(|delivery| delivery.subscription.as_str())
            .collect();
        format!(
            "{} {} {}",
            deliveries[0].event.id(),
            message.group_id,
            names.join("")
        )
    };
    messages.iter().map(line).collect()
}

#[test]
fn one_message_for_an_event_and_a_space() {
    let (first, same, second) = (event("1", "x"), event("1", "x"), event("2", "x"));
    let deliveries = [
        delivery(&first, "s", "a"),
        delivery(&second, "s", "b"),
        delivery(&first, "t", "c"),
        delivery(&same, "s", "d"),
        delivery(&second, "s", "e"),
        delivery(&first, "s", "f"),
        delivery(&event("1", "other data"), "s", "g"),
    ];
    let messages = pack_due(&deliveries, 10_000).unwrap();
    assert_eq!(shown(&messages.standard), ["1 s adf", "2 s be", "1 t c", "1 s g"]);
    assert!(messages.ordered.is_empty());
    assert!(pack_due(&[], 10_000).unwrap().standard.is_empty());
}

#[test]
fn a_message_is_for_deliveries_in_the_same_state() {
    let event = event("1", "x");
    let mut deliveries = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| delivery(&event, "s", name));
    deliveries[1].accepted_at = 2;
    deliveries[2].attempts = 1;
    deliveries[3].deliver_at = Some(NOW + 500);
    let due = [
        (0, 0),
        (1, 0),
        (2, 0),
        (3, NOW + 500),
        (4, NOW + 500),
        (5, NOW + 501),
        (6, NOW + 1_000_001),
        (7, NOW),
        // In the same second as that before, and so in the same message.
        (0, NOW + 1_000_999),
    ];
    let outgoing = |(place, due): (usize, u64)| Outgoing {
        delivery: &deliveries[place],
        due,
    };
    let due = due.map(outgoing);
    let messages = pack(&due, NOW, 10_000).unwrap().standard;
    let names = ["1 s ah", "1 s b", "1 s c", "1 s d", "1 s ef", "1 s ga"];
    assert_eq!(shown(&messages), names);
    let delays: Vec<_> = messages.iter().map(|message| message.delay_seconds).collect();
    assert_eq!(delays, [0, 0, 0, 1, 1, 900]);
    let not_before: Vec<_> = messages
        .iter()
        .map(|message| parse(&message.body, "m", 0).unwrap().not_before)
        .collect();
    assert_eq!(not_before, [None, None, None, None, None, Some(NOW + 1_001_000)]);
    assert_eq!(parsed(&messages[2]), deliveries[2..3]);
    assert_eq!(parsed(&messages[3]), deliveries[3..4]);
}

#[test]
fn ordered_deliveries_have_a_message_each() {
    let (first, second) = (event("1", "x"), event("2", "x"));
    let deliveries = [
        ordered(&first, "a", "k"),
        delivery(&first, "s", "a"),
        ordered(&first, "a", "k"),
        ordered(&first, "b", "k"),
        ordered(&second, "a", "l"),
    ];
    let messages = pack_due(&deliveries, 10_000).unwrap();
    assert_eq!(shown(&messages.standard), ["1 s a"]);
    let sent: Vec<_> = messages.ordered.iter().flat_map(parsed).collect();
    assert_eq!(sent[..], [0, 2, 3, 4].map(|place| deliveries[place].clone()));
    let groups: Vec<_> = messages.ordered.iter().map(|message| &message.group_id).collect();
    assert_eq!(groups[0], groups[1]);
    assert!(groups[1] != groups[2] && groups[2] != groups[3] && groups[1] != groups[3]);
    // A dead letter that is queued again is no repetition.
    let again = Delivery {
        accepted_at: 2,
        ..deliveries[0].clone()
    };
    let id = |delivery: &Delivery| {
        let messages = pack_due(std::slice::from_ref(delivery), 10_000).unwrap();
        messages.ordered[0].deduplication_id.clone().unwrap()
    };
    assert_eq!(id(&deliveries[0]), id(&deliveries[0].clone()));
    assert_ne!(id(&deliveries[0]), id(&again));
    assert_ne!(id(&deliveries[0]), id(&deliveries[3]));

    let mut late = deliveries[0].clone();
    late.deliver_at = Some(NOW + 10_000_000);
    let outgoing = Outgoing {
        delivery: &late,
        due: NOW + 10_000_000,
    };
    let message = pack(&[outgoing], NOW, 10_000).unwrap().ordered.remove(0);
    let parsed = parse(&message.body, "m", 0).unwrap();
    assert_eq!((message.delay_seconds, parsed.not_before), (0, None));
    assert_eq!(parsed.deliveries, [late]);
}

#[test]
fn messages_of_a_group_are_sent_in_turn() {
    let event = event("1", "x");
    let sent = |subscriptions: &[&str]| {
        let deliveries: Vec<_> = subscriptions
            .iter()
            .map(|name| ordered(&event, name, "k"))
            .collect();
        let parts = in_turn(pack_due(&deliveries, 10_000).unwrap().ordered);
        let names = |part: &Vec<PackedMessage>| shown_subscriptions(part);
        parts.iter().map(names).collect::<Vec<_>>()
    };
    assert_eq!(sent(&[]), [""; 0]);
    assert_eq!(sent(&["a", "b", "c"]), ["abc"]);
    assert_eq!(sent(&["a", "a", "b", "a", "c", "b"]), ["abc", "ab", "a"]);
}

#[test]
fn subscribers_that_do_not_fit_go_into_further_messages() {
    let event = event("1", "x");
    let deliveries: Vec<_> = ["a", "b", "c"].map(|name| delivery(&event, "s", name)).into();
    let size = |deliveries| pack_due(deliveries, usize::MAX).unwrap().standard[0].body.len() + ROOM;
    let (one, two, three) = (size(&deliveries[..1]), size(&deliveries[..2]), size(&deliveries));
    for (limit, want) in [
        (three, &["1 s abc"][..]),
        (three - 1, &["1 s ab", "1 s c"]),
        (two, &["1 s ab", "1 s c"]),
        (two - 1, &["1 s a", "1 s b", "1 s c"]),
        (one, &["1 s a", "1 s b", "1 s c"]),
    ] {
        assert_eq!(
            shown(&pack_due(&deliveries, limit).unwrap().standard),
            want,
            "{limit}"
        );
        check(&deliveries, limit).unwrap();
    }
    for result in [
        pack_due(&deliveries, one - 1).map(drop),
        check(&deliveries, one - 1),
    ] {
        let Err(QueueError::TooLarge { bytes, limit }) = result else {
            panic!()
        };
        assert_eq!((bytes, limit), (one, one - 1));
    }
}

#[test]
fn very_many_deliveries_are_packed_in_no_time() {
    let shared = event("1", &"x".repeat(100_000));
    let names: Vec<_> = (0..5_000).map(|n| n.to_string()).collect();
    let mut deliveries: Vec<_> = names.iter().map(|name| delivery(&shared, "s", name)).collect();
    deliveries.extend(names.iter().map(|name| delivery(&event("1", name), "s", "a")));
    let started = std::time::Instant::now();
    assert_eq!(pack_due(&deliveries, 1 << 20).unwrap().standard.len(), 5_001);
    // Comparing each with each would take minutes.
    assert!(started.elapsed().as_secs() < 10);
}

#[test]
fn a_request_takes_ten_messages_that_fit() {
    let batch_sizes = |sizes: &[usize]| {
        let message = |size: &usize| PackedMessage {
            body: "x".repeat(*size),
            group_id: "s".into(),
            delay_seconds: 0,
            deduplication_id: None,
        };
        let batches = batches(sizes.iter().map(message).collect(), 100);
        batches.iter().map(Vec::len).collect::<Vec<_>>()
    };
    assert_eq!(batch_sizes(&[]), [0; 0]);
    assert_eq!(batch_sizes(&[1; 25]), [10, 10, 5]);
    assert_eq!(batch_sizes(&[100, 100, 1]), [1, 1, 1]);
    assert_eq!(batch_sizes(&[50, 50, 1, 99, 2]), [2, 2, 1]);
}

type Parts = (usize, usize, String, String, Option<String>, u32);

fn deliveries(parts: Vec<Parts>, data: &[String]) -> Vec<Delivery> {
    let events: Vec<_> = data
        .iter()
        .map(|data| event(&data.len().to_string(), data))
        .collect();
    let build = |(place, space, subscription, function, key, attempts): Parts| {
        let event = &events[place % events.len()];
        Delivery {
            id: format!("{place}{subscription}").into(),
            space: ["default", "b b", "\u{FFFF}"][space].into(),
            subscription: subscription.into(),
            function: function.into(),
            accepted_at: u64::MAX - u64::from(attempts),
            attempts,
            deliver_at: (space == 1).then_some(u64::MAX),
            ordering_key: key.map(Into::into),
            deduplication_key: None,
            arrival: domain::delivery::Arrival::default(),
            // Equal events come shared and by themselves.
            event: if place % 2 == 0 {
                Arc::clone(event)
            } else {
                Arc::new((**event).clone())
            },
        }
    };
    parts.into_iter().map(build).collect()
}

/// As a value of which a list can be sorted.
fn key(delivery: &Delivery) -> String {
    format!("{delivery:?}")
}

proptest! {
    #[test]
    fn what_is_packed_is_parsed(
        parts in prop::collection::vec(
            (0..6_usize, 0..3_usize, "\\PC{0,40}", "[a-z]{1,10}", prop::option::weighted(0.2, "\\PC{0,20}"), 0..3_u32),
            0..60,
        ),
        data in prop::collection::vec("[ -~é\u{1F600}]{0,300}", 1..6),
        limit in 500..3_000_usize,
    ) {
        let sent = deliveries(parts, &data);
        let outgoing: Vec<_> = sent
            .iter()
            .map(|delivery| Outgoing { delivery, due: delivery.deliver_at.unwrap_or_default() })
            .collect();
        let result = pack(&outgoing, NOW, limit);
        prop_assert_eq!(result.is_ok(), check(&sent, limit).is_ok());
        let alone = sent.iter().map(|delivery| {
            let PackedMessages { mut standard, mut ordered } = pack_due(std::slice::from_ref(delivery), usize::MAX).unwrap();
            standard.append(&mut ordered);
            let attempts = if delivery.attempts > 0 { r#","attempts":1"#.len() } else { 0 };
            standard[0].body.len() - attempts + ROOM
        });
        prop_assert_eq!(result.is_ok(), alone.max().unwrap_or_default() <= limit);
        if let Ok(messages) = result {
            let mut arrived = Vec::new();
            for message in messages.standard.iter().chain(&messages.ordered) {
                prop_assert!(message.body.len() <= limit);
                arrived.extend(parsed(message));
            }
            let parts = in_turn(messages.ordered);
            for batch in batches(messages.standard, limit).into_iter().chain(parts.into_iter().flat_map(|part| batches(part, limit))) {
                prop_assert!((1..=10).contains(&batch.len()));
                prop_assert!(batch.iter().map(|message| message.body.len()).sum::<usize>() <= limit);
            }
            let mut keys: Vec<_> = sent.iter().map(key).collect();
            let mut arrived: Vec<_> = arrived.iter().map(key).collect();
            keys.sort();
            arrived.sort();
            prop_assert_eq!(keys, arrived);
        }
    }
}

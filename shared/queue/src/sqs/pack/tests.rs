//! Which deliveries share a message, and that messages and requests keep their limits whatever comes.

use domain::event::{Envelope, EventStamp};
use domain::json::Json;
use proptest::prelude::*;

use super::super::message::parse_message;
use super::*;

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
        space: space.into(),
        subscription: subscription.into(),
        function: "f".into(),
        event: Arc::clone(event),
    }
}

/// Space and subscriptions of each message.
fn shown(messages: &[Message]) -> Vec<String> {
    let line = |message: &Message| {
        let deliveries = parse_message(&message.body).unwrap();
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
    let messages = pack(&deliveries, 10_000).unwrap();
    assert_eq!(shown(&messages), ["1 s adf", "2 s be", "1 t c", "1 s g"]);
    assert!(pack(&[], 10_000).unwrap().is_empty());
}

#[test]
fn subscribers_that_do_not_fit_go_into_further_messages() {
    let event = event("1", "x");
    let deliveries: Vec<_> = ["a", "b", "c"].map(|name| delivery(&event, "s", name)).into();
    let size = |deliveries| pack(deliveries, usize::MAX).unwrap()[0].body.len();
    let (one, two, three) = (size(&deliveries[..1]), size(&deliveries[..2]), size(&deliveries));
    for (limit, want) in [
        (three, &["1 s abc"][..]),
        (three - 1, &["1 s ab", "1 s c"]),
        (two, &["1 s ab", "1 s c"]),
        (two - 1, &["1 s a", "1 s b", "1 s c"]),
        (one, &["1 s a", "1 s b", "1 s c"]),
    ] {
        assert_eq!(shown(&pack(&deliveries, limit).unwrap()), want, "{limit}");
        check(&deliveries, limit).unwrap();
    }
    for result in [pack(&deliveries, one - 1).map(drop), check(&deliveries, one - 1)] {
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
    assert_eq!(pack(&deliveries, 1 << 20).unwrap().len(), 5_001);
    // Comparing each with each would take minutes.
    assert!(started.elapsed().as_secs() < 10);
}

#[test]
fn a_request_takes_ten_messages_that_fit() {
    let batch_sizes = |sizes: &[usize]| {
        let message = |size: &usize| Message {
            body: "x".repeat(*size),
            group_id: "s".into(),
        };
        let batches = batches(sizes.iter().map(message).collect(), 100);
        batches.iter().map(Vec::len).collect::<Vec<_>>()
    };
    assert_eq!(batch_sizes(&[]), [0; 0]);
    assert_eq!(batch_sizes(&[1; 25]), [10, 10, 5]);
    assert_eq!(batch_sizes(&[100, 100, 1]), [1, 1, 1]);
    assert_eq!(batch_sizes(&[50, 50, 1, 99, 2]), [2, 2, 1]);
}

type Parts = (usize, usize, String, String);

fn deliveries(parts: Vec<Parts>, data: &[String]) -> Vec<Delivery> {
    let events: Vec<_> = data
        .iter()
        .map(|data| event(&data.len().to_string(), data))
        .collect();
    let build = |(place, space, subscription, function): Parts| {
        let event = &events[place % events.len()];
        Delivery {
            space: ["default", "b b", "\u{FFFF}"][space].into(),
            subscription: subscription.into(),
            function: function.into(),
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
fn key(delivery: &Delivery) -> (String, String, String, Vec<u8>) {
    let Delivery {
        space,
        subscription,
        function,
        event,
    } = delivery;
    (
        space.to_string(),
        subscription.to_string(),
        function.to_string(),
        event.to_json(),
    )
}

proptest! {
    #[test]
    fn what_is_packed_is_parsed(
        parts in prop::collection::vec((0..6_usize, 0..3_usize, "\\PC{0,40}", "[a-z]{1,10}"), 0..60),
        data in prop::collection::vec("[ -~é\u{1F600}]{0,300}", 1..6),
        limit in 350..3_000_usize,
    ) {
        let sent = deliveries(parts, &data);
        let result = pack(&sent, limit);
        prop_assert_eq!(result.is_ok(), check(&sent, limit).is_ok());
        let alone = sent.iter().map(|delivery| pack(std::slice::from_ref(delivery), usize::MAX).unwrap()[0].body.len());
        prop_assert_eq!(result.is_ok(), alone.max().unwrap_or_default() <= limit);
        if let Ok(messages) = result {
            let mut parsed = Vec::new();
            for message in &messages {
                prop_assert!(message.body.len() <= limit);
                parsed.extend(parse_message(&message.body).unwrap());
            }
            for batch in batches(messages, limit) {
                prop_assert!((1..=10).contains(&batch.len()));
                prop_assert!(batch.iter().map(|message| message.body.len()).sum::<usize>() <= limit);
            }
            let mut keys: Vec<_> = sent.iter().map(key).collect();
            let mut parsed_keys: Vec<_> = parsed.iter().map(key).collect();
            keys.sort();
            parsed_keys.sort();
            prop_assert_eq!(keys, parsed_keys);
        }
    }
}

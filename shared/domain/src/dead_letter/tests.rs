//! What is kept of responses, and the JSON of dead letters.

use proptest::prelude::*;

use super::*;
use crate::hops::Hops;

const OLDEST: &str = r#"{"eventType":"user.created","cloudEventsVersion":"0.1","source":"/s","eventID":"1","data":{"n":1.50}}"#;
const NEWEST: &str = r#"{"specversion":"1.0","type":"t","source":"/s","id":"1","ext":5,"data":[1, 2]}"#;

#[test]
fn beginnings_of_responses() {
    let long = "x".repeat(MAX_RESPONSE_BYTES);
    for (body, want) in [
        (vec![], String::new()),
        (b"busy".to_vec(), "busy".to_owned()),
        (b"a\xffb".to_vec(), "a\u{fffd}b".to_owned()),
        (b"cut \xe2\x82".to_vec(), "cut \u{fffd}".to_owned()),
        (long.clone().into_bytes(), long.clone()),
        (format!("{long}y").into_bytes(), long.clone()),
        // The last character would not fit whole.
        (format!("{}€uro", &long[1..]).into_bytes(), long[1..].to_owned()),
        (
            format!("{}€uro", &long[3..]).into_bytes(),
            format!("{}€", &long[3..]),
        ),
        (
            format!("{}\u{1f600}!", &long[4..]).into_bytes(),
            format!("{}\u{1f600}", &long[4..]),
        ),
        (
            format!("{}\u{1f600}!", &long[3..]).into_bytes(),
            long[3..].to_owned(),
        ),
        (vec![0xff; 5000], "\u{fffd}".repeat(341)),
    ] {
        assert_eq!(
            LastResponse::new(Some(503), &body),
            LastResponse {
                status: Some(503),
                body: want
            }
        );
    }
}

#[test]
fn wire_form() {
    let start = r#"{"deliveryId":"d-1","space":"default","subscriptionId":"c3Vi","functionId":"f","reason":"#;
    let times = r#""acceptedAt":1795255200000,"deadAt":1795255260000"#;
    for text in [
        format!(
            r#"{start}"attemptsExhausted","error":"status 503","lastResponse":{{"status":503,"body":"busy"}},"attempts":185,{times},"orderingKey":"k","event":{OLDEST}}}"#
        ),
        format!(
            r#"{start}"permanentFailure","lastResponse":{{"body":"no"}},"attempts":1,{times},"event":{NEWEST}}}"#
        ),
        format!(r#"{start}"expired","attempts":0,{times},"event":{NEWEST}}}"#),
        format!(r#"{start}"subscriptionDeleted","attempts":0,{times},"event":{OLDEST}}}"#),
        format!(r#"{start}"functionNotFound","attempts":0,{times},"event":{OLDEST}}}"#),
        format!(r#"{start}"loop","attempts":1,{times},"arrival":{{"hops":17}},"event":{OLDEST}}}"#),
        format!(
            r#"{start}"authorizerFailed","attempts":0,{times},"arrival":{{"unauthorized":{{"method":"POST"}}}},"event":{OLDEST}}}"#
        ),
    ] {
        let dead_letter: DeadLetter = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&dead_letter).unwrap(), text);
    }
    let unknown = format!(r#"{start}"bored","attempts":0,{times},"event":{OLDEST}}}"#);
    assert!(serde_json::from_str::<DeadLetter>(&unknown).is_err());
}

fn a_reason() -> impl Strategy<Value = DeadLetterReason> {
    prop::sample::select(
        &[
            DeadLetterReason::PermanentFailure,
            DeadLetterReason::AttemptsExhausted,
            DeadLetterReason::Expired,
            DeadLetterReason::SubscriptionDeleted,
            DeadLetterReason::FunctionNotFound,
            DeadLetterReason::AuthorizerFailed,
            DeadLetterReason::Loop,
            DeadLetterReason::TransformFailed,
        ][..],
    )
}

fn a_text() -> impl Strategy<Value = Option<String>> {
    prop::option::of("\\PC{0,20}")
}

proptest! {
    #[test]
    fn responses_stay_within_their_bound(
        status in prop::option::of(any::<u16>()),
        body in prop::collection::vec(prop::sample::select(&b"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"[..]), 0..1500),
    ) {
        let kept = LastResponse::new(status, &body);
        prop_assert_eq!(kept.status, status);
        prop_assert!(kept.body.len() <= MAX_RESPONSE_BYTES);
        let whole = String::from_utf8_lossy(&body);
        prop_assert!(whole.starts_with(&kept.body));
        let next = whole[kept.body.len()..].chars().next().map_or(MAX_RESPONSE_BYTES, char::len_utf8);
        prop_assert!(kept.body.len() == whole.len() || kept.body.len() + next > MAX_RESPONSE_BYTES);
    }

    #[test]
    fn dead_letters_survive_their_json(
        ids in ["\\PC{1,20}", "\\PC{1,20}", "\\PC{1,20}", "\\PC{1,20}"],
        reason in a_reason(),
        error in a_text(),
        last_response in prop::option::of((prop::option::of(any::<u16>()), prop::collection::vec(any::<u8>(), 0..40))),
        attempts in any::<u32>(),
        accepted_at in any::<u64>(),
        dead_at in any::<u64>(),
        ordering_key in a_text(),
        hops in any::<u8>(),
        event in prop::sample::select(&[OLDEST, NEWEST][..]),
    ) {
        let [delivery, space, subscription, function] = ids;
        let dead_letter = DeadLetter {
            delivery_id: delivery.into(),
            space: space.into(),
            subscription_id: subscription.into(),
            function_id: function.into(),
            reason,
            error,
            last_response: last_response.map(|(status, body)| LastResponse::new(status, &body)),
            attempts,
            accepted_at,
            dead_at,
            ordering_key,
            arrival: Arrival::after(Hops::new(hops)),
            event: serde_json::from_str(event).unwrap(),
        };
        let text = serde_json::to_string(&dead_letter).unwrap();
        prop_assert!(text.contains(event));
        prop_assert_eq!(serde_json::from_str::<DeadLetter>(&text).unwrap(), dead_letter);
    }
}

#[test]
fn summaries_are_short_whatever_the_event_says() {
    let event = format!(
        r#"{{"specversion":"1.0","type":"{0}","source":"/s","id":"x{0}","data":1}}"#,
        "é".repeat(5000)
    );
    let text = format!(
        r#"{{"deliveryId":"d","space":"s","subscriptionId":"u","functionId":"f","reason":"expired","error":"{0}","attempts":2,"acceptedAt":1,"deadAt":2,"orderingKey":"{0}","event":{event}}}"#,
        "k".repeat(3000)
    );
    let letter: DeadLetter = serde_json::from_str(&text).unwrap();
    let summary = letter.summary(text.len());
    assert_eq!(summary.event_type, "é".repeat(512));
    assert_eq!(summary.event_id, format!("x{}", "é".repeat(511)));
    assert_eq!(
        (summary.attempts, summary.accepted_at, summary.dead_at),
        (2, 1, 2)
    );
    assert_eq!(summary.bytes, text.len() as u64);
    let json = serde_json::to_string(&summary).unwrap();
    assert!(json.len() < 6000, "{}", json.len());
    assert_eq!(serde_json::from_str::<DeadLetterSummary>(&json).unwrap(), summary);
}

#[test]
fn reasons_read_alike_everywhere() {
    for reason in [
        DeadLetterReason::PermanentFailure,
        DeadLetterReason::AttemptsExhausted,
        DeadLetterReason::Expired,
        DeadLetterReason::SubscriptionDeleted,
        DeadLetterReason::FunctionNotFound,
        DeadLetterReason::AuthorizerFailed,
        DeadLetterReason::Loop,
        DeadLetterReason::TransformFailed,
    ] {
        let json = serde_json::to_value(reason).unwrap();
        assert_eq!(json, reason.as_str());
    }
}

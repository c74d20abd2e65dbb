//! What is kept of events, and what goes first.

use super::*;

fn event(event_type: &str, data: &str) -> Event {
    let text = format!(r#"{{"specversion":"1.0","id":"1","source":"/s","type":"{event_type}"{data}}}"#);
    serde_json::from_str(&text).unwrap()
}

fn keep(recent: &RecentEvents, space: &str, event_type: &str, data: &str, at: u64) {
    recent.keep(&space.into(), &event(event_type, data), at);
}

fn kept(recent: &RecentEvents, space: &str, event_type: &str, now: u64) -> Vec<String> {
    let all = recent.of_type(&space.into(), &event_type.into(), now);
    all.iter().map(ToString::to_string).collect()
}

#[test]
fn data_is_kept_by_space_and_type_and_grows_old() {
    assert!(RecentEvents::new(0).is_none());
    let recent = RecentEvents::new(100_000).unwrap();
    keep(&recent, "one", "a", r#","data":{"x": 1.50}"#, 1_000);
    keep(&recent, "one", "a", "", 2_000);
    keep(&recent, "one", "a", r#","data_base64":"YQ==""#, 2_000);
    keep(&recent, "one", "b", r#","data":"b""#, 3_000);
    keep(&recent, "two", "a", r#","data":2"#, 3_000);
    assert_eq!(kept(&recent, "one", "a", 3_000), ["null", r#"{"x": 1.50}"#]);
    assert_eq!(kept(&recent, "one", "b", 3_000), [r#""b""#]);
    assert_eq!(kept(&recent, "two", "a", 3_000), ["2"]);
    assert!(kept(&recent, "two", "b", 3_000).is_empty() && kept(&recent, "three", "a", 3_000).is_empty());
    assert_eq!(kept(&recent, "one", "a", 1_001 + LONGEST_AGE_MS), ["null"]);
    assert!(!format!("{recent:?}").contains("1.50"));
}

#[test]
fn what_is_kept_is_bounded_and_the_oldest_goes_first() {
    let recent = RecentEvents::new(8_000).unwrap();
    let bytes = |space: &str| recent.lock().peek(space).map_or(0, |space| space.bytes);
    for at in 0..1_000 {
        keep(&recent, "one", "a", &format!(r#","data":{at}"#), at);
    }
    let all = kept(&recent, "one", "a", 1_000);
    assert!(
        all[0] == "999" && all.len() == (1_000 - BYTES_OF_TYPE - 1) / (BYTES_OF_EVENT + 3),
        "{all:?}"
    );
    // One that is larger than all of its type may be.
    keep(
        &recent,
        "one",
        "a",
        &format!(r#","data":"{}""#, "x".repeat(700)),
        1_000,
    );
    assert_eq!(kept(&recent, "one", "a", 1_000), all);
    for at in 0..50 {
        keep(&recent, "one", &format!("type{at}"), r#","data":1"#, 1_000);
        assert!(bytes("one") <= 8_000);
    }
    assert!(kept(&recent, "one", "a", 1_000).is_empty() && kept(&recent, "one", "type0", 1_000).is_empty());
    assert_eq!(kept(&recent, "one", "type49", 1_000), ["1"]);
    let counted: usize = recent
        .lock()
        .peek("one")
        .unwrap()
        .types
        .iter()
        .map(|(_, of_type)| of_type.bytes)
        .sum();
    assert_eq!(counted, bytes("one"));
    for at in 0..=MOST_SPACES {
        keep(&recent, &format!("s{at}"), "a", r#","data":1"#, 1_000);
    }
    assert_eq!(recent.lock().len(), MOST_SPACES);
    assert!(kept(&recent, "one", "type49", 1_000).is_empty() && !kept(&recent, "s64", "a", 1_000).is_empty());
}

#[test]
fn no_more_than_a_hundred_of_a_type() {
    let recent = RecentEvents::new(1_000_000).unwrap();
    for at in 0..150 {
        keep(&recent, "one", "a", r#","data":1"#, at);
    }
    assert_eq!(kept(&recent, "one", "a", 150).len(), MOST_OF_TYPE);
}

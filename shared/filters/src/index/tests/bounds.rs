//! How much is tried for an event.

use std::sync::Arc;

use crate::sample::{Sample, text};
use crate::{FilterIndex, FilterLimits, Filters};

#[test]
fn nothing_is_tried_where_it_would_be_too_much() {
    let mut index = FilterIndex::default();
    for number in 0..100 {
        let json = format!(r#"[{{"exact":{{"source":"/s"}}}},{{"not":{{"exact":{{"id":"{number}"}}}}}}]"#);
        let filters = Filters::compile(&json, &FilterLimits::default()).unwrap();
        index.insert(number, Arc::new(filters));
    }
    let search = |event: &Sample, max_bytes: usize| {
        let mut found = Vec::new();
        let is_tried = index.matches_within(event, (usize::MAX, max_bytes), &mut |key| found.push(*key));
        (is_tried, found.len())
    };
    let event = Sample::event().with("source", text("/s")).with("id", text("7"));
    assert_eq!(search(&event, usize::MAX), (true, 99));
    assert_eq!(search(&event, 100_000), (true, 99));
    assert_eq!(search(&event, 1_000), (false, 0));
    // Only what is found counts.
    let other = event.with("source", text("/other"));
    assert_eq!(search(&other, 1_000), (true, 0));
}

//! What is measured.

use std::sync::Arc;

use anyhow::{Result, ensure};
use filters::FilterIndex;

use crate::{
    event::Event,
    measure::{bytes, figure, micros, once_millis},
    samples::{compile, index, mixed, passed},
};

/// A scenario prints its figures under its name.
type Scenario = fn(&str) -> Result<()>;

/// All by their names.
pub fn all() -> Vec<(&'static str, Scenario)> {
    vec![
        ("mixed-1k", |name| lookups(name, 1_000)),
        ("mixed-10k", |name| lookups(name, 10_000)),
        ("mixed-100k", |name| lookups(name, 100_000)),
        ("change-100k", changes),
        ("compile-10k", compilation),
        ("wildcards-1k", wildcards),
        ("same-10k", same),
        ("anything-but-1k", anything_but),
        ("large-events", large_events),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "figures")]
fn lookups(name: &str, count: usize) -> Result<()> {
    let (compiled, of_filters) = bytes(|| (0..count).map(|number| compile(&mixed(number))).collect::<Result<Vec<_>>>());
    let compiled = compiled?;
    let (index, of_index) = bytes(|| {
        let mut index = FilterIndex::default();
        for (number, filters) in compiled.iter().enumerate() {
            index.insert(number, Arc::clone(filters));
        }
        index
    });
    // Each event is of another number: what is found is not in the nearest cache.
    let events: Vec<Event> = (0..64).map(|part| Event::of_order(part * (count / 64) / 5 * 5 + part % 5)).collect();
    for event in &events {
        ensure!(passed(&index, event) > 0, "an event found nothing");
    }
    figure(name, "event", events[0].len() as f64, "bytes");
    let stranger = Event::of_order(count + 7);
    ensure!(passed(&index, &stranger) == 0, "a stranger found something");
    let mut turn = 0;
    figure(name, "lookup, one passes", micros(|| {
        turn += 1;
        passed(&index, &events[turn % events.len()])
    }), "µs");
    figure(name, "lookup, none passes", micros(|| passed(&index, &stranger)), "µs");
    figure(name, "index, of a filter", of_index as f64 / count as f64, "bytes");
    figure(name, "filters themselves, of a filter", of_filters as f64 / count as f64, "bytes");
    Ok(())
}

fn changes(name: &str) -> Result<()> {
    let count = 100_000;
    let mut index = index(count, mixed)?;
    let other = compile(&mixed(count + 2))?;
    figure(name, "replace one, nobody reads", micros(|| index.insert(4_711, Arc::clone(&other))), "µs");
    let mut number = 0;
    let mut before = index.clone();
    figure(name, "replace one of a copy", micros(|| {
        number = (number + 7_919) % count;
        index.insert(number, Arc::clone(&other));
        before = index.clone();
    }), "µs");
    figure(name, "copy", micros(|| before.clone()), "µs");
    Ok(())
}

fn compilation(name: &str) -> Result<()> {
    let texts: Vec<String> = (0..10_000).map(mixed).collect();
    let compiled: Vec<_> = texts.iter().map(|text| compile(text)).collect::<Result<_>>()?;
    figure(name, "compile", once_millis(|| texts.iter().map(|text| compile(text)).filter(Result::is_ok).count()), "ms");
    figure(name, "index", once_millis(|| {
        let mut index = FilterIndex::default();
        for (number, filters) in compiled.iter().enumerate() {
            index.insert(number, Arc::clone(filters));
        }
        index
    }), "ms");
    Ok(())
}

fn wildcards(name: &str) -> Result<()> {
    let index = index(1_000, |number| {
        format!(r#"[{{"pattern":{{"subject":[{{"wildcard":"*w{number}*o*r*d*x{}y*"}}]}}}}]"#, number * 7)
    })?;
    let words: Vec<String> = (0..40).map(|word| format!("w{}ordx{}y", word * 3, word * 21)).collect();
    let long = Event::of_order(1).with_subject(words.join("/"));
    figure(name, "subject of 8 words, 100 bytes", events_a_second(&index, &Event::of_order(1).with_subject(words[..8].join("/"))), "events/s");
    figure(name, "subject of 40 words", events_a_second(&index, &long), "events/s");
    let letters = Event::of_order(1).with_subject("w1ordx7".repeat(30));
    figure(name, "subject that nearly matches", events_a_second(&index, &letters), "events/s");
    let same = crate::samples::index(1_000, |number| {
        format!(r#"[{{"pattern":{{"subject":[{{"wildcard":"*abc*d*{number}"}}]}}}}]"#)
    })?;
    figure(name, "one literal for all", events_a_second(&same, &Event::of_order(1).with_subject("xxabcxxdxx".repeat(4))), "events/s");
    Ok(())
}

fn events_a_second(index: &FilterIndex<usize>, event: &Event) -> f64 {
    1e6 / micros(|| passed(index, event))
}

fn same(name: &str) -> Result<()> {
    let index = index(10_000, |number| format!(r#"[{{"exact":{{"type":"com.example.order.kind1"}}}},{{"not":{{"exact":{{"subject":"x{number}"}}}}}}]"#))?;
    let event = Event::of_order(1);
    ensure!(passed(&index, &event) == 10_000, "an event found too few");
    figure(name, "lookup, all pass", micros(|| passed(&index, &event)), "µs");
    figure(name, "lookup, none passes", micros(|| passed(&index, &Event::of_order(2))), "µs");
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "figures")]
fn anything_but(name: &str) -> Result<()> {
    let index = index(1_000, |number| format!(r#"[{{"not":{{"exact":{{"subject":"x{number}"}}}}}}]"#))?;
    figure(name, "tried for every event", index.unindexed() as f64, "filters");
    figure(name, "lookup, all pass", micros(|| passed(&index, &Event::of_order(1))), "µs");
    Ok(())
}

fn large_events(name: &str) -> Result<()> {
    let index = index(1_000, |number| match number % 4 {
        0 => format!(r#"[{{"pattern":{{"data":{{"list":["v{number}"]}}}}}}]"#),
        1 => format!(r#"[{{"pattern":{{"data":{{"text":[{{"prefix":"{}"}}]}}}}}}]"#, "p".repeat(number)),
        2 => format!(r#"[{{"pattern":{{"data":{{"text":[{{"wildcard":"*needle{number}*"}}]}}}}}}]"#),
        _ => format!(r#"[{{"pattern":{{"data":{{"text":[{{"suffix":"{}"}}]}}}}}}]"#, "s".repeat(number)),
    })?;
    for thousands in [50, 100] {
        let list: Vec<String> = (0..thousands * 1_000).map(|value| format!("\"w{value}\"")).collect();
        let event = Event::of_order(1).with_data(format!(r#"{{"list":[{}]}}"#, list.join(",")));
        figure(name, &format!("array of {thousands},000"), micros(|| passed(&index, &event)) / 1e3, "ms");
        let keys: Vec<String> = (0..thousands * 10_000).map(|key| format!("\"k{key}\":1")).collect();
        let event = Event::of_order(1).with_data(format!("{{{}}}", keys.join(",")));
        figure(name, &format!("{}0,000 keys", thousands), micros(|| passed(&index, &event)) / 1e3, "ms");
        let event = Event::of_order(1).with_data(format!(r#"{{"text":"q{}"}}"#, "needle words".repeat(thousands * 880)));
        figure(name, &format!("text of {} bytes", event.len()), micros(|| passed(&index, &event)) / 1e3, "ms");
    }
    Ok(())
}

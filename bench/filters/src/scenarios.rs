//! What is measured.

use std::sync::Arc;

use anyhow::{Result, ensure};
use filters::FilterIndex;

use crate::{
    event::Event,
    hostile,
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
        ("wildcards-1k", hostile::wildcards),
        ("same-10k", hostile::same),
        ("anything-but-1k", hostile::anything_but),
        ("large-events", hostile::large_events),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "figures")]
fn lookups(name: &str, count: usize) -> Result<()> {
    let (compiled, of_filters) = bytes(|| {
        (0..count)
            .map(|number| compile(&mixed(number)))
            .collect::<Result<Vec<_>>>()
    });
    let compiled = compiled?;
    let (index, of_index) = bytes(|| {
        let mut index = FilterIndex::default();
        for (number, filters) in compiled.iter().enumerate() {
            index.insert(number, Arc::clone(filters));
        }
        index
    });
    // Each event is of another number: what is found is not in the nearest cache.
    let events: Vec<Event> = (0..64)
        .map(|part| Event::of_order(part * (count / 64) / 5 * 5 + part % 5))
        .collect();
    for event in &events {
        ensure!(passed(&index, event) > 0, "an event found nothing");
    }
    figure(name, "event", events[0].len() as f64, "bytes");
    let stranger = Event::of_order(count + 7);
    let mut found = Vec::new();
    index.matches(&stranger, &mut |key| found.push(*key));
    ensure!(found.is_empty(), "a stranger found {found:?}");
    let mut turn = 0;
    figure(
        name,
        "lookup, one passes",
        micros(|| {
            turn += 1;
            passed(&index, &events[turn % events.len()])
        })?,
        "µs",
    );
    figure(
        name,
        "lookup, none passes",
        micros(|| passed(&index, &stranger))?,
        "µs",
    );
    for (what, bytes) in [("index", of_index), ("filters themselves", of_filters)] {
        if let Some(bytes) = bytes {
            figure(
                name,
                &format!("{what}, of a filter"),
                bytes as f64 / count as f64,
                "bytes",
            );
        }
    }
    Ok(())
}

fn changes(name: &str) -> Result<()> {
    let count = 100_000;
    let mut index = index(count, mixed)?;
    let other = compile(&mixed(count + 2))?;
    figure(
        name,
        "replace one, nobody reads",
        micros(|| index.insert(4_711, Arc::clone(&other)))?,
        "µs",
    );
    let mut number = 0;
    let mut before = index.clone();
    figure(
        name,
        "replace one of a copy",
        micros(|| {
            number = (number + 7_919) % count;
            index.insert(number, Arc::clone(&other));
            before = index.clone();
        })?,
        "µs",
    );
    figure(name, "copy", micros(|| before.clone())?, "µs");
    Ok(())
}

fn compilation(name: &str) -> Result<()> {
    let texts: Vec<String> = (0..10_000).map(mixed).collect();
    let compiled: Vec<_> = texts.iter().map(|text| compile(text)).collect::<Result<_>>()?;
    figure(
        name,
        "compile",
        once_millis(|| texts.iter().map(|text| compile(text)).flatten().count())?,
        "ms",
    );
    figure(
        name,
        "index",
        once_millis(|| {
            let mut index = FilterIndex::default();
            for (number, filters) in compiled.iter().enumerate() {
                index.insert(number, Arc::clone(filters));
            }
            index
        })?,
        "ms",
    );
    Ok(())
}

//! What a stranger may ask for: many of a kind that is hard to find, and large events.

use anyhow::{Result, ensure};
use filters::FilterIndex;

use crate::{
    event::Event,
    measure::{figure, micros},
    samples::{index, passed},
};

/// A thousand wildcards on one field.
pub fn wildcards(name: &str) -> Result<()> {
    let filters = index(1_000, |number| {
        format!(
            r#"[{{"pattern":{{"subject":[{{"wildcard":"*w{number}*o*r*d*x{}y*"}}]}}}}]"#,
            number * 7
        )
    })?;
    let words: Vec<String> = (0..40)
        .map(|word| format!("w{}ordx{}y", word * 3, word * 21))
        .collect();
    let long = Event::of_order(1).with_subject(words.join("/"));
    figure(
        name,
        "subject of 8 words, 100 bytes",
        events_a_second(&filters, &Event::of_order(1).with_subject(words[..8].join("/")))?,
        "events/s",
    );
    figure(
        name,
        "subject of 40 words",
        events_a_second(&filters, &long)?,
        "events/s",
    );
    let letters = Event::of_order(1).with_subject("w1ordx7".repeat(30));
    figure(
        name,
        "subject that nearly matches",
        events_a_second(&filters, &letters)?,
        "events/s",
    );
    let same = index(1_000, |number| {
        format!(r#"[{{"pattern":{{"subject":[{{"wildcard":"*abc*d*{number}"}}]}}}}]"#)
    })?;
    figure(
        name,
        "one literal for all",
        events_a_second(&same, &Event::of_order(1).with_subject("xxabcxxdxx".repeat(4)))?,
        "events/s",
    );
    Ok(())
}

fn events_a_second(index: &FilterIndex<usize>, event: &Event) -> Result<f64> {
    Ok(1e6 / micros(|| passed(index, event))?)
}

/// Ten thousand filters that ask for the same.
pub fn same(name: &str) -> Result<()> {
    let filters = index(10_000, |number| {
        format!(
            r#"[{{"exact":{{"type":"com.example.order.kind1"}}}},{{"not":{{"exact":{{"subject":"x{number}"}}}}}}]"#
        )
    })?;
    let event = Event::of_order(1);
    ensure!(passed(&filters, &event) == 10_000, "an event found too few");
    figure(
        name,
        "lookup, all pass",
        micros(|| passed(&filters, &event))?,
        "µs",
    );
    let other = Event::of_order(2);
    figure(
        name,
        "lookup, none passes",
        micros(|| passed(&filters, &other))?,
        "µs",
    );
    Ok(())
}

/// A thousand filters that say only what they do not want.
#[expect(clippy::cast_precision_loss, reason = "figures")]
pub fn anything_but(name: &str) -> Result<()> {
    let filters = index(1_000, |number| {
        format!(r#"[{{"not":{{"exact":{{"subject":"x{number}"}}}}}}]"#)
    })?;
    let event = Event::of_order(1);
    figure(
        name,
        "tried for every event",
        filters.unindexed() as f64,
        "filters",
    );
    figure(
        name,
        "lookup, all pass",
        micros(|| passed(&filters, &event))?,
        "µs",
    );
    Ok(())
}

/// Events of which one is twice as large as the other.
pub fn large_events(name: &str) -> Result<()> {
    let filters = index(1_000, |number| match number % 4 {
        0 => format!(r#"[{{"pattern":{{"data":{{"list":["v{number}"]}}}}}}]"#),
        1 => format!(
            r#"[{{"pattern":{{"data":{{"text":[{{"prefix":"{}"}}]}}}}}}]"#,
            "p".repeat(number)
        ),
        2 => format!(r#"[{{"pattern":{{"data":{{"text":[{{"wildcard":"*needle{number}*"}}]}}}}}}]"#),
        _ => format!(
            r#"[{{"pattern":{{"data":{{"text":[{{"suffix":"{}"}}]}}}}}}]"#,
            "s".repeat(number)
        ),
    })?;
    for thousands in [50, 100] {
        let list: Vec<String> = (0..thousands * 1_000)
            .map(|value| format!("\"w{value}\""))
            .collect();
        let event = Event::of_order(1).with_data(format!(r#"{{"list":[{}]}}"#, list.join(",")));
        figure(
            name,
            &format!("array of {thousands},000"),
            micros(|| passed(&filters, &event))? / 1e3,
            "ms",
        );
        let keys: Vec<String> = (0..thousands * 10_000)
            .map(|key| format!("\"k{key}\":1"))
            .collect();
        let event = Event::of_order(1).with_data(format!("{{{}}}", keys.join(",")));
        figure(
            name,
            &format!("{thousands}0,000 keys"),
            micros(|| passed(&filters, &event))? / 1e3,
            "ms",
        );
        let event = Event::of_order(1).with_data(format!(
            r#"{{"text":"q{}"}}"#,
            "needle words".repeat(thousands * 880)
        ));
        figure(
            name,
            &format!("text of {} bytes", event.len()),
            micros(|| passed(&filters, &event))? / 1e3,
            "ms",
        );
    }
    Ok(())
}

//! `eg tail`: follows the deliveries of a space.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;

use crate::commands::deliveries::{Selection, row};
use crate::console::visible;
use crate::failure::Failure;
use crate::json_text::seen;
use crate::kind::text_of;
use crate::output::{Format, write_value};
use crate::session::Session;

/// How many attempts are asked for at a time. Of more than these between two questions the oldest are missed.
const PAGE: u16 = 1000;

/// Follow the attempts to deliver events, as they happen
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  eg tail
  eg tail --subscription YXN5bmMsdXNlci5jcmVhdGVkLHdlbGNvbWUsJTJGLFBPU1Q -o json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// Milliseconds between two questions to the gateway.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 1000,
          value_parser = clap::value_parser!(u64).range(100..=60_000))]
    interval: u64,
    /// End after so many attempts.
    #[arg(long, value_name = "NUMBER")]
    count: Option<usize>,
    /// End after so many seconds.
    #[arg(long = "for", value_name = "SECONDS")]
    seconds: Option<u32>,
    /// Begin with the attempts that there are, and not with the next one.
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(arguments: &Arguments, session: &mut Session<'_>) -> Result<(), Failure> {
    let path = arguments.selection.path(PAGE, session);
    let mut seen = Seen::default();
    let mut left = arguments.count.unwrap_or(usize::MAX);
    let mut is_shown = arguments.all;
    let begin = Instant::now();
    let is_over = || {
        arguments
            .seconds
            .is_some_and(|most| begin.elapsed() >= Duration::from_secs(most.into()))
    };
    while left > 0 {
        let (items, _) = session.page(&path, "deliveries")?;
        // The newest come first.
        for item in items.iter().rev() {
            let attempt: Value = session.read(&path, item.get())?;
            if seen.is_new(&attempt) && is_shown && left > 0 {
                show(&attempt, item.get(), session)?;
                left -= 1;
            }
        }
        session.console.flush()?;
        is_shown = true;
        if is_over() {
            break;
        }
        if left > 0 {
            std::thread::sleep(Duration::from_millis(arguments.interval));
        }
    }
    Ok(())
}

fn show(attempt: &Value, json: &str, session: &mut Session<'_>) -> Result<(), Failure> {
    match session.format {
        Format::Table => {
            let cells = row(attempt);
            let cells = cells
                .iter()
                .filter(|cell| !cell.is_empty())
                .map(|cell| visible(cell));
            session.console.line(cells.collect::<Vec<_>>().join("  "))
        }
        Format::Json => session.console.line(seen(json)),
        Format::Yaml => {
            session.console.line("---")?;
            write_value(session.console, Format::Yaml, json)
        }
    }
}

/// Attempts that were seen, as many as two answers can hold.
#[derive(Debug, Default)]
struct Seen {
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl Seen {
    fn is_new(&mut self, attempt: &Value) -> bool {
        let id = ["deliveryId", "attempt", "at"]
            .map(|name| text_of(&attempt[name]))
            .join(" ");
        if !self.ids.insert(id.clone()) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > 2 * usize::from(PAGE)
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attempts_are_shown_once_and_forgotten_in_time() {
        let mut seen = Seen::default();
        let attempt = |number: u32| json!({"deliveryId": "d", "attempt": number, "at": 1});
        assert!(seen.is_new(&attempt(1)));
        assert!(!seen.is_new(&attempt(1)));
        for number in 2..5000 {
            assert!(seen.is_new(&attempt(number)));
        }
        assert_eq!(seen.ids.len(), 2 * usize::from(PAGE));
        assert!(!seen.is_new(&attempt(4999)));
    }
}

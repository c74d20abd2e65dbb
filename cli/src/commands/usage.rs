//! `eg usage`: what a space used, by the hour or the day.

use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::api::query;
use crate::failure::Failure;
use crate::kind::text_of;
use crate::output::{Format, write_value};
use crate::session::Session;
use crate::table::Table;

/// Members of the answer and what the columns of people are called.
const COLUMNS: [(&str, &str); 7] = [
    ("start", "START"),
    ("events", "EVENTS"),
    ("bytes", "BYTES"),
    ("calls", "CALLS"),
    ("deliveries", "DELIVERIES"),
    ("attempts", "ATTEMPTS"),
    ("deadLetters", "DEAD LETTERS"),
];

/// Show what the space used, by the hour or the day, in UTC
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  eg usage\n  eg usage --by hour --from 2026-11-29T12:00:00Z\n  eg usage --from 2026-11-01 --to 2026-12-01 --csv > november.csv"
)]
pub(crate) struct Arguments {
    /// Length of a period.
    #[arg(long, value_enum, default_value_t)]
    by: Granularity,
    /// A time (RFC 3339) or date in the first period [default: a day, or 30 days, before the last].
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// The end [default: now].
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Write comma-separated values.
    #[arg(long)]
    csv: bool,
}

/// Length of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Granularity {
    /// An hour.
    Hour,
    /// A day.
    #[default]
    Day,
}

pub(crate) fn run(arguments: &Arguments, session: &mut Session<'_>) -> Result<(), Failure> {
    let granularity = match arguments.by {
        Granularity::Hour => "hour",
        Granularity::Day => "day",
    };
    let parameters = [
        ("granularity", Some(granularity)),
        ("from", arguments.from.as_deref()),
        ("to", arguments.to.as_deref()),
    ];
    let path = session.api.in_space(&format!("usage{}", query(&parameters)));
    let text = session.get(&path)?;
    if session.format != Format::Table && !arguments.csv {
        return write_value(session.console, session.format, &text);
    }
    let report: Value = session.read(&path, &text)?;
    let periods = report["usage"].as_array().map_or(&[][..], Vec::as_slice);
    let row = |counts: &Value| COLUMNS.map(|(member, _)| text_of(&counts[member]));
    if arguments.csv {
        let lines = periods.iter().map(|period| row(period).join(","));
        let head = COLUMNS.map(|(member, _)| member).join(",");
        return std::iter::once(head)
            .chain(lines)
            .try_for_each(|line| session.console.line(line));
    }
    if periods.is_empty() {
        session.console.note("nothing was used");
        return Ok(());
    }
    let mut table = Table::new(&COLUMNS.map(|(_, heading)| heading));
    for period in periods {
        table.row(row(period));
    }
    let mut total = row(&report["total"]);
    total[0].push_str("total");
    table.row(total);
    session.console.line(table)
}

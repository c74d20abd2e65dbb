//! `eg quotas`: what a space may have and do, and how much of it is left.

use clap::Args;
use serde_json::Value;

use crate::failure::Failure;
use crate::kind::text_of;
use crate::output::{Format, write_value};
use crate::session::Session;
use crate::table::Table;

/// Show what the space may have and do, and how much of that is left
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  eg quotas\n  eg quotas -o json")]
pub(crate) struct Arguments {}

pub(crate) fn run(session: &mut Session<'_>) -> Result<(), Failure> {
    let path = session.api.in_space("quotas");
    let text = session.get(&path)?;
    if session.format != Format::Table {
        return write_value(session.console, session.format, &text);
    }
    let list: Value = session.read(&path, &text)?;
    let mut table = Table::new(&["QUOTA", "LIMIT", "BURST", "USED", "LEFT", "PLAN"]);
    for quota in list["quotas"].as_array().map_or(&[][..], Vec::as_slice) {
        let text = |name: &str| text_of(&quota[name]);
        let limit = match quota["windowSeconds"].as_u64() {
            Some(1) => format!("{}/s", text("limit")),
            Some(seconds) => format!("{}/{seconds}s", text("limit")),
            None => text("limit"),
        };
        table.row([
            text("quota"),
            limit,
            text("burst"),
            text("used"),
            text("remaining"),
            text("plan"),
        ]);
    }
    session.console.line(table)
}

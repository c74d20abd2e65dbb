//! `eg waiting`: deliveries that wait in the embedded queue.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::Value;

use crate::api::query;
use crate::failure::Failure;
use crate::kind::text_of;
use crate::output::{Format, time, write_list};
use crate::session::Session;
use crate::table::Table;

/// Show deliveries that wait, or cancel them
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what waits: for its time, for a worker, or for an event before it
    #[command(after_help = "Examples:\n  eg waiting list --function welcome")]
    List {
        #[command(flatten)]
        selection: Selection,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Cancel deliveries; nothing of them is kept
    #[command(after_help = "Examples:\n  eg waiting cancel --event-id 42\n  eg waiting cancel --all")]
    Cancel {
        #[command(flatten)]
        selection: Selection,
        /// All of the space.
        #[arg(long, conflicts_with_all = ["event_id", "function", "subscription"])]
        all: bool,
    },
}

/// Which deliveries are meant.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Only those of this event.
    #[arg(long, value_name = "ID")]
    event_id: Option<String>,
    /// Only those to this function.
    #[arg(long, value_name = "ID")]
    function: Option<String>,
    /// Only those for this subscription.
    #[arg(long, value_name = "ID")]
    subscription: Option<String>,
}

impl Selection {
    fn parameters(&self) -> [(&'static str, Option<&str>); 3] {
        [
            ("eventId", self.event_id.as_deref()),
            ("functionId", self.function.as_deref()),
            ("subscriptionId", self.subscription.as_deref()),
        ]
    }
}

pub(crate) fn run(command: &Command, session: &mut Session<'_>) -> Result<(), Failure> {
    match command {
        Command::List { selection, limit } => list(selection, *limit, session),
        Command::Cancel { selection, all } => cancel(selection, *all, session),
    }
}

fn list(selection: &Selection, limit: usize, session: &mut Session<'_>) -> Result<(), Failure> {
    let page = limit.clamp(1, 1000).to_string();
    let parameters = [&selection.parameters()[..], &[("limit", Some(page.as_str()))]].concat();
    let path = session
        .api
        .in_space(&format!("deliveries/waiting{}", query(&parameters)));
    let items = session.list(&path, "deliveries", limit)?;
    if session.format != Format::Table {
        return write_list(session.console, session.format, &items);
    }
    if items.is_empty() {
        session.console.note("nothing waits");
        return Ok(());
    }
    let mut table = Table::new(&[
        "DELIVERY", "EVENT", "TYPE", "FUNCTION", "ACCEPTED", "DUE", "ATTEMPTS", "KEY",
    ]);
    for item in &items {
        let delivery: Value = session.read(&path, item.get())?;
        let text = |name: &str| text_of(&delivery[name]);
        table.row([
            text("deliveryId"),
            text("eventId"),
            text("eventType"),
            text("functionId"),
            time(delivery["acceptedAt"].as_i64()),
            time(delivery["dueAt"].as_i64()),
            text("attempts"),
            text("orderingKey"),
        ]);
    }
    session.console.line(table)
}

fn cancel(selection: &Selection, all: bool, session: &mut Session<'_>) -> Result<(), Failure> {
    let parameters = selection.parameters();
    if !all && parameters.iter().all(|(_, value)| value.is_none()) {
        let message = "say what is cancelled: --event-id, --function, --subscription, or --all";
        return Err(Failure::Usage(message.to_owned()));
    }
    let parameters = [&parameters[..], &[("all", all.then_some("true"))]].concat();
    let path = session
        .api
        .in_space(&format!("deliveries/waiting{}", query(&parameters)));
    let text = session.ask(Method::DELETE, &path, None)?.text();
    let answer: Value = session.read(&path, &text)?;
    session.done(&format!("{} cancelled", text_of(&answer["cancelled"])), &text)
}

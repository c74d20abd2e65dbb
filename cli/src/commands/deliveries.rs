//! `eg deliveries`: what was attempted.

use clap::Args;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::api::query;
use crate::failure::Failure;
use crate::kind::text_of;
use crate::output::{Format, time, write_list};
use crate::session::Session;
use crate::table::Table;

/// Show the attempts to deliver events of async subscriptions, the newest first
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  eg deliveries --event-id 42
  eg deliveries --subscription YXN5bmMsdXNlci5jcmVhdGVkLHdlbGNvbWUsJTJGLFBPU1Q --limit 20 -o json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// At most so many.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
}

/// Which attempts are meant.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Only those for this event.
    #[arg(long, value_name = "ID")]
    event_id: Option<String>,
    /// Only those of this delivery.
    #[arg(long, value_name = "ID")]
    delivery_id: Option<String>,
    /// Only those of this subscription.
    #[arg(long, value_name = "ID")]
    subscription: Option<String>,
}

impl Selection {
    /// The path of the newest of them.
    pub(crate) fn path(&self, limit: u16, session: &Session<'_>) -> String {
        let parameters = [
            ("eventId", self.event_id.as_deref()),
            ("deliveryId", self.delivery_id.as_deref()),
            ("subscriptionId", self.subscription.as_deref()),
            ("limit", Some(&*limit.to_string())),
        ];
        session.api.in_space(&format!("deliveries{}", query(&parameters)))
    }
}

pub(crate) fn run(arguments: &Arguments, session: &mut Session<'_>) -> Result<(), Failure> {
    let path = arguments.selection.path(arguments.limit, session);
    let (items, _) = session.page(&path, "deliveries")?;
    if session.format != Format::Table {
        return write_list(session.console, session.format, &items);
    }
    if items.is_empty() {
        session.console.note("there is no delivery");
        return Ok(());
    }
    let table = table(&items, session)?;
    session.console.line(table)
}

/// Attempts as rows.
pub(crate) fn table(items: &[Box<RawValue>], session: &Session<'_>) -> Result<Table, Failure> {
    let mut table = Table::new(&HEADINGS);
    for item in items {
        table.row(row(&session.read("deliveries", item.get())?));
    }
    Ok(table)
}

const HEADINGS: [&str; 8] = [
    "AT", "EVENT", "TYPE", "FUNCTION", "ATTEMPT", "OUTCOME", "STATUS", "ERROR",
];

/// An attempt as cells.
pub(crate) fn row(attempt: &Value) -> [String; 8] {
    let text = |name: &str| text_of(&attempt[name]);
    [
        time(attempt["at"].as_i64()),
        text("eventId"),
        text("eventType"),
        text("functionId"),
        text("attempt"),
        text("outcome"),
        text("status"),
        text("error"),
    ]
}

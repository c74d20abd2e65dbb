//! `eg describe`: a resource and what is about it.

use clap::Args;
use http::StatusCode;
use serde_json::Value;

use crate::api::query;
use crate::commands::deliveries;
use crate::commands::get::item_path;
use crate::failure::Failure;
use crate::kind::Kind;
use crate::output::{Format, to_yaml, write_value};
use crate::session::Session;
use crate::table::Table;

/// Show a resource whole, with what refers to it and, of a subscription, its last deliveries
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  eg describe function welcome
  eg describe subscription YXN5bmMsdXNlci5jcmVhdGVkLHdlbGNvbWUsJTJGLFBPU1Q")]
pub(crate) struct Arguments {
    /// Kind of the resource.
    kind: Kind,
    /// Its id.
    id: String,
}

pub(crate) fn run(arguments: &Arguments, session: &mut Session<'_>) -> Result<(), Failure> {
    let Arguments { kind, id } = arguments;
    let path = item_path(*kind, id, session);
    let json = session.get(&path)?;
    if session.format != Format::Table {
        return write_value(session.console, session.format, &json);
    }
    session.console.write(to_yaml(&json)?)?;
    match kind {
        Kind::Function => {
            listed(Kind::Subscription, session, |item| uses_function(item, id))?;
            listed(Kind::EventType, session, |item| item["authorizerId"] == **id)
        }
        Kind::EventType => listed(Kind::Subscription, session, |item| item["eventType"] == **id),
        Kind::Subscription => last_deliveries(id, session),
        Kind::Cors | Kind::Space => Ok(()),
    }
}

fn uses_function(subscription: &Value, id: &str) -> bool {
    subscription["functionId"] == *id || subscription["authorizerId"] == *id
}

/// Those of a kind that are meant, if there are any.
fn listed(kind: Kind, session: &mut Session<'_>, is_meant: impl Fn(&Value) -> bool) -> Result<(), Failure> {
    let path = session.api.in_space(kind.segment());
    let mut table = Table::new(kind.headings());
    let mut found = false;
    for item in session.list(&path, kind.member(), usize::MAX)? {
        let resource: Value = session.read(&path, item.get())?;
        if is_meant(&resource) {
            found = true;
            table.row(kind.row(&resource));
        }
    }
    if found {
        session.console.line(format_args!("\nused by:\n{table}"))
    } else {
        Ok(())
    }
}

fn last_deliveries(id: &str, session: &mut Session<'_>) -> Result<(), Failure> {
    let parameters = [("subscriptionId", Some(id)), ("limit", Some("5"))];
    let path = session.api.in_space(&format!("deliveries{}", query(&parameters)));
    let items = match session.list(&path, "deliveries", 5) {
        // On AWS they are in the logs.
        Err(failure) if failure.is_status(StatusCode::NOT_IMPLEMENTED) => return Ok(()),
        items => items?,
    };
    if items.is_empty() {
        return Ok(());
    }
    let table = deliveries::table(&items, session)?;
    session.console.line(format_args!("\nlast deliveries:\n{table}"))
}

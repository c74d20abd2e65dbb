//! `eg get`: resources as a list or one by one.

use clap::Args;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::api::{query, segment};
use crate::commands::labels::pair;
use crate::failure::Failure;
use crate::kind::Kind;
use crate::output::{Format, write_list, write_value};
use crate::session::Session;
use crate::table::Table;

/// Show resources: all of a kind, or those with these ids
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  eg get functions
  eg get subscriptions --label team=accounts -o json
  eg get function welcome -o yaml
  eg get spaces")]
pub(crate) struct Arguments {
    /// Kind of the resources.
    kind: Kind,
    /// Their ids.
    ids: Vec<String>,
    /// Only those with this label; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, conflicts_with = "ids")]
    label: Vec<(String, String)>,
}

pub(crate) fn run(arguments: &Arguments, session: &mut Session<'_>) -> Result<(), Failure> {
    let kind = arguments.kind;
    let items = if arguments.ids.is_empty() {
        let path = list_path(kind, &arguments.label, session)?;
        session.list(&path, kind.member(), usize::MAX)?
    } else {
        let mut items = Vec::new();
        for id in &arguments.ids {
            let path = item_path(kind, id, session);
            let text = session.get(&path)?;
            items.push(session.read(&path, &text)?);
        }
        items
    };
    match (session.format, arguments.ids.as_slice(), items.as_slice()) {
        (Format::Table, ..) => show(kind, &items, session),
        (format, [_], [item]) => write_value(session.console, format, item.get()),
        (format, ..) => write_list(session.console, format, &items),
    }
}

fn show(kind: Kind, items: &[Box<RawValue>], session: &mut Session<'_>) -> Result<(), Failure> {
    if items.is_empty() {
        session.console.note(format_args!("there is no {}", kind.noun()));
        return Ok(());
    }
    let mut table = Table::new(kind.headings());
    for item in items {
        let resource: Value = session.read(kind.segment(), item.get())?;
        table.row(kind.row(&resource));
    }
    session.console.line(table)
}

fn list_path(kind: Kind, labels: &[(String, String)], session: &Session<'_>) -> Result<String, Failure> {
    let labels: Vec<_> = labels
        .iter()
        .map(|(name, value)| (format!("metadata.{}", segment(name)), value))
        .collect();
    let parameters: Vec<_> = labels
        .iter()
        .map(|(name, value)| (name.as_str(), Some(value.as_str())))
        .collect();
    match kind {
        Kind::Space if !labels.is_empty() => {
            Err(Failure::Usage("spaces cannot be chosen by labels".to_owned()))
        }
        Kind::Space => Ok("/v1/spaces?limit=1000".to_owned()),
        _ => Ok(format!(
            "{}{}",
            session.api.in_space(kind.segment()),
            query(&parameters)
        )),
    }
}

/// Path of a resource, or of the settings of a space.
pub(crate) fn item_path(kind: Kind, id: &str, session: &Session<'_>) -> String {
    match kind {
        Kind::Space => format!("/v1/spaces/{}", segment(id)),
        _ => session.api.in_space(&kind.item(id)),
    }
}

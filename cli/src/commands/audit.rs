//! `eg audit`: who changed what of a space, and whether the records of it hang together.

use clap::{Args, Subcommand};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::api::query;
use crate::audit_chain::{Chain, Entry};
use crate::failure::Failure;
use crate::kind::text_of;
use crate::output::{Format, write_list, write_value};
use crate::session::Session;
use crate::table::Table;

/// Records that are asked for at a time.
const PAGE: usize = 1000;

/// Show who changed what of a space, or of a tenant, or check the records of it
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The records of this tenant, in the place of those of the space.
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) tenant: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What is done with records.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show changes, the newest first
    #[command(after_help = "Examples:\n  eg audit list --limit 20\n  eg audit list -o json")]
    List {
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Only those that led to versions before this one.
        #[arg(long, value_name = "VERSION")]
        before: Option<u64>,
    },
    /// Compute the hashes of all records anew and compare them with those that the gateway tells
    #[command(after_help = "Examples:\n  eg audit verify\n  eg audit verify --known 5a3d…e1")]
    Verify(Verification),
}

/// What has to be so of the records.
#[derive(Debug, Args)]
pub(crate) struct Verification {
    /// The hash of a record that was the newest once; it has to be there still.
    #[arg(long, value_name = "HASH")]
    known: Option<String>,
    /// Take changes that no record tells of, as a version of the gateway makes them that records none.
    #[arg(long)]
    allow_unrecorded: bool,
}

pub(crate) fn run(command: &Command, session: &mut Session<'_>) -> Result<(), Failure> {
    match command {
        Command::List { limit, before } => list(*limit, *before, session),
        Command::Verify(verification) => verify(verification, session),
    }
}

/// A page of records, and what `before` has to be for the next one.
fn page(
    before: Option<&str>,
    limit: usize,
    session: &mut Session<'_>,
) -> Result<(Vec<Box<RawValue>>, Option<String>), Failure> {
    let limit = limit.clamp(1, PAGE).to_string();
    let parameters = [("before", before), ("limit", Some(&*limit))];
    let path = session.api.in_space(&format!("audit{}", query(&parameters)));
    session.page(&path, "records")
}

fn list(limit: usize, before: Option<u64>, session: &mut Session<'_>) -> Result<(), Failure> {
    let (mut items, mut from) = (Vec::new(), before.map(|before| before.to_string()));
    while items.len() < limit {
        let (records, next) = page(from.as_deref(), limit - items.len(), session)?;
        let is_empty = records.is_empty();
        items.extend(records);
        match next {
            Some(next) if !is_empty => from = Some(next),
            _ => break,
        }
    }
    if session.format != Format::Table {
        return write_list(session.console, session.format, &items);
    }
    if items.is_empty() {
        session.console.note("no change is recorded");
        return Ok(());
    }
    let mut table = Table::new(&["VERSION", "AT", "WHO", "FROM", "WHAT", "CHANGED"]);
    for item in &items {
        let item: Value = session.read("audit", item.get())?;
        table.row(row(&item["record"]));
    }
    session.console.line(table)
}

/// A record as cells.
fn row(record: &Value) -> [String; 6] {
    let actor = &record["actor"];
    let who = match actor["kind"].as_str() {
        Some("key") => format!("{} ({})", text_of(&actor["name"]), text_of(&actor["id"])),
        kind => kind.unwrap_or_default().to_owned(),
    };
    let changes = record["changes"].as_array().map_or(&[][..], Vec::as_slice);
    let first = changes.first();
    let more = match changes.len() {
        0 | 1 => String::new(),
        several => format!(" and {} more", several - 1),
    };
    let what = first.map_or(String::new(), |change| {
        format!("{} {}{more}", text_of(&change["kind"]), text_of(&change["id"]))
    });
    [
        text_of(&record["version"]),
        text_of(&record["time"]),
        who,
        text_of(&record["address"]),
        text_of(&record["operation"]),
        what,
    ]
}

fn verify(wanted: &Verification, session: &mut Session<'_>) -> Result<(), Failure> {
    let space = session.api.place();
    let mut chain = Chain::with_known(wanted.known.as_deref());
    let mut from: Option<String> = None;
    loop {
        let (records, next) = page(from.as_deref(), PAGE, session)?;
        for record in &records {
            let entry: Entry = session.read("audit", record.get())?;
            chain
                .add(&space, &entry)
                .map_err(|fault| Failure::Broken(fault.to_string()))?;
        }
        match next {
            // Whatever is at the other end, there is an end.
            Some(next) if !records.is_empty() => from = Some(next),
            _ => break,
        }
    }
    if chain.lacks_known() {
        let message = "the known hash is not there: records were changed, or removed at one of the ends";
        return Err(Failure::Broken(message.to_owned()));
    }
    if chain.unrecorded > 0 && !wanted.allow_unrecorded {
        let message = format!("there is no record of {} changes between them", chain.unrecorded);
        return Err(Failure::Broken(message));
    }
    let Chain {
        records, unrecorded, ..
    } = chain;
    let newest = chain.newest.clone().unwrap_or_default();
    if session.format != Format::Table {
        let told = serde_json::json!({
            "records": records, "unrecorded": unrecorded, "newest": newest, "trimmed": chain.is_trimmed(),
        });
        return write_value(session.console, session.format, &told.to_string());
    }
    if records == 0 {
        return session.console.line("no change is recorded");
    }
    let before = if chain.is_trimmed() {
        "; earlier ones are not kept any more"
    } else {
        ""
    };
    session.console.line(format_args!(
        "{records} records hang together{before}\nnewest hash: {newest}"
    ))
}

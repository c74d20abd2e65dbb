//! `eg dlq`: deliveries that were given up.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use crate::api::{query, segment};
use crate::failure::Failure;
use crate::kind::text_of;
use crate::output::{Format, time, write_list, write_value};
use crate::session::Session;
use crate::table::Table;

/// Show dead letters, queue them again or delete them
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the dead letters of the space, the oldest first
    #[command(after_help = "Examples:\n  eg dlq list\n  eg dlq list --limit 1000 -o json")]
    List(ListArguments),
    /// Show one with its event and the last answer
    #[command(after_help = "Examples:\n  eg dlq show 0d1ae263-55f8-4a0c-b5f2-9d4f8a0e6c11")]
    Show {
        /// Id of the delivery.
        delivery_id: String,
    },
    /// Queue them again; they have all their attempts anew
    #[command(after_help = "Examples:
  eg dlq redrive 0d1ae263-55f8-4a0c-b5f2-9d4f8a0e6c11
  eg dlq redrive --all")]
    Redrive(Selection),
    /// Delete them for good
    #[command(after_help = "Examples:
  eg dlq purge --subscription YXN5bmMsdXNlci5jcmVhdGVkLHdlbGNvbWUsJTJGLFBPU1Q
  eg dlq purge --all --yes")]
    Purge {
        #[command(flatten)]
        selection: Selection,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Only those of this subscription.
    #[arg(long, value_name = "ID")]
    subscription: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

/// Which dead letters are meant.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Selection {
    /// The one of this delivery.
    delivery_id: Option<String>,
    /// Those of this subscription.
    #[arg(long, value_name = "ID")]
    subscription: Option<String>,
    /// All of the space.
    #[arg(long)]
    all: bool,
}

impl Selection {
    fn body(&self) -> Value {
        match (&self.delivery_id, &self.subscription) {
            (Some(id), _) => json!({"deliveryId": id}),
            (_, Some(id)) => json!({"subscriptionId": id}),
            (None, None) => json!({"all": self.all}),
        }
    }

    fn described(&self, space: &str) -> String {
        match (&self.delivery_id, &self.subscription) {
            (Some(id), _) => format!("dead letter {id}"),
            (_, Some(id)) => format!("all dead letters of subscription {id}"),
            (None, None) => format!("all dead letters of space {space}"),
        }
    }
}

pub(crate) fn run(command: &Command, session: &mut Session<'_>) -> Result<(), Failure> {
    match command {
        Command::List(arguments) => list(arguments, session),
        Command::Show { delivery_id } => {
            let path = session
                .api
                .in_space(&format!("deadletters/{}", segment(delivery_id)));
            let json = session.get(&path)?;
            write_value(session.console, session.format, &json)
        }
        Command::Redrive(selection) => redrive(selection, session),
        Command::Purge { selection, yes } => purge(selection, *yes, session),
    }
}

fn list(arguments: &ListArguments, session: &mut Session<'_>) -> Result<(), Failure> {
    // Rows need no events; whoever wants JSON wants them whole.
    let is_table = session.format == Format::Table;
    let limit = arguments.limit.clamp(1, 1000).to_string();
    let parameters = [
        ("subscriptionId", arguments.subscription.as_deref()),
        ("limit", Some(limit.as_str())),
        ("events", is_table.then_some("false")),
    ];
    let path = session
        .api
        .in_space(&format!("deadletters{}", query(&parameters)));
    let items = session.list(&path, "deadLetters", arguments.limit)?;
    if !is_table {
        return write_list(session.console, session.format, &items);
    }
    if items.is_empty() {
        session.console.note("there is no dead letter");
        return Ok(());
    }
    let mut table = Table::new(&[
        "DELIVERY",
        "DEAD SINCE",
        "EVENT",
        "TYPE",
        "FUNCTION",
        "ATTEMPTS",
        "REASON",
        "ERROR",
    ]);
    for item in &items {
        let letter: Value = session.read(&path, item.get())?;
        let text = |name: &str| text_of(&letter[name]);
        table.row([
            text("deliveryId"),
            time(letter["deadAt"].as_i64()),
            text("eventId"),
            text("eventType"),
            text("functionId"),
            text("attempts"),
            text("reason"),
            text("error"),
        ]);
    }
    session.console.line(table)
}

fn redrive(selection: &Selection, session: &mut Session<'_>) -> Result<(), Failure> {
    let (mut all, mut is_more) = redrive_some(selection, session)?;
    if is_more {
        // Those that fail again at once are dead letters again: only as many are queued as there are now.
        let mut left = count(selection, session)?;
        while is_more && left > 0 {
            session
                .console
                .note(format_args!("{all} queued again, {left} to go"));
            let (redriven, is_any_left) = redrive_some(selection, session)?;
            all += redriven;
            left = left.saturating_sub(redriven);
            is_more = is_any_left && redriven > 0;
        }
    }
    session.done(
        &format!("{all} queued again"),
        &json!({"redriven": all}).to_string(),
    )
}

/// Queues as many as the gateway does at a time: how many, and whether there are more.
fn redrive_some(selection: &Selection, session: &mut Session<'_>) -> Result<(u64, bool), Failure> {
    let path = session.api.in_space("deadletters/redrive");
    let text = session
        .ask(Method::POST, &path, Some(selection.body().to_string()))?
        .text();
    let answer: Value = session.read(&path, &text)?;
    Ok((answer["redriven"].as_u64().unwrap_or(0), answer["more"] == true))
}

/// How many dead letters there are.
fn count(selection: &Selection, session: &mut Session<'_>) -> Result<u64, Failure> {
    let mut all = 0;
    let mut next = None::<String>;
    loop {
        let parameters = [
            ("subscriptionId", selection.subscription.as_deref()),
            ("limit", Some("1000")),
            ("events", Some("false")),
            ("next", next.as_deref()),
        ];
        let path = session
            .api
            .in_space(&format!("deadletters{}", query(&parameters)));
        let (page, following) = session.page(&path, "deadLetters")?;
        all += page.len() as u64;
        if following.is_none() {
            return Ok(all);
        }
        next = following;
    }
}

fn purge(selection: &Selection, is_sure: bool, session: &mut Session<'_>) -> Result<(), Failure> {
    if !is_sure {
        let what = selection.described(&session.api.connection.space);
        if !session.console.is_interactive() {
            return Err(Failure::Usage(format!(
                "{what} would be deleted for good: say so with --yes"
            )));
        }
        if !session.console.confirms(&format!("Delete {what} for good?"))? {
            return Err(Failure::Usage("nothing was deleted".to_owned()));
        }
    }
    let path = session.api.in_space("deadletters");
    let text = session
        .ask(Method::DELETE, &path, Some(selection.body().to_string()))?
        .text();
    let answer: Value = session.read(&path, &text)?;
    session.done(&format!("{} deleted", text_of(&answer["deleted"])), &text)
}

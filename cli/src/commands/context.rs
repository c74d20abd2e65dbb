//! `eg context`: the gateways that are kept.

use std::path::Path;

use clap::Subcommand;
use serde_json::json;

use crate::connection::Connection;
use crate::console::Console;
use crate::contexts::{Context, Contexts};
use crate::failure::Failure;
use crate::key::Key;
use crate::output::{Format, write_value};
use crate::table::Table;

/// List, choose and change the gateways that are kept
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show all contexts; access keys are not shown
    #[command(after_help = "Examples:\n  eg context list\n  eg context list -o json")]
    List,
    /// Use a context from now on
    #[command(name = "use", after_help = "Examples:\n  eg context use staging")]
    Use {
        /// Name of the context.
        name: String,
    },
    /// Make a context, or change what is named of one
    #[command(after_help = "Examples:
  eg context set local --config-url http://127.0.0.1:4001 --space shop
  eg context set local --key-stdin < key.txt")]
    Set {
        /// Name of the context.
        name: String,
        /// Read the access key from standard input.
        #[arg(long, conflicts_with = "no_key")]
        key_stdin: bool,
        /// Forget the access key.
        #[arg(long)]
        no_key: bool,
    },
    /// Forget contexts, with their access keys
    #[command(after_help = "Examples:\n  eg context delete staging")]
    Delete {
        /// Names of the contexts.
        #[arg(required = true)]
        names: Vec<String>,
    },
}

pub(crate) fn run(
    command: Command,
    file: &Path,
    said: Context,
    format: Format,
    console: &mut Console,
) -> Result<(), Failure> {
    let mut contexts = Contexts::read(file)?;
    match command {
        Command::List => list(&contexts, format, console),
        Command::Use { name } => {
            contexts.named(Some(&name))?;
            contexts.current = Some(name.clone());
            contexts.write(file)?;
            console.line(format_args!("\"{name}\" is used from now on"))
        }
        Command::Set {
            name,
            key_stdin,
            no_key,
        } => {
            let key = match (key_stdin, no_key) {
                (true, _) => Some(Key::on_input(console)?),
                (_, true) => None,
                _ => said.key,
            };
            let context = contexts.contexts.entry(name.clone()).or_default();
            // A key is not kept for another gateway.
            let moved = said.config_url.is_some() && said.config_url != context.config_url;
            context.key = key.or(context.key.take().filter(|_| !moved && !no_key));
            context.config_url = said.config_url.or(context.config_url.take());
            context.events_url = said.events_url.or(context.events_url.take());
            context.space = said.space.or(context.space.take());
            Connection::of(Context::default(), context.clone())?;
            contexts.current.get_or_insert_with(|| name.clone());
            contexts.write(file)?;
            console.line(format_args!("\"{name}\" is kept"))
        }
        Command::Delete { names } => {
            for name in &names {
                contexts.named(Some(name))?;
                contexts.contexts.remove(name);
                contexts.current = contexts.current.filter(|current| current != name);
            }
            contexts.write(file)?;
            console.line(format_args!("forgotten: {}", names.join(", ")))
        }
    }
}

fn list(contexts: &Contexts, format: Format, console: &mut Console) -> Result<(), Failure> {
    let mut table = Table::new(&[
        "CURRENT",
        "NAME",
        "CONFIGURATION API",
        "EVENTS API",
        "SPACE",
        "KEY",
    ]);
    let mut items = Vec::new();
    for (name, context) in &contexts.contexts {
        let is_current = contexts.current.as_ref() == Some(name);
        let connection = Connection::of(Context::default(), context.clone())?;
        let has_key = connection.key.is_some();
        let (config, events, space) = (connection.config_url, connection.events_url, connection.space);
        let current = if is_current { "*" } else { " " };
        table.row([
            current,
            name,
            &config,
            &events,
            &space,
            if has_key { "kept" } else { "" },
        ]);
        items.push(json!({
            "name": name, "current": is_current, "configUrl": config, "eventsUrl": events, "space": space, "hasKey": has_key,
        }));
    }
    match format {
        Format::Table => console.line(table),
        format => write_value(console, format, &json!(items).to_string()),
    }
}

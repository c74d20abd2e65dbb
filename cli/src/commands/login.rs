//! `eg login`: keeps a gateway and its access key as a context.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use http::{Method, StatusCode};

use crate::api::Api;
use crate::connection::Connection;
use crate::console::Console;
use crate::contexts::{Context, Contexts};
use crate::failure::Failure;
use crate::key::Key;

/// Keep a gateway with its access key as a context, and use it from now on
///
/// The key is asked for, or read from standard input, a file, or the variable `EG_KEY`. It is kept in a file that only you can
/// read, and shown nowhere.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  eg login --config-url https://config.example.com --events-url https://events.example.com
  pass show gateway | eg login staging --config-url https://config.example.com --key-stdin
  eg login --no-key")]
pub(crate) struct Arguments {
    /// Name of the context.
    #[arg(default_value = "default")]
    name: String,
    /// Read the access key from standard input.
    #[arg(long, conflicts_with = "no_key")]
    key_stdin: bool,
    /// The gateway needs no access key.
    #[arg(long)]
    no_key: bool,
    /// Do not try whether the gateway answers and takes the key.
    #[arg(long)]
    no_check: bool,
}

/// What a login is made of besides its own arguments.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    /// What arguments and environment say.
    pub(crate) said: Context,
    pub(crate) patience: Duration,
}

pub(crate) fn run(arguments: &Arguments, place: Place, console: &mut Console) -> Result<(), Failure> {
    let Place {
        file,
        mut said,
        patience,
    } = place;
    if arguments.key_stdin {
        said.key = Some(Key::on_input(console)?);
    } else if arguments.no_key {
        said.key = None;
    } else if said.key.is_none() && console.is_interactive() {
        said.key = Key::asked_for()?;
    }
    let connection = Connection::of(said.clone(), Context::default())?;
    let url = connection.config_url.clone();
    if !arguments.no_check {
        check(&Api::new(connection.clone(), patience))?;
    }
    let mut contexts = Contexts::read(&file)?;
    let kept = Context {
        config_url: Some(connection.config_url),
        events_url: Some(connection.events_url),
        space: said.space,
        key: connection.key,
    };
    let has_key = if kept.key.is_some() {
        "with its access key"
    } else {
        "without an access key"
    };
    contexts.contexts.insert(arguments.name.clone(), kept);
    contexts.current = Some(arguments.name.clone());
    contexts.write(&file)?;
    console.line(format_args!(
        "{url} is kept as \"{}\", {has_key}, and used from now on",
        arguments.name
    ))
}

/// Whether the gateway takes the key. Everything but the status needs it; that of a space is taken there alone.
fn check(api: &Api) -> Result<(), Failure> {
    if !api.connection.key.as_ref().is_some_and(Key::is_of_space) {
        return api
            .configuration(Method::GET, "/v1/spaces?limit=1", None)
            .map(drop);
    }
    // Whatever it allows, its holder learns that nothing is to be read here, and others do not.
    match api.configuration(Method::GET, &api.in_space("apply"), None) {
        Err(refused) if refused.is_status(StatusCode::METHOD_NOT_ALLOWED) => Ok(()),
        Err(refused) if refused.is_status(StatusCode::UNAUTHORIZED) => Err(Failure::Usage(format!(
            "the key opens no space \"{}\": name its space with --space",
            api.connection.space
        ))),
        other => other.map(drop),
    }
}

//! The arguments of the program.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::commands::{
    apply, audit, completion, context, create, dead_letters, delete, deliveries, describe, dev, diagnose,
    emit, explain, export, get, import, keys, login, pause, quotas, schema, status, tail, tenants, usage,
    waiting,
};
use crate::connection::Connection;
use crate::console::Console;
use crate::contexts::{Context, Contexts, usual_place};
use crate::environment;
use crate::failure::Failure;
use crate::key::Key;
use crate::output::Format;

const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   a file, a document or this machine stood in the way, or some of several things failed
  2   the arguments do not go together
  3   the gateway refused (400, 409, 412, 413, 422, …)
  4   there is no such thing (404)
  5   the access key is missing or wrong (401, 403)
  6   the gateway cannot be reached, or failed itself (5xx)
  10  `eg diff` found differences
  11  `eg audit verify` found that the records do not hang together

Documentation: docs/cli.md";

/// What the program was asked for.
#[derive(Debug, Parser)]
#[command(
    name = "eg",
    version,
    about = "The command line of Event Gateway",
    after_help = EXIT_CODES,
    max_term_width = 110,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Gateway")]
pub(crate) struct Globals {
    /// Context to use in place of the current one.
    #[arg(long, global = true, env = "EG_CONTEXT", value_name = "NAME")]
    context: Option<String>,
    /// URL of the Configuration API [default: port 4001 of this machine].
    #[arg(long, global = true, env = "EG_CONFIG_URL", value_name = "URL")]
    config_url: Option<String>,
    /// URL of the Events API [default: port 4000 of this machine].
    #[arg(long, global = true, env = "EG_EVENTS_URL", value_name = "URL")]
    events_url: Option<String>,
    /// Space of the resources [default: default].
    #[arg(long, short, global = true, env = "EG_SPACE", value_name = "NAME")]
    space: Option<String>,
    /// File with the access key; the variable `EG_KEY` has the key itself.
    #[arg(long, global = true, env = "EG_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// File with the contexts [default: eg/contexts.yaml where the system keeps settings].
    #[arg(long, global = true, env = "EG_CONTEXTS_FILE", value_name = "FILE")]
    contexts_file: Option<PathBuf>,
    /// Seconds to wait for an answer.
    #[arg(long, global = true, env = "EG_TIMEOUT", value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Form of the answer.
    #[arg(long, short, global = true, env = "EG_OUTPUT", value_enum, default_value_t)]
    pub(crate) output: Format,
}

/// A command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Login(login::Arguments),
    #[command(subcommand)]
    Context(context::Command),
    Status(status::Arguments),
    Diagnose(diagnose::Arguments),
    Get(get::Arguments),
    Describe(describe::Arguments),
    Create(create::Arguments),
    Delete(delete::Arguments),
    Emit(emit::Arguments),
    Explain(explain::Arguments),
    Deliveries(deliveries::Arguments),
    Tail(tail::Arguments),
    #[command(subcommand)]
    Dlq(dead_letters::Command),
    #[command(subcommand)]
    Waiting(waiting::Command),
    Keys(keys::Arguments),
    #[command(subcommand)]
    Tenants(tenants::Command),
    Audit(audit::Arguments),
    Usage(usage::Arguments),
    Quotas(quotas::Arguments),
    Pause(pause::PauseArguments),
    Resume(pause::ResumeArguments),
    Validate(apply::ValidateArguments),
    Diff(apply::DiffArguments),
    Apply(apply::ApplyArguments),
    Export(export::Arguments),
    #[command(subcommand)]
    Import(import::Command),
    Schema(schema::Arguments),
    Dev(dev::Arguments),
    Completion(completion::Arguments),
}

impl Globals {
    /// File with the contexts.
    pub(crate) fn contexts_file(&self) -> Result<PathBuf, Failure> {
        self.contexts_file.clone().map_or_else(usual_place, Ok)
    }

    /// The name of the context that was asked for.
    pub(crate) fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// What arguments and environment say of a gateway.
    pub(crate) fn said(&self) -> Result<Context, Failure> {
        let key = match &self.key_file {
            Some(path) => Some(Key::in_file(path)?),
            None => environment::key(),
        };
        Ok(Context {
            config_url: self.config_url.clone(),
            events_url: self.events_url.clone(),
            space: self.space.clone(),
            key,
        })
    }

    /// The gateway to speak to.
    pub(crate) fn connection(&self) -> Result<Connection, Failure> {
        let context = match self.contexts_file() {
            Ok(path) => Contexts::read(&path)?.named(self.context())?,
            // A machine without such a place can do without contexts.
            Err(_) if self.context.is_none() => Context::default(),
            Err(err) => return Err(err),
        };
        Connection::of(self.said()?, context)
    }

    /// How long to wait for an answer.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}

/// Reads the arguments, the program's own name first.
pub(crate) fn parse<I, T>(arguments: I) -> Result<Arguments, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    Arguments::try_parse_from(arguments)
}

/// Writes what there is to say of arguments that name no command to run: help, or what is wrong. Returns the exit code.
pub(crate) fn explain(refused: &clap::Error, console: &mut Console) -> u8 {
    if refused.use_stderr() {
        console.note(refused.render().to_string().trim_end());
        return 2;
    }
    match console
        .write(refused.render().to_string())
        .and_then(|()| console.flush())
    {
        Ok(()) => 0,
        Err(failure) => failure.exit_code(),
    }
}

/// The whole command, as completion scripts need it.
pub(crate) fn command() -> clap::Command {
    Arguments::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        command().debug_assert();
    }

    #[test]
    fn no_argument_takes_a_key() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments() {
                let name = argument.get_long().unwrap_or_default();
                let takes_value = argument.get_action().takes_values();
                assert!(
                    !takes_value || name == "key-file" || !name.contains("key"),
                    "{name}"
                );
            }
            command.get_subcommands().for_each(check);
        }
        check(&command());
    }

    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command, path: &str) {
            for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
                let path = format!("{path} {}", sub.get_name());
                if sub.get_subcommands().next().is_none() {
                    let after = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
                    assert!(after.contains(&path), "{path}: {after}");
                    // Help is as wide as this where the terminal does not say, and a broken example cannot be pasted.
                    assert!(after.lines().all(|line| line.len() <= 100), "{path}: {after}");
                }
                check(sub, &path);
            }
        }
        check(&command(), "eg");
    }
}

//! The commands, a file for each subject: its arguments, what it asks the gateway, and what it says.

use crate::api::Api;
use crate::arguments::{Arguments, Command};
use crate::console::Console;
use crate::failure::Failure;
use crate::session::Session;

pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod completion;
pub(crate) mod context;
pub(crate) mod create;
pub(crate) mod dead_letters;
pub(crate) mod delete;
pub(crate) mod deliveries;
pub(crate) mod describe;
pub(crate) mod dev;
pub(crate) mod diagnose;
pub(crate) mod emit;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod get;
pub(crate) mod import;
pub(crate) mod key_flags;
pub(crate) mod keys;
pub(crate) mod labels;
pub(crate) mod login;
pub(crate) mod pause;
pub(crate) mod plan;
pub(crate) mod quotas;
pub(crate) mod resource_flags;
pub(crate) mod schema;
pub(crate) mod status;
pub(crate) mod tail;
pub(crate) mod tenant_flags;
pub(crate) mod tenants;
pub(crate) mod usage;
pub(crate) mod waiting;

/// Runs a command.
pub(crate) fn run(arguments: Arguments, console: &mut Console) -> Result<(), Failure> {
    let Arguments { globals, command } = arguments;
    let format = globals.output;
    // Those that ask no gateway.
    let command = match command {
        Command::Login(arguments) => {
            let place = login::Place {
                file: globals.contexts_file()?,
                said: globals.said()?,
                patience: globals.patience(),
            };
            return login::run(&arguments, place, console);
        }
        Command::Context(command) => {
            return context::run(
                command,
                &globals.contexts_file()?,
                globals.said()?,
                format,
                console,
            );
        }
        Command::Import(command) => return import::run(command, format, console),
        Command::Schema(_) => return schema::run(console),
        Command::Dev(arguments) => {
            return dev::run(&arguments, globals.said()?, globals.patience(), format, console);
        }
        Command::Completion(arguments) => {
            return completion::run(&arguments, &mut crate::arguments::command(), console);
        }
        others => others,
    };
    let api = Api::new(globals.connection()?, globals.patience());
    let mut session = Session { api, console, format };
    let session = &mut session;
    match command {
        Command::Status(_) => status::run(session),
        Command::Diagnose(_) => diagnose::run(session),
        Command::Get(arguments) => get::run(&arguments, session),
        Command::Describe(arguments) => describe::run(&arguments, session),
        Command::Create(arguments) => create::run(arguments, session),
        Command::Delete(arguments) => delete::run(&arguments, session),
        Command::Emit(arguments) => emit::run(&arguments, session),
        Command::Explain(arguments) => explain::run(&arguments, session),
        Command::Deliveries(arguments) => deliveries::run(&arguments, session),
        Command::Tail(arguments) => tail::run(&arguments, session),
        Command::Dlq(command) => dead_letters::run(&command, session),
        Command::Waiting(command) => waiting::run(&command, session),
        Command::Keys(arguments) => {
            session.api.tenant = arguments.tenant;
            keys::run(&arguments.command, session)
        }
        Command::Pause(arguments) => pause::pause(&arguments, session),
        Command::Resume(arguments) => pause::resume(&arguments, session),
        Command::Validate(arguments) => apply::validate(&arguments, session),
        Command::Diff(arguments) => apply::diff(&arguments, session),
        Command::Apply(arguments) => apply::apply(&arguments, session),
        Command::Audit(arguments) => {
            session.api.tenant = arguments.tenant;
            audit::run(&arguments.command, session)
        }
        Command::Tenants(command) => tenants::run(&command, session),
        Command::Usage(arguments) => usage::run(&arguments, session),
        Command::Quotas(_) => quotas::run(session),
        Command::Export(_) => export::run(session),
        Command::Login(_)
        | Command::Context(_)
        | Command::Dev(_)
        | Command::Import(_)
        | Command::Schema(_)
        | Command::Completion(_) => Ok(()),
    }
}

//! The command line of Event Gateway (docs/cli.md): it speaks HTTP to the Configuration API and the Events API, and knows
//! no more of a gateway than any other client.

use std::ffi::OsString;

mod answer;
mod api;
mod arguments;
mod audit_chain;
mod commands;
mod connection;
mod console;
mod contexts;
mod documents;
mod environment;
mod failure;
mod gateway_program;
mod happening;
mod http_client;
mod import;
mod json_text;
mod key;
mod kind;
mod output;
mod report;
mod session;
mod table;
mod wanted;
mod watched_file;

pub use console::Console;

/// Runs the command that the arguments name, the program's own name first. The result is its exit code (docs/cli.md).
pub fn run<I, T>(arguments: I, console: &mut Console) -> u8
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let parsed = match arguments::parse(arguments) {
        Ok(parsed) => parsed,
        Err(refused) => return arguments::explain(&refused, console),
    };
    match commands::run(parsed, console).and_then(|()| console.flush()) {
        Ok(()) => 0,
        Err(failure) => {
            report::report(&failure, console);
            failure.exit_code()
        }
    }
}

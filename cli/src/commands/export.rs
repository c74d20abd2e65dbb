//! `eg export`: a space as one document.

use clap::Args;

use crate::failure::Failure;
use crate::output::write_value;
use crate::session::Session;

/// Write the configuration of the space as one document, which `eg apply` takes
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  eg export > gateway.yaml
  eg export --space shop -o json > shop.json")]
pub(crate) struct Arguments {}

pub(crate) fn run(session: &mut Session<'_>) -> Result<(), Failure> {
    let path = session.api.in_space("export");
    let json = session.get(&path)?;
    write_value(session.console, session.format, &json)
}

//! `eg schema`: what editors complete and check files of configuration by.

use clap::Args;

use crate::console::Console;
use crate::failure::Failure;

/// Made by the gateway's own code, whose tests hold the file to it.
const SCHEMA: &str = include_str!("../../../docs/gateway.schema.json");

/// Print the JSON Schema of files for `apply`, which editors use
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  eg schema > gateway.schema.json

An editor with a YAML language server then takes this as the first line of a file:
  # yaml-language-server: $schema=gateway.schema.json")]
pub(crate) struct Arguments {}

pub(crate) fn run(console: &mut Console) -> Result<(), Failure> {
    console.write(SCHEMA)
}

//! `eg completion`: scripts by which shells complete commands and flags.

use clap::Args;
use clap_complete::Shell;

use crate::console::Console;
use crate::failure::Failure;

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  eg completion bash > ~/.local/share/bash-completion/completions/eg
  eg completion zsh > ~/.zfunc/_eg
  eg completion fish > ~/.config/fish/completions/eg.fish
  eg completion powershell >> $PROFILE")]
pub(crate) struct Arguments {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(
    arguments: &Arguments,
    command: &mut clap::Command,
    console: &mut Console,
) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, command, "eg", &mut script);
    console.write(script)
}

//! Running other programs.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// What a program writes to its standard output. What it complains of is in the error if it fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_owned();
    let output = command
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    if !output.status.success() {
        bail!(
            "{} failed: {}",
            program.display(),
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} answered invalid UTF-8", program.display()))
}

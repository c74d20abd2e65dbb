//! Where a command reads and writes.

use std::fmt::{self, Display};
use std::io::{self, BufRead, IsTerminal as _, Write};

use crate::failure::Failure;

/// Standard input, output and error of a command.
pub struct Console {
    input: Box<dyn BufRead>,
    output: Box<dyn Write>,
    errors: Box<dyn Write>,
    is_interactive: bool,
}

impl Console {
    /// That of this process.
    pub fn of_process() -> Self {
        let input = io::stdin();
        let is_interactive = input.is_terminal();
        Self {
            input: Box::new(input.lock()),
            output: Box::new(io::BufWriter::new(io::stdout())),
            errors: Box::new(io::stderr()),
            is_interactive,
        }
    }

    /// Whether a person can be asked.
    pub(crate) fn is_interactive(&self) -> bool {
        self.is_interactive
    }

    pub(crate) fn input(&mut self) -> &mut dyn BufRead {
        &mut *self.input
    }

    /// Writes a text as it is.
    pub(crate) fn write(&mut self, text: impl AsRef<[u8]>) -> Result<(), Failure> {
        self.output.write_all(text.as_ref()).map_err(Failure::Output)
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, line: impl Display) -> Result<(), Failure> {
        writeln!(self.output, "{line}").map_err(Failure::Output)
    }

    /// Makes what was written visible now, as where the next thing may take long.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.output.flush().map_err(Failure::Output)
    }

    /// Tells something besides what was asked for. That nobody can be told is no reason to fail.
    pub(crate) fn note(&mut self, note: impl Display) {
        let _ = self.output.flush();
        let _ = writeln!(self.errors, "{note}");
    }

    /// Asks a question that is answered by yes or no.
    pub(crate) fn confirms(&mut self, question: &str) -> Result<bool, Failure> {
        self.flush()?;
        let asked = write!(self.errors, "{question} [y/N] ").and_then(|()| self.errors.flush());
        asked.map_err(Failure::Output)?;
        let mut answer = String::new();
        self.input.read_line(&mut answer).map_err(Failure::Input)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("is_interactive", &self.is_interactive)
            .finish_non_exhaustive()
    }
}

/// A text of somebody else on one line, and without anything that would move the cursor of a terminal or change its colours.
pub(crate) fn visible(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    let shown = |character: char| match character {
        control if control.is_control() => control.escape_default().to_string(),
        other => other.to_string(),
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown_instead() {
        for (text, want) in [
            ("plain – ü", "plain – ü"),
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("two\nlines\t\u{9b}", "two\\nlines\\t\\u{9b}"),
        ] {
            assert_eq!(visible(text), want);
        }
    }
}

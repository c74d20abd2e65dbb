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
    /// Whether a person looks at what is written.
    is_watched: bool,
}

impl Console {
    /// That of this process.
    pub fn of_process() -> Self {
        let (input, output) = (io::stdin(), io::stdout());
        let is_interactive = input.is_terminal();
        Self {
            input: Box::new(input.lock()),
            is_watched: output.is_terminal(),
            output: Box::new(io::BufWriter::new(output)),
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

    /// Writes what somebody else made: as it is for programs, and for people what can be seen of it.
    pub(crate) fn write_foreign(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.is_watched {
            return self.write(visible_lines(&String::from_utf8_lossy(bytes)));
        }
        self.write(bytes)
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

/// Whether a character would move the cursor of a terminal, change its colours, or have a text look like another one: controls,
/// and what is not seen or changes the direction of what is.
pub(crate) fn is_steering(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

/// A text of somebody else on one line, and without anything that steers a terminal or its reader.
pub(crate) fn visible(text: &str) -> String {
    shown(text, is_steering)
}

/// The same of a text that may have several lines.
pub(crate) fn visible_lines(text: &str) -> String {
    shown(text, |character| {
        is_steering(character) && !matches!(character, '\n' | '\t')
    })
}

fn shown(text: &str, is_escaped: fn(char) -> bool) -> String {
    if !text.chars().any(is_escaped) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_escaped(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
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
            ("\u{202e}gpj.exe\u{200b}", "\\u{202e}gpj.exe\\u{200b}"),
        ] {
            assert_eq!(visible(text), want);
        }
        assert_eq!(visible_lines("two\nlines\t\r\u{1b}"), "two\nlines\t\\r\\u{1b}");
    }
}

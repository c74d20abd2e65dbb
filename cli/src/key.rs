//! The access key of a Configuration API: shown nowhere, and never an argument, which other users of a machine can see.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::console::Console;
use crate::failure::Failure;

/// An access key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Key(String);

impl Key {
    /// A key, without the blanks and the line end that files and variables come with. `None` if nothing is left.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The key that a file holds.
    pub(crate) fn in_file(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|err| Failure::file(path, err))?;
        Self::of(&text).ok_or_else(|| Failure::Malformed(format!("{} holds no key", path.display())))
    }

    /// The key on the first line of the input.
    pub(crate) fn on_input(console: &mut Console) -> Result<Self, Failure> {
        let mut line = String::new();
        console.input().read_line(&mut line).map_err(Failure::Input)?;
        Self::of(&line).ok_or_else(|| Failure::Malformed("standard input holds no key".to_owned()))
    }

    /// Asks for it without showing what is typed.
    pub(crate) fn asked_for() -> Result<Option<Self>, Failure> {
        let typed = rpassword::prompt_password("Access key (empty for none): ").map_err(Failure::Input)?;
        Ok(Self::of(&typed))
    }

    /// Whether it is a key of a space, which opens no other and nothing besides.
    pub(crate) fn is_of_space(&self) -> bool {
        self.0.starts_with("egk_")
    }

    /// For the one header that it is sent in.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(*****)")
    }
}

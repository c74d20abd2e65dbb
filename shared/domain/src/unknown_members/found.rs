//! What was found in a request body, and how it is told.

use std::fmt;

/// What a request body holds that no resource of its kind has. Names in it are ASCII that can be printed, and cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnknownMembers {
    /// Those that are spelt almost like a known one.
    pub(super) misspelt: Vec<Misspelt>,
    /// The others, by their paths.
    pub(super) others: Vec<String>,
    /// How many there are besides.
    pub(super) unnamed: usize,
}

/// A member that was meant to be another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misspelt {
    /// Its path, such as `provider.urll`.
    pub(super) given: String,
    /// The path of the one that was meant.
    pub(super) meant: String,
}

impl UnknownMembers {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.misspelt.is_empty() && self.others.is_empty()
    }

    /// What was misspelt, and what was meant; `None` where nothing was.
    pub fn misspelt(&self) -> Option<String> {
        let all = self.misspelt.iter().map(ToString::to_string);
        Some(all.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
    }

    /// The path of the first member that was misspelt.
    pub fn first_misspelt(&self) -> Option<&str> {
        self.misspelt.first().map(|misspelt| misspelt.given.as_str())
    }

    /// The path of the first of all.
    pub fn first(&self) -> Option<&str> {
        self.first_misspelt().or(self.others.first().map(String::as_str))
    }
}

/// All of them: `member "provider.urll" is not known: did you mean "provider.url"?, member "filter" is not known`.
impl fmt::Display for UnknownMembers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others = self
            .others
            .iter()
            .map(|given| format!("member \"{given}\" is not known"));
        let all: Vec<_> = self
            .misspelt
            .iter()
            .map(ToString::to_string)
            .chain(others)
            .collect();
        f.write_str(&all.join(", "))?;
        if self.unnamed > 0 {
            write!(f, ", and {} more", self.unnamed)?;
        }
        Ok(())
    }
}

impl fmt::Display for Misspelt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { given, meant } = self;
        write!(f, "member \"{given}\" is not known: did you mean \"{meant}\"?")
    }
}

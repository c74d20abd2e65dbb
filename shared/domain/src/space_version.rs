//! Versions of spaces: every change of a space has the next number, so that a reader can tell what it has seen.

use std::fmt;
use std::str::FromStr;

use crate::ids::Space;

/// A state of a space. Written `<space>=<version>`, as in the headers `X-Config-Version` and `X-Min-Config-Version`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceVersion {
    /// The space.
    pub space: Space,
    /// How many changes it has seen.
    pub version: u64,
}

/// Most states of a list. Events reach few spaces, and each state has to be looked up.
const MOST: usize = 64;

/// A text that is no list of space versions, or too long a one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("versions of spaces are written as space=number, separated by commas, {MOST} of them at most")]
pub struct SpaceVersionError;

impl fmt::Display for SpaceVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.space, self.version)
    }
}

impl FromStr for SpaceVersion {
    type Err = SpaceVersionError;

    fn from_str(text: &str) -> Result<Self, SpaceVersionError> {
        let (space, version) = text.trim().split_once('=').ok_or(SpaceVersionError)?;
        let (space, version) = (space.trim_end(), version.trim_start());
        let is_number = !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit());
        match version.parse() {
            Ok(version) if is_number && !space.is_empty() => Ok(Self {
                space: Space::from(space),
                version,
            }),
            _ => Err(SpaceVersionError),
        }
    }
}

impl SpaceVersion {
    /// Reads a list of 64 at most, separated by commas.
    pub fn list(text: &str) -> Result<Vec<Self>, SpaceVersionError> {
        let list = text.split(',').take(MOST + 1).map(str::parse);
        let list: Vec<_> = list.collect::<Result<_, _>>()?;
        (list.len() <= MOST).then_some(list).ok_or(SpaceVersionError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let version = |space: &str, version| SpaceVersion {
            space: space.into(),
            version,
        };
        assert_eq!(version("default", 42).to_string(), "default=42");
        for (text, want) in [
            ("default=42", Ok(vec![version("default", 42)])),
            (" a = 1 , b=2 ", Ok(vec![version("a", 1), version("b", 2)])),
            ("", Err(SpaceVersionError)),
            ("a", Err(SpaceVersionError)),
            ("=1", Err(SpaceVersionError)),
            ("a=", Err(SpaceVersionError)),
            ("a=+1", Err(SpaceVersionError)),
            ("a=-1", Err(SpaceVersionError)),
            ("a=1,", Err(SpaceVersionError)),
            ("a=99999999999999999999", Err(SpaceVersionError)),
        ] {
            assert_eq!(SpaceVersion::list(text), want, "{text}");
        }
        for (count, is_taken) in [(MOST, true), (MOST + 1, false), (100_000, false)] {
            let text = vec!["a=1"; count].join(",");
            assert_eq!(SpaceVersion::list(&text).is_ok(), is_taken, "{count}");
        }
    }
}

//! Names of spaces as names of folders.

use std::fmt::Write as _;

use domain::ids::Space;
use sha2::{Digest as _, Sha256};

/// Bytes of a name that are kept when it is too long for a file system.
const KEPT: usize = 160;
/// Longest name that stays whole; file systems take 255 bytes.
const LONGEST: usize = 200;

/// A folder name for a space, another one for each: small letters, digits, `-` and `_` stand for themselves, all other
/// bytes are percent-encoded. Capitals are too, for file systems that take them for small letters; dots are, so that
/// no space is `..`. A long name ends in a digest of the whole.
pub(super) fn folder_name(space: &Space) -> String {
    let mut name = String::with_capacity(space.as_str().len());
    for byte in space.as_str().bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(byte.into()),
            // Writing to a String cannot fail.
            _ => _ = write!(name, "%{byte:02X}"),
        }
    }
    if name.is_empty() {
        return "~".to_owned();
    }
    if name.len() > LONGEST {
        name.truncate(KEPT);
        name.push('~');
        for byte in &Sha256::digest(space.as_str())[..16] {
            _ = write!(name, "{byte:02X}");
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::folder_name;

    #[test]
    fn names_are_plain() {
        let long = "s".repeat(201);
        let cases = [
            ("default", "default"),
            ("my-space_1", "my-space_1"),
            ("Shop.eu", "%53hop%2Eeu"),
            ("..", "%2E%2E"),
            ("../x", "%2E%2E%2Fx"),
            ("a\0b", "a%00b"),
            ("ä", "%C3%A4"),
            ("100%", "100%25"),
            ("~", "%7E"),
            ("", "~"),
        ];
        for (space, want) in cases {
            assert_eq!(folder_name(&space.into()), want, "{space:?}");
        }
        let name = folder_name(&long.as_str().into());
        assert!(name.starts_with("sss") && name.len() == 160 + 1 + 32, "{name}");
        assert_eq!(folder_name(&"s".repeat(200).into()), "s".repeat(200));
    }

    #[test]
    fn spaces_do_not_share_folders() {
        let spaces = [
            "shop", "Shop", "SHOP", "%53hop", "~", "", ".", "..", "%2E", "%", "é", "e\u{301}",
        ];
        let long = ["a", "b"].map(|end| "x".repeat(300) + end);
        let all = spaces.into_iter().chain(long.iter().map(String::as_str));
        // As a file system sees them that does not tell small letters from capitals.
        let names: HashSet<_> = all
            .map(|space| folder_name(&space.into()).to_lowercase())
            .collect();
        assert_eq!(names.len(), spaces.len() + 2);
    }
}

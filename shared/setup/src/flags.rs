//! The spellings of flags that existing launchers use (docs/contract.md §6): one dash or two, `-f value` or `-f=value`.

use std::ffi::OsString;

/// Rewrites `-flag` to `--flag`; everything else stays as it is.
pub(crate) fn with_two_dashes(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut flags_ended = false;
    args.into_iter()
        .map(|arg| {
            flags_ended = flags_ended || arg == "--";
            let is_long = |text: &&str| {
                let name = text.strip_prefix('-').unwrap_or_default();
                name.len() > 1 && name.starts_with(|c: char| c.is_ascii_alphabetic())
            };
            match arg.to_str().filter(is_long) {
                Some(text) if !flags_ended => OsString::from(format!("-{text}")),
                _ => arg,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let rewrite = |args: &[&str]| with_two_dashes(args.iter().map(OsString::from));
        assert_eq!(
            rewrite(&[
                "bin",
                "-dev",
                "--dev",
                "-log-level",
                "debug",
                "-workers=3",
                "-h",
                "-1",
                "-",
                "--",
                "-x1"
            ]),
            [
                "bin",
                "--dev",
                "--dev",
                "--log-level",
                "debug",
                "--workers=3",
                "-h",
                "-1",
                "-",
                "--",
                "-x1"
            ]
        );
    }
}

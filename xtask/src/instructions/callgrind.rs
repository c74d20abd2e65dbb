//! Counts what a program executes in its measured section.
//!
//! Callgrind writes a profile when the section begins, and another when it ends; the second has what all threads
//! executed between the two. What comes before and after, and other processes, have no part in it. Both ends are
//! functions that are entered: of a function with two options callgrind 3.19 heeds one.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::program::output;

/// The function in `bench/instructions/src/measured.rs` that the section begins with.
const BEGINNING: &str = "measured_section";

/// The function there that is called when the section is over.
const END: &str = "end_of_section";

/// What stands before the reason why a profile was written.
const TRIGGER: &str = "desc: Trigger: ";

/// What stands before the count of a profile.
const TOTALS: &str = "totals: ";

/// Where valgrind is, if it is installed.
pub(super) fn find() -> Result<Option<PathBuf>> {
    let found = Command::new("sh").args(["-c", "command -v valgrind"]).output();
    let found = String::from_utf8(found.context("cannot look for valgrind")?.stdout)?;
    let path = found.trim();
    Ok((!path.is_empty()).then(|| PathBuf::from(path)))
}

/// The instructions of the measured section of a scenario, all iterations together. The profiles stay in the folder,
/// for `callgrind_annotate`.
pub(super) fn count(valgrind: &Path, program: &Path, scenario: &str, folder: &Path) -> Result<u64> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let mut out_file = OsString::from("--callgrind-out-file=");
    out_file.push(folder.join("profile"));
    output(
        Command::new(valgrind)
            // Settings of the gateway, and of valgrind, that stand there are for others.
            .env_clear()
            .env("HOME", folder)
            .current_dir(folder)
            // Threads take turns: none keeps the others from what they have to do.
            .args(["--tool=callgrind", "--fair-sched=try"])
            // Whatever their symbols have around the names.
            .args([BEGINNING, END].map(|function| format!("--dump-before=*{function}*")))
            .arg(out_file)
            .arg(program)
            .arg(scenario),
    )?;
    let mut found = Vec::new();
    for file in fs::read_dir(folder)? {
        let text = fs::read_to_string(file?.path())?;
        found.extend(section_total(&text)?);
    }
    match found.as_slice() {
        [total] => Ok(*total),
        _ => bail!("there are {} profiles of its section instead of one", found.len()),
    }
}

/// The count of a profile, if it is that of the section.
fn section_total(profile: &str) -> Result<Option<u64>> {
    let trigger = profile.lines().find_map(|line| line.strip_prefix(TRIGGER));
    if !trigger.is_some_and(|trigger| trigger.contains(END)) {
        return Ok(None);
    }
    let total = profile.lines().find_map(|line| line.strip_prefix(TOTALS));
    let total = total.context("a profile has no total")?;
    total
        .parse()
        .map(Some)
        .with_context(|| format!("{total} is no count"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_profile_of_the_section_counts() {
        let profile = |trigger: &str| {
            format!(
                "version: 1\ndesc: Trigger: {trigger}\n\nevents: Ir\nsummary: 2\nfn=(1) f\n1 2\n\ntotals: 2\n"
            )
        };
        let end = profile("--dump-before=instructions::measured::end_of_section");
        assert_eq!(section_total(&end).unwrap(), Some(2));
        for other in [
            "--dump-before=instructions::measured::measured_section",
            "Program termination",
        ] {
            assert_eq!(section_total(&profile(other)).unwrap(), None, "{other}");
        }
        assert!(section_total(&end.replace("totals", "other")).is_err());
        assert!(section_total(&end.replace("totals: 2", "totals: 2 3")).is_err());
    }
}

//! What the same source makes other instructions on: the compiler, and what the C library and others choose their code by.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::program::output;

/// Features of processors that code is chosen by at run time.
const FEATURES: [&str; 5] = ["avx2", "avx512f", "bmi2", "erms", "fsrm"];

/// Compiler, C library, valgrind and features of the processor, in one line.
pub(super) fn describe(valgrind: &Path) -> Result<String> {
    let about = output(Command::new("rustc").arg("-vV"))?;
    let version = about.lines().next();
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    let (Some(version), Some(host)) = (version, host) else {
        bail!("rustc answered something unexpected: {about}");
    };
    // Absent where the C library is another one.
    let library = output(Command::new("getconf").arg("GNU_LIBC_VERSION")).unwrap_or_default();
    let valgrind = output(Command::new(valgrind).arg("--version"))?;
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let parts = [
        version,
        host,
        library.trim(),
        valgrind.trim(),
        &features(&processor),
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Ok(parts.join(", "))
}

/// Those of [`FEATURES`] that Linux lists of the first processor.
fn features(processors: &str) -> String {
    let flags = processors.lines().find_map(|line| line.strip_prefix("flags"));
    let known = flags
        .unwrap_or_default()
        .split_ascii_whitespace()
        .filter(|flag| FEATURES.contains(flag));
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    known.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_those_that_code_is_chosen_by() {
        let processors = "processor : 0\nflags\t\t: fpu erms avx avx2\nprocessor : 1\nflags : fsrm\n";
        assert_eq!(features(processors), "avx2 erms");
        assert_eq!(features(""), "");
    }
}

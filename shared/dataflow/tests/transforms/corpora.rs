//! Where the corpora are, which are no part of this repository.

use std::path::{Path, PathBuf};

/// The folder or file of this name among the corpora; without it the test is not run, which is said.
pub(crate) fn corpus(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = option_env!("EVENT_GATEWAY_CORPORA").map_or_else(beside, PathBuf::from);
    let path = root.join("corpora").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("not run: {name} is not among the corpora");
    None
}

//! What is looked at: every text file that is tracked or could be (untracked, not ignored), and Cargo's metadata.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::program::output;

/// A text file of the repository.
#[derive(Debug)]
pub(super) struct File {
    /// Path from the repository's root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    pub(super) fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    pub(super) fn is_markdown(&self) -> bool {
        self.has_extension("md")
    }

    fn has_extension(&self, wanted: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|extension| extension == wanted)
    }
}

/// All text files of the repository; binary ones are left out.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) files: Vec<File>,
}

impl Tree {
    pub(super) fn read() -> Result<Self> {
        let root = output(Command::new("git").args(["rev-parse", "--show-toplevel"]))?;
        let root = Path::new(root.trim_end());
        // What is vendored keeps the form that its authors gave it.
        let list = [
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            "--",
            ".",
            ":!vendor/jlens-core",
        ];
        let list = output(Command::new("git").current_dir(root).args(list))?;
        let mut files = Vec::new();
        for path in list.split_terminator('\0') {
            let whole = root.join(path);
            // A deleted file stays listed until the deletion is staged; a link is checked at its target.
            if !whole.is_file() || whole.is_symlink() {
                continue;
            }
            let bytes = std::fs::read(&whole).with_context(|| format!("cannot read {path}"))?;
            if let Ok(text) = String::from_utf8(bytes) {
                files.push(File {
                    path: path.to_owned(),
                    text,
                });
            }
        }
        Ok(Self { files })
    }

    pub(super) fn text_of(&self, path: &str) -> Option<&str> {
        self.files
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.text.as_str())
    }
}

/// The part of `cargo metadata --no-deps` that tells which crate depends on which.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) workspace_root: String,
    pub(super) packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) manifest_path: String,
    pub(super) dependencies: Vec<Dependency>,
}

/// A dependency of any kind: normal, development or build.
#[derive(Debug, Deserialize)]
pub(super) struct Dependency {
    pub(super) name: String,
}

pub(super) fn cargo_metadata() -> Result<Metadata> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1", "--locked"];
    let json = output(Command::new(env!("CARGO")).args(arguments))?;
    serde_json::from_str(&json).context("cargo metadata answered something unexpected")
}

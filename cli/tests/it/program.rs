//! The program under test, with contexts of its own and an otherwise empty environment.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Fails unless this is the exit code.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }

    /// What was written, of a run that did what it was asked for.
    pub(crate) fn out(self) -> String {
        self.expect(0).out
    }

    /// The same as JSON.
    pub(crate) fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.out()).unwrap()
    }
}

/// A user of the program.
pub(crate) struct User {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl User {
    /// One who has never used it.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    /// The same with a variable set.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Where the contexts are.
    pub(crate) fn contexts_file(&self) -> PathBuf {
        self.folder.path().join("contexts.yaml")
    }

    /// Writes a file and names it.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs a command without input.
    pub(crate) fn eg(&self, arguments: &[&str]) -> Ran {
        self.eg_reading("", arguments)
    }

    /// Starts a command.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_eg"))
            .env_clear()
            .env("EG_CONTEXTS_FILE", self.contexts_file())
            .envs(self.variables.iter().cloned())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs a command with this input.
    pub(crate) fn eg_reading(&self, input: &str, arguments: &[&str]) -> Ran {
        let mut child = self.start(arguments);
        // Who does not read it has ended by then.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

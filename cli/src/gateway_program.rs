//! The gateway as a program on this machine: found, started, heard and ended.

use std::env;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;

use serde_json::Value;

use crate::failure::Failure;
use crate::happening::Happening;

const NAME: &str = "event-gateway";

/// A gateway that was started. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct GatewayProgram {
    child: Child,
}

/// A line that the gateway logged.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Logged {
    /// It serves: URLs of the Events API and of the Configuration API.
    Started { events: String, config: String },
    /// Something that people should see.
    Notable(String),
    /// Anything else.
    Other,
}

/// Which program is meant: the one that is named, the one beside this one, or the one in the search path.
pub(crate) fn find(named: Option<&Path>) -> PathBuf {
    let beside = || {
        let own = env::current_exe().ok()?;
        let beside = own
            .with_file_name(NAME)
            .with_extension(env::consts::EXE_EXTENSION);
        beside.is_file().then_some(beside)
    };
    named
        .map(Path::to_owned)
        .or_else(beside)
        .unwrap_or_else(|| NAME.into())
}

impl GatewayProgram {
    /// Starts it, and has somebody told of its lines and its end.
    pub(crate) fn start(
        program: &Path,
        arguments: &[String],
        heard: Sender<Happening>,
    ) -> Result<Self, Failure> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        in_its_own_group(&mut command);
        let mut child = command.spawn().map_err(|err| not_started(program, &err))?;
        if let Some(log) = child.stderr.take() {
            thread::spawn(move || {
                for line in BufReader::new(log).lines().map_while(Result::ok) {
                    // Whoever no longer listens ends it soon, and until then it must not wait for a reader.
                    let _ = heard.send(Happening::Logged(line));
                }
                let _ = heard.send(Happening::GatewayEnded);
            });
        }
        Ok(Self { child })
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        // Of what is no child any more nothing else will be known.
        self.child.try_wait().map_or(true, |status| status.is_some())
    }

    /// Asks it to end, if it has not: it finishes what it has begun.
    pub(crate) fn ask_to_end(&mut self) {
        if self.has_ended() {
            return;
        }
        #[cfg(unix)]
        {
            let id = rustix::process::Pid::from_child(&self.child);
            if rustix::process::kill_process(id, rustix::process::Signal::TERM).is_ok() {
                return;
            }
        }
        self.kill();
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) {
        // One that has ended already needs no more.
        let _ = self.child.kill();
    }
}

impl Drop for GatewayProgram {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child.wait();
    }
}

/// A terminal sends Ctrl-C to all processes of its group. The gateway is ended by this program, and not twice.
fn in_its_own_group(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

fn not_started(program: &Path, err: &io::Error) -> Failure {
    if err.kind() == io::ErrorKind::NotFound && program == Path::new(NAME) {
        let message =
            format!("there is no program {NAME} beside this one or in PATH: name it with --gateway");
        return Failure::Machine(message);
    }
    Failure::Machine(format!("{} cannot be started: {err}", program.display()))
}

/// What a line of the log says. It is JSON, unless the gateway did not come so far as to log.
pub(crate) fn read(line: &str) -> Logged {
    let Ok(entry) = serde_json::from_str::<Value>(line) else {
        return if line.trim().is_empty() {
            Logged::Other
        } else {
            Logged::Notable(line.to_owned())
        };
    };
    let message = entry["msg"].as_str().unwrap_or_default();
    if let (Some(events), Some(config)) = (url(message, "Events"), url(message, "Config")) {
        return Logged::Started { events, config };
    }
    if !matches!(entry["level"].as_str(), Some("warn" | "error")) {
        return Logged::Other;
    }
    let mut text = message.to_owned();
    let others = entry.as_object().into_iter().flatten();
    for (name, value) in others.filter(|(name, _)| !matches!(name.as_str(), "level" | "ts" | "msg")) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text = format!("{text} {name}: {value}");
    }
    Logged::Notable(text)
}

/// The URL of an API in the line that a gateway starts with.
fn url(message: &str, api: &str) -> Option<String> {
    let (_, rest) = message.split_once(&format!("{api} API listening on "))?;
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_log_are_told_apart() {
        let started = r#"{"level":"info","ts":1.5,"msg":"Event Gateway is running. Events API listening on http://localhost:4000. Config API listening on https://localhost:4001."}"#;
        let (events, config) = (
            "http://localhost:4000".to_owned(),
            "https://localhost:4001".to_owned(),
        );
        assert_eq!(read(started), Logged::Started { events, config });
        let notable = |text: &str| Logged::Notable(text.to_owned());
        for (line, want) in [
            (r#"{"level":"info","msg":"Shutting down."}"#, Logged::Other),
            (
                r#"{"level":"error","ts":1,"msg":"It failed.","error":"in use","n":1}"#,
                notable("It failed. error: in use n: 1"),
            ),
            (
                "error: unexpected argument",
                notable("error: unexpected argument"),
            ),
            ("", Logged::Other),
        ] {
            assert_eq!(read(line), want, "{line}");
        }
    }

    #[test]
    fn the_program_that_is_named_is_taken() {
        assert_eq!(find(Some(Path::new("/opt/eg"))), Path::new("/opt/eg"));
    }
}

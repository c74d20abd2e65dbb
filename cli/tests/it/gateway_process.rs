//! A gateway: the binary that the workspace's tests build, or the one that `EVENT_GATEWAY_BIN` names.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use tempfile::TempDir;

use crate::program::User;

/// A gateway that answers. Dropping it kills it.
pub(crate) struct Gateway {
    child: Child,
    config_url: String,
    events_url: String,
    _data: TempDir,
}

impl Gateway {
    /// Starts one with an empty store on free ports.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut child = Command::new(binary())
            .env_clear()
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .args([
                "--bind-address=127.0.0.1",
                "--events-port=0",
                "--config-port=0",
                "--embed-data-dir",
            ])
            .arg(data.path())
            .args(flags)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let ports = lines.find_map(|line| ports(&line.unwrap()));
        // What is logged later is read, too, or the gateway would wait for a reader.
        thread::spawn(move || lines.for_each(drop));
        let [events, config] = ports.unwrap();
        Self {
            child,
            config_url: format!("http://127.0.0.1:{config}"),
            events_url: format!("http://127.0.0.1:{events}"),
            _data: data,
        }
    }

    /// Somebody who uses this gateway.
    pub(crate) fn user(&self) -> User {
        User::new()
            .with("EG_CONFIG_URL", &self.config_url)
            .with("EG_EVENTS_URL", &self.events_url)
    }

    /// Status of the answer to an event that comes with this key.
    pub(crate) fn status_with(&self, key: &str) -> u16 {
        let event = r#"{"specversion":"1.0","id":"1","source":"/it","type":"a"}"#;
        let mut stream = TcpStream::connect(self.events_url.trim_start_matches("http://")).unwrap();
        write!(
            stream,
            "POST / HTTP/1.1\r\nhost: a\r\nx-api-key: {key}\r\nconnection: close\r\ncontent-type: \
             application/cloudevents+json\r\ncontent-length: {}\r\n\r\n{event}",
            event.len()
        )
        .unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// URL of the Configuration API.
    pub(crate) fn config_url(&self) -> &str {
        &self.config_url
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program.
pub(crate) fn binary() -> PathBuf {
    if let Some(named) = env::var_os("EVENT_GATEWAY_BIN") {
        return named.into();
    }
    // This test is target/PROFILE/deps/it-HASH.
    let own = env::current_exe().unwrap();
    let beside = own.ancestors().nth(2).unwrap().join("event-gateway");
    assert!(
        beside.exists(),
        "{} is missing: run the tests of the whole workspace, or `cargo build` first",
        beside.display()
    );
    beside
}

/// The ports that a start-up line names, events first.
fn ports(line: &str) -> Option<[u16; 2]> {
    let port = |api: &str| {
        let (_, url) = line.split_once(&format!("{api} API listening on "))?;
        let (_, port) = url.split_once("://localhost:")?;
        let end = port
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(port.len());
        port[..end].parse().ok()
    };
    Some([port("Events")?, port("Config")?])
}

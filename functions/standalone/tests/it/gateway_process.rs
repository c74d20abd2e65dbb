//! The program under test as a running process.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::client::{Answer, get, send};
use crate::stderr_lines::StderrLines;

/// How long anything may take that is only a matter of the machine's speed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until something is so.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// The program with an empty environment but for what AWS clients would otherwise look for on the network.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_event-gateway"));
    command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// Runs the program to its end.
pub(crate) fn run<S: AsRef<OsStr>>(flags: impl IntoIterator<Item = S>) -> Output {
    program().args(flags).output().unwrap()
}

/// A gateway that answers. Dropping it kills it.
pub(crate) struct GatewayProcess {
    child: Child,
    /// Where the Events API is.
    pub(crate) events: SocketAddr,
    /// Where the Configuration API is.
    pub(crate) config: SocketAddr,
    /// The log.
    pub(crate) log: StderrLines,
    own_directory: Option<TempDir>,
}

impl GatewayProcess {
    /// Starts a gateway with an empty store of its own.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut started = Self::start_in(directory.path(), flags);
        started.own_directory = Some(directory);
        started
    }

    /// Starts a gateway on a store. The flags win over those that choose ports and folder.
    pub(crate) fn start_in(directory: &Path, flags: &[&str]) -> Self {
        let started = Self::start_unprobed(directory, flags);
        wait_until("the status answers", || {
            started.get_config("/v1/status").status == 200
        });
        started
    }

    /// Starts a gateway and only waits for its start-up line, as it must be where its ports speak TLS.
    pub(crate) fn start_unprobed(directory: &Path, flags: &[&str]) -> Self {
        Self::start_program(program(), directory, flags)
    }

    /// The same of a program whose environment is prepared.
    pub(crate) fn start_program(mut program: Command, directory: &Path, flags: &[&str]) -> Self {
        let mut child = program
            .args([
                "-bind-address",
                "127.0.0.1",
                "-events-port",
                "0",
                "-config-port",
                "0",
            ])
            .arg("-embed-data-dir")
            .arg(directory)
            .args(flags)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = StderrLines::of(child.stderr.take().unwrap());
        let Some([events, config]) = log.wait_for(PATIENCE, ports) else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("no start-up line:\n{}", log.whole());
        };
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            child,
            events: at(events),
            config: at(config),
            log,
            own_directory: None,
        }
    }

    /// GET on the Configuration API.
    pub(crate) fn get_config(&self, path: &str) -> Answer {
        get(self.config, path)
    }

    /// POST on the Events API.
    pub(crate) fn post_event(&self, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        send(self.events, "POST", path, headers, body)
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Sends a signal and waits for the end.
    pub(crate) fn stop(&mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        self.wait()
    }

    /// Waits for the end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until("the process ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// Ends the process without a chance to tidy up.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Fails unless the process is still the one that was started and serves both ports.
    pub(crate) fn assert_serving(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "{ended:?}\n{}", self.log.so_far());
        assert_eq!(self.get_config("/v1/status").status, 200);
        let probe = self.post_event("/nobody-subscribes-here", &[], "");
        assert_eq!(probe.status, 202, "{}", probe.text());
        let log = self.log.so_far();
        assert!(!log.contains("panicked"), "{log}");
    }

    /// The most memory that the process has had so far, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
        kibibytes * 1024
    }

    /// Fails if the process ever had more memory than this.
    pub(crate) fn assert_peak_memory_below(&self, mebibytes: u64) {
        let peak = self.peak_memory() >> 20;
        assert!(peak < mebibytes, "{peak} MiB, allowed {mebibytes} MiB");
    }

    /// Files and sockets that the process has open.
    pub(crate) fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id()))
            .unwrap()
            .count()
    }
}

impl Drop for GatewayProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Nobody writes there any more.
        drop(self.own_directory.take());
    }
}

/// The ports that a start-up line names, events first.
fn ports(line: &str) -> Option<[u16; 2]> {
    let port = |api: &str| {
        let (_, url) = line.split_once(&format!("{api} API listening on "))?;
        let (_, port) = url.split_once("://localhost:")?;
        let end = port.find(|c: char| !c.is_ascii_digit()).unwrap_or(port.len());
        port[..end].parse().ok()
    };
    Some([port("Events")?, port("Config")?])
}

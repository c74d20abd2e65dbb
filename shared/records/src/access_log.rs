//! The access log: a line for each request. A thread of its own writes them, so that no request ever waits for a terminal, a
//! pipe or a disk; what these do not take in time is left out and counted.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

/// Lines that the access log left out: what it is written to did not keep up, or failed.
pub const ACCESS_LOG_DROPPED: &str = "eventgateway_access_log_dropped_total";

/// Bytes that are written at a time, unless a single line is longer.
const BATCH_BYTES: usize = 64 * 1024;

/// How soon it is tried again to say that all is to be written, where as many lines wait as may.
const FLUSH_RETRY: Duration = Duration::from_millis(10);

/// The access log. Clones share it. What was noted is written when the last one is dropped.
#[derive(Debug, Clone)]
pub struct AccessLog(Way);

#[derive(Debug, Clone)]
enum Way {
    Thread(Arc<SyncSender<Command>>),
    Here,
}

#[derive(Debug)]
enum Command {
    Line(String),
    /// Say when all that came before is written.
    Flush(SyncSender<()>),
}

/// What lines are written to.
enum Sink {
    /// With the rest of the log, of which no line comes in between.
    Stderr,
    File(File),
    #[cfg(test)]
    Other(Box<dyn Write + Send>),
}

impl AccessLog {
    /// A log on stderr, for which no more than so many lines wait. Fails when the system has no thread left.
    pub fn to_stderr(backlog: usize) -> io::Result<Self> {
        Self::start(Sink::Stderr, backlog)
    }

    /// A log that is added to a file, which is created where it is missing, readable by its owner alone.
    pub fn to_file(path: &Path, backlog: usize) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Self::start(Sink::File(options.open(path)?), backlog)
    }

    /// A log on stderr that is written at once: of a process that is stopped whenever it has answered, as on AWS Lambda,
    /// a thread would not get to it.
    pub fn at_once() -> Self {
        Self(Way::Here)
    }

    fn start(sink: Sink, backlog: usize) -> io::Result<Self> {
        let (commands, received) = sync_channel(backlog.max(1));
        std::thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || run(&received, sink))?;
        Ok(Self(Way::Thread(Arc::new(commands))))
    }

    /// Adds a line, which has its end. It is left out and counted where too many wait.
    pub fn note(&self, line: String) {
        let is_taken = match &self.0 {
            Way::Thread(commands) => commands.try_send(Command::Line(line)).is_ok(),
            Way::Here => Sink::Stderr.write(line.as_bytes()).is_ok(),
        };
        if !is_taken {
            count_dropped(1);
        }
    }

    /// Waits until all that was noted is written, but not for longer than this.
    pub async fn flush(&self, most: Duration) {
        let Way::Thread(commands) = &self.0 else { return };
        let commands = Arc::clone(commands);
        let flushing = tokio::task::spawn_blocking(move || {
            let (told, written) = sync_channel(1);
            let (end, mut command) = (Instant::now() + most, Command::Flush(told));
            while let Err(TrySendError::Full(again)) = commands.try_send(command) {
                if Instant::now() >= end {
                    return;
                }
                std::thread::sleep(FLUSH_RETRY);
                command = again;
            }
            let _ = written.recv_timeout(end.saturating_duration_since(Instant::now()));
        });
        let _ = flushing.await;
    }
}

impl Sink {
    /// Writes lines, of which nobody else's come in between. Fails with how many bytes were written.
    fn write(&mut self, bytes: &[u8]) -> Result<(), usize> {
        match self {
            Self::Stderr => write_all(&mut io::stderr().lock(), bytes),
            Self::File(file) => write_all(file, bytes),
            #[cfg(test)]
            Self::Other(other) => write_all(other, bytes),
        }
    }
}

fn write_all(sink: &mut dyn Write, bytes: &[u8]) -> Result<(), usize> {
    let mut written = 0;
    while written < bytes.len() {
        match sink.write(&bytes[written..]) {
            Ok(0) => return Err(written),
            Ok(more) => written += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(written),
        }
    }
    Ok(())
}

fn count_dropped(lines: u64) {
    metrics::counter!(ACCESS_LOG_DROPPED).increment(lines);
}

/// Writes what comes in until nobody is left who notes anything.
fn run(commands: &Receiver<Command>, mut sink: Sink) {
    let mut batch = Vec::new();
    // Whether what was written last is only the beginning of a line, as on a full disk.
    let mut is_torn = false;
    while let Ok(first) = commands.recv() {
        let mut flushed = None;
        if is_torn {
            batch.push(b'\n');
        }
        for command in std::iter::once(first).chain(commands.try_iter()) {
            match command {
                Command::Line(line) => batch.extend_from_slice(line.as_bytes()),
                Command::Flush(told) => flushed = Some(told),
            }
            if batch.len() >= BATCH_BYTES || flushed.is_some() {
                break;
            }
        }
        is_torn = match sink.write(&batch) {
            Ok(()) => false,
            Err(0) => {
                count_dropped(lines_of(&batch) - u64::from(is_torn));
                is_torn
            }
            Err(written) => {
                let (begun, left) = batch.split_at(written);
                count_dropped(lines_of(left));
                !begun.ends_with(b"\n")
            }
        };
        batch.clear();
        if let Some(told) = flushed {
            // Who does not wait any longer needs no answer.
            let _ = told.send(());
        }
    }
}

fn lines_of(bytes: &[u8]) -> u64 {
    bytes.split(|byte| *byte == b'\n').count().saturating_sub(1) as u64
}

#[cfg(test)]
mod tests;

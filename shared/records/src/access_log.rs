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
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    /// A pipe that takes nothing until it is let.
    struct Slow {
        reached: Sender<Vec<u8>>,
        go_on: Receiver<()>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.reached.send(bytes.to_vec()).unwrap();
            self.go_on.recv().map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_slow_keeps_nobody_waiting() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let page = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            let ((reached, written), (let_go, go_on)) = (channel(), channel());
            let log = AccessLog::start(Sink::Other(Box::new(Slow { reached, go_on })), 4).unwrap();
            log.note("first\n".to_owned());
            assert_eq!(written.recv().unwrap(), b"first\n");
            // The thread is stuck: four lines wait, the others are left out.
            for number in 0..10 {
                log.note(format!("{number}\n"));
            }
            assert!(
                page.render()
                    .contains("eventgateway_access_log_dropped_total 6\n"),
                "{}",
                page.render()
            );
            let_go.send(()).unwrap();
            assert_eq!(written.recv().unwrap(), b"0\n1\n2\n3\n");
            let_go.send(()).unwrap();
        });
    }

    /// A disk that is full after so many bytes, twice.
    struct Full {
        left: usize,
        failures: usize,
        taken: Sender<Vec<u8>>,
    }

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.left == 0 && self.failures > 0 {
                self.failures -= 1;
                return Err(io::Error::from(io::ErrorKind::StorageFull));
            }
            let room = if self.failures > 0 { self.left } else { usize::MAX };
            let taken = bytes.len().min(room);
            self.left = self.left.saturating_sub(taken);
            self.taken.send(bytes[..taken].to_vec()).unwrap();
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_was_cut_off_spoils_no_other() {
        for (left, want) in [
            (6, "one\ntw\nfour\n"),
            (8, "one\ntwo\nfour\n"),
            (0, "four\n"),
        ] {
            let (taken, all) = channel();
            let (commands, received) = sync_channel(10);
            for lines in ["one\ntwo\nthree\n", "lost\n", "four\n"] {
                let (told, _written) = sync_channel(1);
                commands.send(Command::Line(lines.to_owned())).unwrap();
                commands.send(Command::Flush(told)).unwrap();
            }
            drop(commands);
            let full = Full {
                left,
                failures: 2,
                taken,
            };
            run(&received, Sink::Other(Box::new(full)));
            let all: Vec<u8> = all.iter().flatten().collect();
            assert_eq!(String::from_utf8(all).unwrap(), want);
        }
    }

    #[tokio::test]
    async fn lines_are_added_to_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        for line in ["one\n", "two\n"] {
            let log = AccessLog::to_file(&path, 10).unwrap();
            log.note(line.to_owned());
            log.flush(Duration::from_secs(20)).await;
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }
}

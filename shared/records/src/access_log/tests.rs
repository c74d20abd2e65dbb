//! What the access log does where what it is written to is slow, or full.

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
    for (left, want) in [(6, "one\ntw\nfour\n"), (8, "one\ntwo\nfour\n"), (0, "four\n")] {
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

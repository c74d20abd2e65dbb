//! What a process writes to stderr, line by line, as it comes.

use std::io::{BufRead as _, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// The lines so far; clones show the same.
#[derive(Clone, Default)]
pub(crate) struct StderrLines(Arc<(Mutex<Written>, Condvar)>);

#[derive(Default)]
struct Written {
    lines: Vec<String>,
    is_over: bool,
}

impl StderrLines {
    /// Reads from now on, to the end.
    pub(crate) fn of(stderr: impl Read + Send + 'static) -> Self {
        let written = Self::default();
        let reading = written.clone();
        thread::spawn(move || {
            let mut stderr = BufReader::new(stderr);
            let mut line = Vec::new();
            while stderr.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned();
                reading.change(|written| written.lines.push(text));
                line.clear();
            }
            reading.change(|written| written.is_over = true);
        });
        written
    }

    fn change(&self, change: impl FnOnce(&mut Written)) {
        let (written, changed) = &*self.0;
        change(&mut written.lock().unwrap());
        changed.notify_all();
    }

    /// The first line that `wanted` makes something of; `None` if the process ends, or the time, before it comes.
    pub(crate) fn wait_for<T>(&self, limit: Duration, wanted: impl Fn(&str) -> Option<T>) -> Option<T> {
        let (written, changed) = &*self.0;
        let find = |written: &Written| written.lines.iter().find_map(|line| wanted(line));
        let waiting = |written: &mut Written| !written.is_over && find(written).is_none();
        let (written, _) = changed
            .wait_timeout_while(written.lock().unwrap(), limit, waiting)
            .unwrap();
        find(&written)
    }

    /// All lines, once the process has ended.
    pub(crate) fn whole(&self) -> String {
        let (written, changed) = &*self.0;
        let (written, timeout) = changed
            .wait_timeout_while(written.lock().unwrap(), Duration::from_secs(20), |written| {
                !written.is_over
            })
            .unwrap();
        assert!(!timeout.timed_out(), "stderr is still open: {:?}", written.lines);
        written.lines.join("\n")
    }

    /// All lines so far.
    pub(crate) fn so_far(&self) -> String {
        self.0.0.lock().unwrap().lines.join("\n")
    }
}

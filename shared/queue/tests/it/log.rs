//! What the tests of this binary log, to look into.

use std::io;
use std::sync::{Mutex, OnceLock};

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static INSTALLED: OnceLock<()> = OnceLock::new();

struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps what is logged from now on, by all tests of the process.
pub(crate) fn keep() {
    INSTALLED.get_or_init(|| {
        tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(|| Lines)
            .init();
    });
}

/// The lines with this text; texts are to be of one test alone.
pub(crate) fn lines_with(text: &str) -> Vec<String> {
    let kept = LINES.lock().unwrap();
    String::from_utf8_lossy(&kept)
        .lines()
        .filter(|line| line.contains(text))
        .map(str::to_owned)
        .collect()
}

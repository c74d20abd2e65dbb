//! The folder of one space: its files, and what becomes of it when they cannot be written.

use std::io;
use std::time::{Duration, Instant};

use super::segments::{Segment, Segments};

/// How long a space whose files failed is left alone.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The files of a space. Lines that cannot be written are thrown away, so that they do not pile up.
#[derive(Debug)]
pub(super) struct Folder {
    segments: Segments,
    failed_at: Option<Instant>,
}

/// What a failure cost.
#[derive(Debug)]
pub(super) struct Loss {
    /// Lines that were thrown away.
    pub(super) lines: u64,
    /// Why.
    pub(super) error: io::Error,
}

impl Folder {
    /// A space with these files.
    pub(super) fn new(segments: Segments) -> Self {
        Self {
            segments,
            failed_at: None,
        }
    }

    /// Whether the files failed a moment ago, so that nothing is to be added yet.
    pub(super) fn failed_lately(&self) -> bool {
        self.failed_at.is_some_and(|at| at.elapsed() < RETRY_AFTER)
    }

    /// Adds a line as [`Segments::append`] does.
    pub(super) fn append(&mut self, line: &[u8], bytes_per_space: u64) -> Result<(), Loss> {
        let appended = self.segments.append(line, bytes_per_space);
        appended.map_err(|error| self.fail(error, 1))
    }

    /// Brings the lines that were added into the files.
    pub(super) fn flush(&mut self) -> Result<(), Loss> {
        let flushed = self.segments.flush();
        flushed.map_err(|error| self.fail(error, 0))
    }

    /// Throws away the lines that are not in the files; `more` lines are lost besides.
    fn fail(&mut self, error: io::Error, more: u64) -> Loss {
        self.failed_at = Some(Instant::now());
        let lines = self.segments.discard() + more;
        Loss { lines, error }
    }

    /// Lines that were added and are not in the files yet.
    pub(super) fn buffered(&self) -> u64 {
        self.segments.buffered()
    }

    /// The files, the oldest first.
    pub(super) fn files(&self) -> Vec<Segment> {
        self.segments.files()
    }

    /// About how many bytes of the disk the space takes.
    pub(super) fn footprint(&self) -> u64 {
        self.segments.footprint()
    }

    /// Deletes the files.
    pub(super) fn remove(self) -> Result<(), Loss> {
        let removed = self.segments.remove();
        removed.map_err(|error| Loss { lines: 0, error })
    }
}

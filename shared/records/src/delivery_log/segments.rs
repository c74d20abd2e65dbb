//! The files of one space: segments that lines are appended to, the oldest of which goes when a new one begins.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::SystemTime;

use super::segment_file::{end_line, file_name, number_of, open, remove_file};

/// Parts that the bytes of a space are in; one of them goes at a time.
const SEGMENTS: u64 = 4;
/// What even an empty file takes of a disk.
const BLOCK: u64 = 4096;

/// A file of lines.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    number: u64,
    /// The file.
    pub(super) path: PathBuf,
    /// Bytes that were written to it.
    pub(super) bytes: u64,
}

/// The segments of a space. Files are open only while they are written to, so that any number of spaces needs one
/// descriptor, and a folder that somebody removes is made anew.
#[derive(Debug)]
pub(super) struct Segments {
    folder: PathBuf,
    /// The oldest first; the last one grows.
    files: VecDeque<Segment>,
    /// Lines for the last segment.
    buffer: Vec<u8>,
    /// How many lines these are.
    buffered: u64,
    /// Whether the last segment is known to end in a whole line.
    ends_whole: bool,
}

impl Segments {
    /// The segments of a space that has no files yet.
    pub(super) fn none(folder: PathBuf) -> Self {
        Self {
            folder,
            files: VecDeque::new(),
            buffer: Vec::new(),
            buffered: 0,
            ends_whole: false,
        }
    }

    /// The segments in a folder, and when one was last written to. Files of other names are left alone.
    pub(super) fn find(folder: PathBuf) -> io::Result<(Self, SystemTime)> {
        let mut files = Vec::new();
        let mut written = SystemTime::UNIX_EPOCH;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let Some(number) = entry.file_name().to_str().and_then(number_of) else {
                continue;
            };
            let metadata = entry.metadata()?;
            if metadata.is_file() {
                written = written.max(metadata.modified()?);
                files.push(Segment {
                    number,
                    path: entry.path(),
                    bytes: metadata.len(),
                });
            }
        }
        files.sort_by_key(|segment| segment.number);
        let mut segments = Self::none(folder);
        segments.files = files.into();
        Ok((segments, written))
    }

    /// The longest line that a space of so many bytes takes.
    pub(super) fn longest_line(bytes_per_space: u64) -> u64 {
        bytes_per_space / SEGMENTS
    }

    /// Adds a line, which ends in a line feed and is not longer than the longest; it is in the file after a
    /// [`Self::flush`]. All files stay within `bytes_per_space`.
    pub(super) fn append(&mut self, line: &[u8], bytes_per_space: u64) -> io::Result<()> {
        let segment_bytes = bytes_per_space / SEGMENTS;
        let more = to_u64(self.buffer.len() + line.len());
        if self
            .files
            .back()
            .is_none_or(|last| last.bytes + more > segment_bytes)
        {
            self.flush()?;
            self.begin(segment_bytes, bytes_per_space)?;
        }
        self.buffer.extend_from_slice(line);
        self.buffered += 1;
        Ok(())
    }

    /// Begins a segment, once there is room for it.
    fn begin(&mut self, segment_bytes: u64, bytes_per_space: u64) -> io::Result<()> {
        let mut kept: u64 = self.files.iter().map(|segment| segment.bytes).sum();
        while kept + segment_bytes > bytes_per_space {
            let Some(oldest) = self.files.front() else { break };
            remove_file(&oldest.path)?;
            kept -= oldest.bytes;
            self.files.pop_front();
        }
        let number = self.files.back().map_or(1, |last| last.number + 1);
        self.files.push_back(Segment {
            number,
            path: self.folder.join(file_name(number)),
            bytes: 0,
        });
        self.ends_whole = false;
        Ok(())
    }

    /// Brings the lines that were added into the file.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let Some(last) = self.files.back_mut().filter(|_| !self.buffer.is_empty()) else {
            return Ok(());
        };
        let mut file = open(&self.folder, &last.path)?;
        if !self.ends_whole {
            // The process before this one was killed, or the disk was full.
            last.bytes = end_line(&mut file)?;
        }
        self.ends_whole = false;
        file.write_all(&self.buffer)?;
        self.ends_whole = true;
        last.bytes += to_u64(self.buffer.len());
        self.buffer.clear();
        self.buffered = 0;
        Ok(())
    }

    /// Lines that were added and are not in the file yet.
    pub(super) fn buffered(&self) -> u64 {
        self.buffered
    }

    /// Throws away the lines that are not in the file yet; gives their number.
    pub(super) fn discard(&mut self) -> u64 {
        self.buffer = Vec::new();
        // Some may be in the file all the same, in part.
        if let Some(last) = self.files.back_mut()
            && let Ok(metadata) = fs::metadata(&last.path)
        {
            last.bytes = metadata.len();
        }
        std::mem::take(&mut self.buffered)
    }

    /// The files, the oldest first.
    pub(super) fn files(&self) -> Vec<Segment> {
        self.files.iter().cloned().collect()
    }

    /// About how many bytes of the disk the segments take.
    pub(super) fn footprint(&self) -> u64 {
        let blocks = |bytes: u64| bytes.next_multiple_of(BLOCK).max(BLOCK);
        let files: u64 = self.files.iter().map(|segment| blocks(segment.bytes)).sum();
        // A space without files costs memory; counted, it is forgotten in its turn.
        files.max(BLOCK) + to_u64(self.buffer.len())
    }

    /// Deletes the files, and the folder if nothing else is in it.
    pub(super) fn remove(self) -> io::Result<()> {
        for segment in &self.files {
            remove_file(&segment.path)?;
        }
        // The folder may hold files of others, or be gone.
        _ = fs::remove_dir(&self.folder);
        Ok(())
    }
}

fn to_u64(bytes: usize) -> u64 {
    bytes.try_into().unwrap_or(u64::MAX)
}

//! The folders of all spaces, within the bytes that they may take together.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use domain::delivery_attempt::DeliveryAttempt;
use domain::ids::Space;
use hashlink::LinkedHashMap;

use super::attempt_files::AttemptFilesLimits;
use super::count_dropped;
use super::folder_name::folder_name;
use super::segment_file::create_folder;
use super::segments::{Segment, Segments};

/// How long a space whose files failed is left alone.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How often failures are logged at most.
const LOG_EVERY: Duration = Duration::from_mins(1);

/// The folders, by their names.
#[derive(Debug)]
pub(super) struct Folders {
    root: PathBuf,
    limits: AttemptFilesLimits,
    /// The one that was written to last at the end.
    spaces: LinkedHashMap<String, Folder>,
    /// Those with lines that are not yet in their files.
    unwritten: Vec<String>,
    /// What all take of the disk.
    footprint: u64,
    line: Vec<u8>,
    last_logged: Option<Instant>,
}

#[derive(Debug)]
struct Folder {
    segments: Segments,
    failed: Option<Instant>,
}

impl Folders {
    /// Those that are below `root`, which is created when missing.
    pub(super) fn open(root: PathBuf, limits: AttemptFilesLimits) -> io::Result<Self> {
        create_folder(&root)?;
        let mut found = Vec::new();
        for entry in fs::read_dir(&root)? {
            let entry = entry?;
            // What cannot be read is not ours, or shows when it is written to.
            if let (Ok(name), Ok(segments)) = (entry.file_name().into_string(), Segments::find(entry.path()))
            {
                found.push((name, segments));
            }
        }
        found.sort_by_key(|(_, (_, written))| *written);
        let mut folders = Self {
            root,
            limits,
            spaces: LinkedHashMap::new(),
            unwritten: Vec::new(),
            footprint: 0,
            line: Vec::new(),
            last_logged: None,
        };
        for (name, (segments, _)) in found {
            folders.footprint += segments.footprint();
            let failed = None;
            folders.spaces.insert(name, Folder { segments, failed });
        }
        folders.make_room();
        Ok(folders)
    }

    /// Adds an attempt to those of its space; it is left out if that cannot be.
    pub(super) fn append(&mut self, attempt: &DeliveryAttempt) {
        self.line.clear();
        let written = serde_json::to_writer(&mut self.line, attempt);
        self.line.push(b'\n');
        let longest = Segments::longest_line(self.limits.bytes_per_space);
        if written.is_err() || u64::try_from(self.line.len()).is_ok_and(|bytes| bytes > longest) {
            return count_dropped(1);
        }
        let name = folder_name(&attempt.space);
        let Some(folder) = self.spaces.to_back(&name) else {
            let segments = Segments::none(self.root.join(&name));
            self.footprint += segments.footprint();
            let failed = None;
            self.spaces.insert(name.clone(), Folder { segments, failed });
            return self.add_line(name);
        };
        if folder.failed.is_some_and(|at| at.elapsed() < RETRY_AFTER) {
            return count_dropped(1);
        }
        folder.failed = None;
        self.add_line(name);
    }

    /// Adds the line at hand to a folder.
    fn add_line(&mut self, name: String) {
        let Some(Folder { segments, failed }) = self.spaces.get_mut(&name) else {
            return;
        };
        let before = segments.footprint();
        let added = segments.append(&self.line, self.limits.bytes_per_space);
        let mut lost = 0;
        if added.is_err() {
            lost = segments.discard() + 1;
            *failed = Some(Instant::now());
        }
        self.footprint = self.footprint - before + segments.footprint();
        match added {
            Ok(()) if segments.buffered() == 1 => self.unwritten.push(name),
            Ok(()) => {}
            Err(error) => self.report(&error, lost),
        }
        self.make_room();
    }

    /// Brings what was added into the files.
    pub(super) fn flush(&mut self) {
        for name in std::mem::take(&mut self.unwritten) {
            self.flush_folder(&name);
        }
        self.make_room();
    }

    fn flush_folder(&mut self, name: &str) {
        let Some(Folder { segments, failed }) = self.spaces.get_mut(name) else {
            return;
        };
        let before = segments.footprint();
        let flushed = segments.flush();
        let mut lost = 0;
        if flushed.is_err() {
            lost = segments.discard();
            *failed = Some(Instant::now());
        }
        self.footprint = self.footprint - before + segments.footprint();
        if let Err(error) = flushed {
            self.report(&error, lost);
        }
    }

    /// The files of a space with all that was added to it, the oldest first.
    pub(super) fn files(&mut self, space: &Space) -> Vec<Segment> {
        let name = folder_name(space);
        self.flush_folder(&name);
        self.spaces
            .get(&name)
            .map(|folder| folder.segments.files())
            .unwrap_or_default()
    }

    /// Deletes the spaces that were not written to for the longest time, but not the last one.
    fn make_room(&mut self) {
        while self.footprint > self.limits.bytes && self.spaces.len() > 1 {
            let Some((_, folder)) = self.spaces.pop_front() else {
                break;
            };
            self.footprint -= folder.segments.footprint();
            if let Err(error) = folder.segments.remove() {
                self.report(&error, 0);
            }
        }
    }

    /// Counts attempts that are lost, and says why, but not for each of a flood.
    fn report(&mut self, error: &io::Error, lost: u64) {
        count_dropped(lost);
        if self.last_logged.is_none_or(|at| at.elapsed() >= LOG_EVERY) {
            self.last_logged = Some(Instant::now());
            let folder = self.root.display();
            tracing::warn!(%folder, %error, lost, "The delivery log cannot be written. Attempts are left out.");
        }
    }
}

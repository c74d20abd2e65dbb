//! The folders of all spaces, within the bytes that they may take together.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use domain::delivery_attempt::DeliveryAttempt;
use domain::ids::Space;
use hashlink::LinkedHashMap;

use super::dropped::count_dropped;
use super::folder::{Folder, Loss};
use super::folder_name::folder_name;
use super::limits::AttemptFilesLimits;
use super::segment_file::create_folder;
use super::segments::{Segment, Segments};

/// How often failures are logged at most.
const LOG_EVERY: Duration = Duration::from_mins(1);

/// The folders of all spaces.
#[derive(Debug)]
pub(super) struct Folders {
    root: PathBuf,
    limits: AttemptFilesLimits,
    /// By their names, in the order in which they were last written to.
    spaces: LinkedHashMap<String, Folder>,
    /// The names of folders with lines that are not yet in their files.
    unwritten: Vec<String>,
    /// The sum of the footprints of all folders.
    footprint: u64,
    last_logged: Option<Instant>,
}

impl Folders {
    /// Takes over the folders that are below `root`, which is created when missing.
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
            last_logged: None,
        };
        for (name, (segments, _)) in found {
            folders.insert(name, segments);
        }
        folders.make_room();
        Ok(folders)
    }

    fn insert(&mut self, name: String, segments: Segments) {
        let folder = Folder::new(segments);
        self.footprint += folder.footprint();
        self.spaces.insert(name, folder);
    }

    /// Adds an attempt to those of its space. It is left out and counted if that cannot be.
    pub(super) fn append(&mut self, attempt: &DeliveryAttempt) {
        let bytes_per_space = self.limits.bytes_per_space;
        let Some(line) = line_of(attempt, Segments::longest_line(bytes_per_space)) else {
            return count_dropped(1);
        };
        let name = folder_name(&attempt.space);
        if !self.spaces.contains_key(&name) {
            self.insert(name.clone(), Segments::none(self.root.join(&name)));
        }
        let Some(folder) = self.spaces.to_back(&name) else {
            return;
        };
        if folder.failed_lately() {
            return count_dropped(1);
        }
        let before = folder.footprint();
        let appended = folder.append(&line, bytes_per_space);
        self.footprint = self.footprint - before + folder.footprint();
        if folder.buffered() == 1 {
            self.unwritten.push(name);
        }
        self.report(appended);
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
        let Some(folder) = self.spaces.get_mut(name) else {
            return;
        };
        let before = folder.footprint();
        let flushed = folder.flush();
        self.footprint = self.footprint - before + folder.footprint();
        self.report(flushed);
    }

    /// The files of a space with all that was added to it, the oldest first.
    pub(super) fn files(&mut self, space: &Space) -> Vec<Segment> {
        let name = folder_name(space);
        self.flush_folder(&name);
        self.spaces.get(&name).map(Folder::files).unwrap_or_default()
    }

    /// Deletes the files of a space.
    pub(super) fn forget(&mut self, space: &Space) -> io::Result<()> {
        let name = folder_name(space);
        // Lines that are not in a file yet are brought there, so that all of it goes in one way.
        self.flush_folder(&name);
        let Some(folder) = self.spaces.remove(&name) else {
            return Ok(());
        };
        let footprint = folder.footprint();
        // What cannot be deleted now stays known, to be deleted later.
        if let Err(Loss { error, .. }) = folder.remove() {
            if let Ok((segments, _)) = Segments::find(self.root.join(&name)) {
                let found = Folder::new(segments);
                self.footprint = self.footprint - footprint + found.footprint();
                self.spaces.insert(name, found);
            }
            return Err(error);
        }
        self.footprint -= footprint;
        Ok(())
    }

    /// Deletes the spaces that were not written to for the longest time, but not the last one.
    fn make_room(&mut self) {
        while self.footprint > self.limits.bytes && self.spaces.len() > 1 {
            let Some((_, folder)) = self.spaces.pop_front() else {
                break;
            };
            self.footprint -= folder.footprint();
            self.report(folder.remove());
        }
    }

    /// Counts the lines that a failure cost, and logs why, but not for each of a flood.
    fn report(&mut self, result: Result<(), Loss>) {
        let Err(Loss { lines: lost, error }) = result else {
            return;
        };
        count_dropped(lost);
        if self.last_logged.is_none_or(|at| at.elapsed() >= LOG_EVERY) {
            self.last_logged = Some(Instant::now());
            let folder = self.root.display();
            tracing::warn!(%folder, %error, lost, "The delivery log cannot be written. Attempts are left out.");
        }
    }
}

/// An attempt as a line of a file, with its line feed; `None` if it is longer than `longest` bytes.
fn line_of(attempt: &DeliveryAttempt, longest: u64) -> Option<Vec<u8>> {
    let mut line = serde_json::to_vec(attempt).ok()?;
    line.push(b'\n');
    u64::try_from(line.len())
        .is_ok_and(|bytes| bytes <= longest)
        .then_some(line)
}

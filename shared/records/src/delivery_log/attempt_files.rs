//! The delivery log in files: the handle that attempts are noted and read by.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use domain::delivery_attempt::DeliveryAttempt;
use domain::ids::Space;

use super::folders::Folders;
use super::segments::Segment;
use super::writer::{self, CAPACITY, Command};
use super::{AttemptFilter, count_dropped};

/// Attempts in files: a folder for each space, with a JSON object a line. Clones share the files, which are written
/// to the end when the last one is dropped.
#[derive(Debug, Clone)]
pub struct AttemptFiles(Arc<Writer>);

/// How much of the disk attempts may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptFilesLimits {
    /// Bytes for each space; the oldest quarter goes for new ones. 0 keeps nothing.
    pub bytes_per_space: u64,
    /// Bytes of all spaces, to the block of a disk. Spaces that were not written to for the longest time go first.
    pub bytes: u64,
}

/// The thread and the way to it.
#[derive(Debug)]
struct Writer {
    commands: SyncSender<Command>,
    thread: Option<JoinHandle<()>>,
    keeps_nothing: bool,
}

impl AttemptFiles {
    /// Notes in a folder, which is created when missing, and adds to what is there.
    pub fn open(directory: PathBuf, limits: AttemptFilesLimits) -> io::Result<Self> {
        let limits = AttemptFilesLimits {
            bytes_per_space: limits.bytes_per_space.min(limits.bytes),
            ..limits
        };
        let folders = Folders::open(directory, limits)?;
        let (commands, received) = sync_channel(CAPACITY);
        let thread = std::thread::Builder::new()
            .name("delivery-log".to_owned())
            .spawn(move || writer::run(&received, folders))?;
        Ok(Self(Arc::new(Writer {
            commands,
            thread: Some(thread),
            keeps_nothing: limits.bytes_per_space == 0,
        })))
    }

    pub(super) fn note(&self, attempt: DeliveryAttempt) {
        let command = Command::Note(Box::new(attempt));
        if !self.0.keeps_nothing && self.0.commands.try_send(command).is_err() {
            count_dropped(1);
        }
    }

    pub(super) async fn read(
        &self,
        space: &Space,
        filter: &AttemptFilter,
        limit: usize,
    ) -> io::Result<Vec<DeliveryAttempt>> {
        let (files, space, filter) = (self.clone(), space.clone(), filter.cut());
        let read = tokio::task::spawn_blocking(move || {
            let (reply, segments) = sync_channel(1);
            files.0.command(Command::Files {
                space: space.clone(),
                reply,
            })?;
            let segments = segments.recv().map_err(io::Error::other)?;
            read_newest(&segments, &space, &filter, limit)
        });
        read.await.map_err(io::Error::other)?
    }

    /// Sends the thread a command.
    #[cfg(test)]
    pub(super) fn command(&self, command: Command) -> io::Result<()> {
        self.0.command(command)
    }
}

impl Writer {
    /// Sends a command, waiting for room, and has the thread do it now.
    fn command(&self, command: Command) -> io::Result<()> {
        self.commands.send(command).map_err(|_| ErrorKind::BrokenPipe)?;
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let told = self.command(Command::End).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| told) {
            // A thread that panicked has nothing more to write.
            _ = thread.join();
        }
    }
}

/// The newest attempts of a space in files of it, the last one first.
fn read_newest(
    segments: &[Segment],
    space: &Space,
    filter: &AttemptFilter,
    limit: usize,
) -> io::Result<Vec<DeliveryAttempt>> {
    let mut newest = Vec::new();
    for segment in segments.iter().rev() {
        if newest.len() >= limit {
            break;
        }
        let passes = |attempt: &DeliveryAttempt| attempt.space == *space && filter.passes(attempt);
        newest.extend(read_segment(segment, passes, limit - newest.len())?);
    }
    Ok(newest)
}

/// The newest attempts in one file. What is no attempt is passed over: a line that broke off, a damaged one, or one of
/// a version with other fields.
fn read_segment(
    segment: &Segment,
    passes: impl Fn(&DeliveryAttempt) -> bool,
    limit: usize,
) -> io::Result<impl Iterator<Item = DeliveryAttempt>> {
    let mut newest = VecDeque::new();
    let file = match File::open(&segment.path) {
        Ok(file) => file,
        // The writer is ahead and has deleted it.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(newest.into_iter().rev()),
        Err(error) => return Err(error),
    };
    let mut lines = BufReader::new(file.take(segment.bytes));
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        if let Some(attempt) = serde_json::from_slice(&line).ok().filter(&passes) {
            if newest.len() == limit {
                newest.pop_front();
            }
            newest.push_back(attempt);
        }
        line.clear();
    }
    Ok(newest.into_iter().rev())
}

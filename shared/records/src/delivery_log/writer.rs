//! The thread that writes the delivery log, and the way to it.

use std::io::{self, ErrorKind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use domain::delivery_attempt::DeliveryAttempt;
use domain::ids::Space;

use super::folders::Folders;
use super::segments::Segment;

/// Most attempts that wait for the disk.
pub(super) const CAPACITY: usize = 4096;
/// Time in which attempts gather before they are written together. It spares the one who notes an attempt from
/// waking a thread each time.
const PAUSE: Duration = Duration::from_millis(20);

/// A handle of the thread. When it is dropped, the thread writes what was noted before, and ends.
#[derive(Debug)]
pub(super) struct AttemptWriter {
    commands: SyncSender<Command>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread is asked to do.
#[derive(Debug)]
pub(super) enum Command {
    /// Write an attempt.
    Note(Box<DeliveryAttempt>),
    /// Bring the attempts of a space into its files, and name these.
    Files {
        /// The space.
        space: Space,
        /// Who wants to know, with room for the answer.
        reply: SyncSender<Vec<Segment>>,
    },
    /// Delete the files of a space.
    Forget {
        /// The space.
        space: Space,
        /// Who wants to know whether they are gone.
        reply: SyncSender<io::Result<()>>,
    },
    /// Write what was noted before, and end.
    End,
}

impl AttemptWriter {
    /// Starts a thread that writes to the folders.
    pub(super) fn start(folders: Folders) -> io::Result<Self> {
        let (commands, received) = sync_channel(CAPACITY);
        let thread = std::thread::Builder::new()
            .name("delivery-log".to_owned())
            .spawn(move || run(&received, folders))?;
        Ok(Self {
            commands,
            thread: Some(thread),
        })
    }

    /// Hands the thread an attempt, without waiting. False when it has as many as it may, or is gone.
    pub(super) fn note(&self, attempt: DeliveryAttempt) -> bool {
        let command = Command::Note(Box::new(attempt));
        self.commands.try_send(command).is_ok()
    }

    /// The files of a space, the oldest first, with all that was noted before. Waits for the thread.
    pub(super) fn files(&self, space: &Space) -> io::Result<Vec<Segment>> {
        let (reply, files) = sync_channel(1);
        let space = space.clone();
        self.command(Command::Files { space, reply })?;
        files.recv().map_err(io::Error::other)
    }

    /// Deletes the files of a space, with all that was noted before. Waits for the thread.
    pub(super) fn forget(&self, space: &Space) -> io::Result<()> {
        let (reply, forgotten) = sync_channel(1);
        let space = space.clone();
        self.command(Command::Forget { space, reply })?;
        forgotten.recv().map_err(io::Error::other)?
    }

    /// Sends a command, waiting for room, and has the thread do it now.
    pub(super) fn command(&self, command: Command) -> io::Result<()> {
        self.commands.send(command).map_err(|_| ErrorKind::BrokenPipe)?;
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
        Ok(())
    }
}

impl Drop for AttemptWriter {
    fn drop(&mut self) {
        let told = self.command(Command::End).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| told) {
            // A thread that panicked has nothing more to write.
            _ = thread.join();
        }
    }
}

/// Does what comes in until it is told to end. Unparking the thread cuts its pauses short.
fn run(commands: &Receiver<Command>, mut folders: Folders) {
    while let Ok(first) = commands.recv() {
        // What was taken is written before more is, however fast that comes in.
        let batch = std::iter::once(first).chain(commands.try_iter()).take(CAPACITY);
        for command in batch {
            match command {
                Command::Note(attempt) => folders.append(&attempt),
                // Who does not wait any longer needs no answer.
                Command::Files { space, reply } => _ = reply.send(folders.files(&space)),
                Command::Forget { space, reply } => _ = reply.send(folders.forget(&space)),
                Command::End => return folders.flush(),
            }
        }
        folders.flush();
        std::thread::park_timeout(PAUSE);
    }
}

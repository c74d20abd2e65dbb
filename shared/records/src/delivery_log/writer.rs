//! The thread that writes the delivery log.

use std::sync::mpsc::{Receiver, SyncSender};
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
    /// Write what was noted before, and end.
    End,
}

/// Does what comes in until it is told to end. Unparking the thread cuts its pauses short.
pub(super) fn run(commands: &Receiver<Command>, mut folders: Folders) {
    while let Ok(first) = commands.recv() {
        // What was taken is written before more is, however fast that comes in.
        let batch = std::iter::once(first).chain(commands.try_iter()).take(CAPACITY);
        for command in batch {
            match command {
                Command::Note(attempt) => folders.append(&attempt),
                // Who does not wait any longer needs no answer.
                Command::Files { space, reply } => _ = reply.send(folders.files(&space)),
                Command::End => return folders.flush(),
            }
        }
        folders.flush();
        std::thread::park_timeout(PAUSE);
    }
}

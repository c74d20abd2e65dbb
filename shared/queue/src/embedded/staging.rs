//! Large events, requests for authorizers and dead letters of attempts are written ahead of the commit that they belong to,
//! a part at a time, so that others wait for no more than a part. What is redriven or given up is not. What nobody came to
//! need is deleted again, at the latest when the queue is opened.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::ids::Space;
use redb::ReadableTable as _;
use tokio::sync::oneshot;

use super::changes::Changes;
use super::engine::Engine;
use super::pieces::{PART, PIECE};
use super::tables::{EngineError, STAGED};
use crate::QueueError;

/// Values that are deleted in a commit when the queue is opened.
const DELETED_AT_ONCE: usize = 256;

/// A JSON text to write, which may be in the file already.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) json: Vec<u8>,
    staged: Option<Staged>,
}

/// A value of which pieces are in the file, and that nothing refers to yet. They are deleted when this goes.
#[derive(Debug)]
pub(super) struct Staged {
    number: u64,
    /// How many pieces there are.
    pieces: u32,
    /// Whether something else sees to them.
    is_taken: AtomicBool,
    requests: Requests,
}

/// A part of a value to write.
pub(super) struct Stage {
    pub(super) space: Space,
    /// Number of the value and how many pieces it has, if this is not its first part.
    at: Option<(u64, u32)>,
    pub(super) part: Vec<u8>,
    requests: Requests,
    /// Whoever does not wait for the answer any more drops it, and with it the pieces.
    answer: oneshot::Sender<Result<Staged, QueueError>>,
}

/// What the writer is asked for about what is written ahead.
pub(super) enum Request {
    /// To write a part.
    Write(Stage),
    /// To delete the value of a number, unless it was taken up.
    Delete(u64),
}

/// Where requests go. The writer stays as long as there is any of these; without it a request is dropped, and with it what
/// its answer would go to.
#[derive(Clone)]
pub(super) struct Requests(Arc<dyn Fn(Request) + Send + Sync>);

impl Requests {
    /// Requests that are handed to this.
    pub(super) fn new(make: impl Fn(Request) + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    fn make(&self, request: Request) {
        (self.0)(request);
    }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").finish_non_exhaustive()
    }
}

impl Text {
    pub(super) fn new(json: Vec<u8>) -> Self {
        Self { json, staged: None }
    }

    /// Has the commit write all of it.
    pub(super) fn forget_staged(&mut self) {
        self.staged = None;
    }

    /// Bytes that the commit has to write of it.
    pub(super) fn left(&self) -> usize {
        if self.staged.is_some() { 0 } else { self.json.len() }
    }
}

impl Stage {
    /// Says that it was written: the number of the value and how many pieces it has now; or that its earlier parts are gone.
    pub(super) fn answer(self, written: Option<(u64, u32)>) {
        let staged = written.map(|(number, pieces)| Staged {
            number,
            pieces,
            is_taken: AtomicBool::new(false),
            requests: self.requests,
        });
        let gone = || QueueError::Unavailable {
            source: EngineError::PreviousIo.into(),
        };
        let _ = self.answer.send(staged.ok_or_else(gone));
    }

    /// Says that it was not written.
    pub(super) fn refuse(self, error: QueueError) {
        let _ = self.answer.send(Err(error));
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.is_taken.load(Ordering::Relaxed) {
            // Without a writer the pieces go when the queue is opened.
            self.requests.make(Request::Delete(self.number));
        }
    }
}

impl Text {
    /// Writes it ahead. Where that fails the commit writes it.
    pub(super) async fn stage(&mut self, space: &Space, requests: &Requests) {
        let mut staged: Option<Staged> = None;
        for part in self.json.chunks(PART / PIECE * PIECE) {
            let (answer, answered) = oneshot::channel();
            let stage = Stage {
                space: space.clone(),
                at: staged.as_ref().map(|staged| (staged.number, staged.pieces)),
                part: part.to_vec(),
                requests: requests.clone(),
                answer,
            };
            requests.make(Request::Write(stage));
            let Ok(Ok(next)) = answered.await else { return };
            if let Some(before) = staged.replace(next) {
                before.is_taken.store(true, Ordering::Relaxed);
            }
        }
        self.staged = staged;
    }
}

impl Changes<'_, '_> {
    /// Writes a part of a value; gives its number and how many pieces it has, or nothing if its earlier parts are gone.
    pub(super) fn write_ahead(&mut self, stage: &Stage) -> Result<Option<(u64, u32)>, EngineError> {
        let (number, first) = match stage.at {
            Some((number, first)) => {
                let known = self.tables.staged.get()?.get(number)?.map(|next| next.value());
                if known != Some(first) {
                    return Ok(None);
                }
                (number, first)
            }
            None => (self.ledger.number(), 0),
        };
        let mut next = first;
        let pieces = self.tables.pieces.get()?;
        for piece in stage.part.chunks(PIECE) {
            pieces.insert((number, next), piece)?;
            next += 1;
        }
        self.tables.staged.get()?.insert(number, next)?;
        Ok(Some((number, next)))
    }

    /// The number of a text that was written ahead, which is taken up by this.
    pub(super) fn take_up(&mut self, text: &Text) -> Result<Option<u64>, EngineError> {
        let Some(staged) = &text.staged else {
            return Ok(None);
        };
        // It is gone if the engine was opened anew meanwhile.
        let is_there = self.tables.staged.get()?.remove(staged.number)?.is_some();
        staged.is_taken.store(is_there, Ordering::Relaxed);
        Ok(is_there.then_some(staged.number))
    }

    /// Deletes what was written ahead, unless it was taken up.
    pub(super) fn unstage(&mut self, number: u64) -> Result<(), EngineError> {
        let is_there = self.tables.staged.get()?.remove(number)?.is_some();
        if is_there {
            self.tables.delete_pieces(number)?;
        }
        Ok(())
    }
}

/// Deletes what was written ahead and not taken up before the queue was last closed, or failed.
pub(super) fn delete_staged(engine: &Engine) -> Result<(), EngineError> {
    let staged = engine.read()?.open_table(STAGED)?;
    let numbers = staged.iter()?.map(|entry| Ok(entry?.0.value()));
    let numbers: Vec<u64> = numbers.collect::<Result<_, EngineError>>()?;
    // What is read is not free to be written to.
    drop(staged);
    for numbers in numbers.chunks(DELETED_AT_ONCE) {
        engine.write(|tables| {
            for number in numbers {
                tables.staged.get()?.remove(number)?;
                tables.delete_pieces(*number)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

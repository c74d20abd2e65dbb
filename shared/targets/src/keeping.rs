//! What is kept of an answer: all of it, in room that is counted, or only its beginning, where nobody wants more.

use bytes::Bytes;

use crate::answer::FunctionAnswer;
use crate::error::InvokeError;
use crate::in_flight::{BytesInFlight, COUNTED_FROM, Held};

/// Bytes of an answer that are kept where nobody wants its whole: more than a failed delivery shows of it, also once the
/// secrets in it have been masked.
const BEGINNING_BYTES: usize = 4 * 1024;

/// How much of an answer is kept.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Keeping {
    budget: BytesInFlight,
    is_beginning: bool,
}

impl Keeping {
    /// `wants_all` says whether somebody wants the whole, which is counted in the budget; or nobody wants more than to
    /// know whether the event was taken.
    pub(crate) fn of(budget: BytesInFlight, wants_all: bool) -> Self {
        Self {
            budget,
            is_beginning: !wants_all,
        }
    }

    /// The same, where an answer cannot be understood without the whole of it.
    pub(crate) fn to_read(mut self) -> Self {
        self.is_beginning = false;
        self
    }

    /// A part of the budget, of no bytes yet.
    pub(crate) fn nothing_held(self) -> Held {
        self.budget.none_held()
    }

    /// How many of so many bytes are kept.
    fn kept(self, bytes: usize) -> usize {
        if self.is_beginning {
            bytes.min(BEGINNING_BYTES)
        } else {
            bytes
        }
    }

    /// Counts an answer that came as a whole, or leaves its beginning.
    pub(crate) fn counted(self, mut answer: FunctionAnswer) -> Result<FunctionAnswer, InvokeError> {
        let kept = self.kept(answer.body.len());
        if kept < answer.body.len() {
            answer.body = Bytes::copy_from_slice(&answer.body[..kept]);
            answer.held = None;
        } else if answer.held.is_none() {
            let mut counted = Counted::new(self);
            counted.add(kept)?;
            answer.held = counted.held;
        }
        Ok(answer)
    }
}

/// What was kept of an answer, and the room that it has.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) bytes: Bytes,
    pub(crate) held: Option<Held>,
}

/// How much has been kept of an answer so far, and the room that it has.
#[derive(Debug)]
pub(crate) struct Counted {
    keeping: Keeping,
    bytes: usize,
    held: Option<Held>,
}

impl Counted {
    pub(crate) fn new(keeping: Keeping) -> Self {
        Self {
            keeping,
            bytes: 0,
            held: None,
        }
    }

    /// How many of so many further bytes are to be kept; an error where there is no room for them.
    pub(crate) fn add(&mut self, bytes: usize) -> Result<usize, InvokeError> {
        let kept = self.keeping.kept(self.bytes.saturating_add(bytes)) - self.bytes;
        self.bytes += kept;
        // A beginning is too short to be counted.
        if self.bytes < COUNTED_FROM || self.keeping.is_beginning {
            return Ok(kept);
        }
        let has_room = match &mut self.held {
            Some(held) => held.grow(kept),
            None => self.held.insert(self.keeping.budget.none_held()).grow(self.bytes),
        };
        has_room.then_some(kept).ok_or(InvokeError::Overloaded)
    }

    /// How many of so many bytes it would keep.
    pub(crate) fn most(&self, bytes: usize) -> usize {
        self.keeping.kept(bytes)
    }

    /// What was kept, with its room.
    pub(crate) fn holding(self, bytes: Bytes) -> Kept {
        Kept {
            bytes,
            held: self.held,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::in_flight::BytesInFlight;

    #[test]
    fn small_answers_are_not_counted_and_larger_ones_from_their_first_byte() {
        let budget = BytesInFlight::new(3000);
        let mut counted = Counted::new(Keeping::of(budget, true));
        assert_eq!((counted.add(1000).unwrap(), budget.held()), (1000, 0));
        assert_eq!((counted.add(1000).unwrap(), budget.held()), (1000, 2000));
        assert!(matches!(counted.add(1001), Err(InvokeError::Overloaded)));
        drop(counted);
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn beginnings_take_no_room() {
        let budget = BytesInFlight::new(10);
        let mut counted = Counted::new(Keeping::of(budget, false));
        let pieces = [3000, 3000, 3000].map(|bytes| counted.add(bytes).unwrap());
        assert_eq!(pieces, [3000, BEGINNING_BYTES - 3000, 0]);
        let keeping = Keeping::of(budget, false);
        let answer = keeping
            .counted(FunctionAnswer::of(Bytes::from(vec![b'x'; 9000])))
            .unwrap();
        assert_eq!((answer.body.len(), budget.held()), (BEGINNING_BYTES, 0));
    }

    #[test]
    fn answers_that_come_as_a_whole_are_counted() {
        let budget = BytesInFlight::new(3000);
        let answer = |bytes: usize| FunctionAnswer::of(Bytes::from(vec![b'x'; bytes]));
        let keeping = || Keeping::of(budget, true);
        let first = keeping().counted(answer(2000)).unwrap();
        assert_eq!(budget.held(), 2000);
        let refused = keeping().counted(answer(2000)).unwrap_err();
        assert!(matches!(refused, InvokeError::Overloaded));
        // Once is enough.
        let first = keeping().counted(first).unwrap();
        assert_eq!(budget.held(), 2000);
        drop(first);
        assert_eq!(budget.held(), 0);
    }
}

//! The way of spans to the task that sends them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::span::Span;

/// Spans that were left out: what they are sent to did not keep up, or failed.
pub const SPANS_DROPPED: &str = "eventgateway_spans_dropped_total";

/// Most spans that ever wait: hundreds of megabytes.
const MOST_BACKLOG: usize = 1 << 20;

/// What the task is told.
#[derive(Debug)]
pub(crate) enum Command {
    Span(Box<Span>),
    /// Send what there is, and say when that is done.
    Flush(oneshot::Sender<()>),
}

/// What spans are recorded by.
#[derive(Debug)]
pub(crate) struct Recording {
    /// Share of the traces that begin here which are recorded, from 0 to 1.
    share: f64,
    commands: mpsc::Sender<Command>,
    /// The answer to a flush that was not waited for to its end.
    unanswered: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Recording {
    /// One for which no more than so many spans wait, and what they are taken from.
    pub(crate) fn new(share: f64, backlog: usize) -> (Self, mpsc::Receiver<Command>) {
        let (commands, received) = mpsc::channel(backlog.clamp(1, MOST_BACKLOG));
        let recording = Self {
            share,
            commands,
            unanswered: Mutex::default(),
        };
        (recording, received)
    }

    /// Whether a trace that begins here is recorded. The id decides, so that others with the same share agree.
    pub(crate) fn samples(&self, trace: u128) -> bool {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the half that is random by all specifications"
        )]
        let random = trace as u64 >> 11;
        // 53 bits are what a number of this type holds exactly.
        #[expect(clippy::cast_precision_loss, reason = "none of 53 bits")]
        let place = random as f64 / (1_u64 << 53) as f64;
        place < self.share
    }

    /// Has a span sent. It is left out and counted where too many wait.
    pub(crate) fn note(&self, span: Box<Span>) {
        if self.commands.try_send(Command::Span(span)).is_err() {
            count_dropped(1);
        }
    }

    /// Waits until what was noted is sent, but not for longer than this, and not at all while a flush before this one goes on: what
    /// spans are sent to hangs then.
    pub(crate) async fn flush(&self, most: Duration) {
        if self.is_hanging() {
            return;
        }
        let (told, mut sent) = oneshot::channel();
        let flushing = async {
            if self.commands.send(Command::Flush(told)).await.is_ok() {
                // Who never tells has ended.
                let _ = (&mut sent).await;
            }
        };
        if timeout(most, flushing).await.is_err() {
            *self.unanswered() = Some(sent);
        }
    }

    fn is_hanging(&self) -> bool {
        let mut unanswered = self.unanswered();
        let is_hanging = unanswered
            .as_mut()
            .is_some_and(|sent| sent.try_recv() == Err(TryRecvError::Empty));
        if !is_hanging {
            *unanswered = None;
        }
        is_hanging
    }

    fn unanswered(&self) -> MutexGuard<'_, Option<oneshot::Receiver<()>>> {
        // No code that holds the lock can leave it half changed.
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts spans that are left out.
pub(crate) fn count_dropped(spans: usize) {
    metrics::counter!(SPANS_DROPPED).increment(spans as u64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_all_ids_is_sampled() {
        let sampled = |share: f64| {
            let (recording, _commands) = Recording::new(share, 1);
            let ids = (0..10_000_u128).map(|number| number * (u128::from(u64::MAX) / 10_000));
            ids.filter(|id| recording.samples(*id)).count()
        };
        assert_eq!(sampled(0.0), 0);
        assert_eq!(sampled(1.0), 10_000);
        let some = sampled(0.05);
        assert!((490..=510).contains(&some), "{some}");
    }

    #[tokio::test]
    async fn nobody_waits_twice_for_what_hangs() {
        const MOST: Duration = Duration::from_millis(20);
        let (recording, mut commands) = Recording::new(1.0, 10);
        let waits = async || timeout(Duration::ZERO, recording.flush(MOST)).await.is_err();
        recording.flush(MOST).await;
        assert!(!waits().await, "an earlier flush hangs");
        let Some(Command::Flush(told)) = commands.recv().await else {
            panic!("nothing was to be flushed");
        };
        told.send(()).unwrap();
        assert!(waits().await, "the earlier flush has ended");
    }
}

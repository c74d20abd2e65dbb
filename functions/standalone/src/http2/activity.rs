//! What goes on in a connection: how many streams it has, since when it has none, and what its client makes of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// What goes on in a connection.
#[derive(Debug)]
pub(super) struct Activity {
    state: Mutex<ActivityState>,
    worn_out: Notify,
}

#[derive(Debug)]
struct ActivityState {
    streams: usize,
    idle_since: Instant,
    /// When the head that is not complete yet was begun.
    head_since: Option<Instant>,
    /// Requests that the client may still take back before they are answered.
    patience: u32,
    most_patience: u32,
}

impl Activity {
    /// A connection without streams. A client may take so many requests back for nothing; each one that it lets be
    /// answered makes up for another.
    pub(super) fn new(patience: u32) -> Self {
        Self {
            state: Mutex::new(ActivityState {
                streams: 0,
                idle_since: Instant::now(),
                head_since: None,
                patience,
                most_patience: patience,
            }),
            worn_out: Notify::new(),
        }
    }

    /// Counts a stream.
    pub(super) fn begin(self: &Arc<Self>) -> Stream {
        self.lock().streams += 1;
        Stream {
            of: self.clone(),
            is_answered: false,
        }
    }

    /// Notes whether a head is being read.
    pub(super) fn reads_head(&self, reads: bool) {
        self.lock().head_since = reads.then(Instant::now);
    }

    /// Whether the client took more requests back than it may.
    pub(super) fn is_worn_out(&self) -> bool {
        self.lock().patience == 0
    }

    /// Waits until it has.
    pub(super) async fn worn_out(&self) {
        while !self.is_worn_out() {
            self.worn_out.notified().await;
        }
    }

    /// Whether there has been no stream for so long.
    pub(super) fn is_idle_for(&self, time: Duration) -> bool {
        let state = self.lock();
        state.streams == 0 && state.idle_since.elapsed() >= time
    }

    /// Whether a head is being read for so long.
    pub(super) fn head_takes_longer_than(&self, time: Duration) -> bool {
        self.lock()
            .head_since
            .is_some_and(|since| since.elapsed() >= time)
    }

    fn lock(&self) -> MutexGuard<'_, ActivityState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream, from its head to the end of its answer.
#[derive(Debug)]
pub(super) struct Stream {
    of: Arc<Activity>,
    is_answered: bool,
}

impl Stream {
    /// It has its answer: whoever ends it now takes nothing back.
    pub(super) fn note_answer(&mut self) {
        self.is_answered = true;
        let mut state = self.of.lock();
        // Who has worn it out does not get it back.
        if state.patience > 0 {
            state.patience = (state.patience + 1).min(state.most_patience);
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut state = self.of.lock();
        state.streams -= 1;
        if state.streams == 0 {
            state.idle_since = Instant::now();
        }
        if !self.is_answered {
            state.patience = state.patience.saturating_sub(1);
            if state.patience == 0 {
                self.of.worn_out.notify_one();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_takes_back_so_many_requests() {
        let activity = Arc::new(Activity::new(2));
        for _ in 0..5 {
            drop(activity.begin());
            let mut answered = activity.begin();
            answered.note_answer();
            drop(answered);
        }
        assert!(!activity.is_worn_out());
        drop((activity.begin(), activity.begin()));
        assert!(activity.is_worn_out());
        activity.begin().note_answer();
        assert!(activity.is_worn_out());
    }

    #[test]
    fn a_connection_with_a_stream_is_not_idle() {
        let activity = Arc::new(Activity::new(1));
        assert!(activity.is_idle_for(Duration::ZERO));
        let (one, two) = (activity.begin(), activity.begin());
        drop(one);
        assert!(!activity.is_idle_for(Duration::ZERO));
        drop(two);
        assert!(activity.is_idle_for(Duration::ZERO));
        assert!(!activity.is_idle_for(Duration::from_hours(1)));
    }
}

//! Pauses between the attempts at a write that others were in the way of.

use std::time::Duration;

use domain::backoff::{Backoff, Spread};
use tokio::time::{Instant, sleep};

/// Pauses after lost races.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(10),
    most: Duration::from_millis(500),
    spread: Spread::FromZero,
};

/// The attempts at one write. The first begins when this is made, each further one after a pause.
#[derive(Debug)]
pub(super) struct WriteAttempts {
    deadline: Instant,
    attempt_began: Instant,
    failures: u32,
}

impl WriteAttempts {
    /// Attempts until then.
    pub(super) fn until(deadline: Instant) -> Self {
        Self {
            deadline,
            attempt_began: Instant::now(),
            failures: 0,
        }
    }

    /// Pauses for a random time, and says whether there is to be another attempt. One that would hardly be over in
    /// time is not begun: cut off, nobody knew what became of it.
    pub(super) async fn pause(&mut self) -> bool {
        self.failures = self.failures.saturating_add(1);
        let pause = BACKOFF.pause(self.failures, fastrand::f64());
        if Instant::now() + pause + self.attempt_began.elapsed() * 2 >= self.deadline {
            return false;
        }
        sleep(pause).await;
        self.attempt_began = Instant::now();
        true
    }
}

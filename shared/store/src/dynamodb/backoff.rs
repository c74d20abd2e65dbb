//! Pauses between the attempts at a write that others were in the way of.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Longest pause after the first lost race; after each further one it may be twice as long.
const FIRST: Duration = Duration::from_millis(10);
/// Longest pause after any.
const LONGEST: Duration = Duration::from_millis(500);

/// The attempts at one write. The first begins when this is made, each further one after a pause.
#[derive(Debug)]
pub(super) struct Backoff {
    deadline: Instant,
    attempt_began: Instant,
    bound: Duration,
}

impl Backoff {
    /// Attempts until then.
    pub(super) fn until(deadline: Instant) -> Self {
        Self {
            deadline,
            attempt_began: Instant::now(),
            bound: FIRST,
        }
    }

    /// Pauses for a random time, and says whether there is to be another attempt. One that would hardly be over in
    /// time is not begun: cut off, nobody knew what became of it.
    pub(super) async fn pause(&mut self) -> bool {
        let pause = self.bound.mul_f64(fastrand::f64());
        if Instant::now() + pause + self.attempt_began.elapsed() * 2 >= self.deadline {
            return false;
        }
        sleep(pause).await;
        self.bound = (self.bound * 2).min(LONGEST);
        self.attempt_began = Instant::now();
        true
    }
}

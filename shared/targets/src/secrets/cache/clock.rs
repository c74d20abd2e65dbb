//! The time that ages are told by.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// A time by both clocks: a process that was frozen cannot tell from the steady one for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) steady: Instant,
    pub(super) wall: SystemTime,
}

impl Moment {
    fn now() -> Self {
        Self {
            steady: Instant::now(),
            wall: SystemTime::now(),
        }
    }

    /// How long ago it was.
    pub(super) fn age(self, now: Self) -> Duration {
        let wall = now.wall.duration_since(self.wall);
        now.steady
            .duration_since(self.steady)
            .max(wall.unwrap_or_default())
    }
}

/// Where the time comes from.
#[derive(Clone)]
pub(super) struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clock {
    /// One that tests can move.
    #[cfg(test)]
    pub(super) fn of(now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time now.
    pub(super) fn now(&self) -> Moment {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self(Arc::new(Moment::now))
    }
}

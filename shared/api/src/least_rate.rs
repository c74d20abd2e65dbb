//! The least rate at which bytes have to move, so that nobody holds memory by being slow.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// The least rate at which bytes have to move in either direction, while there are some to move.
#[derive(Debug, Clone, Copy)]
pub struct LeastRate {
    /// Bytes a second; 0 is no limit.
    pub bytes_per_second: u32,
    /// The time that the rate is measured over: who pauses for less is waited for.
    pub window: Duration,
}

impl LeastRate {
    /// Bytes that have to move in each window; 0 is no limit.
    fn bytes_per_window(self) -> usize {
        let milliseconds = self
            .window
            .as_millis()
            .saturating_mul(self.bytes_per_second.into());
        usize::try_from(milliseconds.div_ceil(1000)).unwrap_or(usize::MAX)
    }
}

/// Measures one direction of a connection, a window after the other. There is no timer until somebody waits.
#[derive(Debug)]
pub struct RateWindow {
    /// Bytes that have to move in each window; 0 is no limit.
    least: usize,
    length: Duration,
    moved: usize,
    timer: Option<Pin<Box<Sleep>>>,
}

impl RateWindow {
    /// Windows of `extra` more than the rate has, in which as many bytes have to move as in its own.
    pub fn new(rate: LeastRate, extra: Duration) -> Self {
        Self {
            least: rate.bytes_per_window(),
            length: rate.window + extra,
            moved: 0,
            timer: None,
        }
    }

    /// Notes bytes that moved.
    pub fn moved(&mut self, bytes: usize) {
        self.moved = self.moved.saturating_add(bytes);
    }

    /// Ends the window: nothing has to move now. The next one begins with the next wait.
    pub fn end(&mut self) {
        self.timer = None;
    }

    /// Bytes that moved before the first wait do not count.
    pub fn begin_anew(&mut self) {
        if self.timer.is_none() {
            self.moved = 0;
        }
    }

    /// Waits for more to move; ready once a window has ended in which too little did.
    pub fn poll_too_slow(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.least == 0 {
            return Poll::Pending;
        }
        let length = self.length;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(length)));
        while timer.as_mut().poll(context).is_ready() {
            if self.moved < self.least {
                return Poll::Ready(());
            }
            self.moved = 0;
            timer.as_mut().reset(Instant::now() + length);
        }
        Poll::Pending
    }
}

//! The task that sends spans, many at a time. What it cannot send in time is left out and counted.

use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use crate::otlp::SendError;
use crate::recording::{Command, count_dropped};
use crate::sink::Sink;
use crate::span::Span;

/// How often a batch is sent that meets with failures which may pass.
const TRIES: u32 = 3;

/// Pause before the second time; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// How many spans are sent together, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batches {
    pub(crate) batch: usize,
    pub(crate) interval: Duration,
}

/// What sends spans.
#[derive(Debug)]
pub(crate) struct Exporter {
    sink: Sink,
    batches: Batches,
    first_pause: Duration,
    /// Whether the last batch was not taken: the log says so once.
    has_failed: bool,
}

impl Exporter {
    pub(crate) fn new(sink: Sink, batches: Batches) -> Self {
        Self {
            sink,
            batches,
            first_pause: FIRST_PAUSE,
            has_failed: false,
        }
    }

    /// Sends what comes in until nobody is left who records anything.
    pub(crate) async fn run(mut self, mut commands: Receiver<Command>) {
        let mut spans = Vec::new();
        while let Some(first) = commands.recv().await {
            let waiting = self.gather(first, &mut commands, &mut spans).await;
            // Who waits does not wait for what may pass.
            let tries = if waiting.is_some() { 1 } else { TRIES };
            self.send(&spans, tries).await;
            spans.clear();
            if let Some(told) = waiting {
                // Who does not wait any longer needs no answer.
                let _ = told.send(());
            }
        }
    }

    /// Takes spans until there are enough, the time is over, or somebody waits for them to be sent.
    async fn gather(
        &self,
        first: Command,
        commands: &mut Receiver<Command>,
        spans: &mut Vec<Span>,
    ) -> Option<oneshot::Sender<()>> {
        let Batches { batch, interval } = self.batches;
        let end = Instant::now() + interval;
        let mut next = Some(first);
        loop {
            match next {
                Some(Command::Span(span)) => spans.push(*span),
                Some(Command::Flush(told)) => return Some(told),
                None => return None,
            }
            if spans.len() >= batch {
                return None;
            }
            next = timeout_at(end, commands.recv()).await.ok().flatten();
        }
    }

    async fn send(&mut self, spans: &[Span], tries: u32) {
        if spans.is_empty() {
            return;
        }
        let mut pause = self.first_pause;
        for number in 1..=tries {
            let error = match self.sink.send(spans).await {
                Ok(left_out) => {
                    count_dropped(left_out);
                    self.has_failed = false;
                    return;
                }
                Err(error) => error,
            };
            if number == tries || !error.may_pass() {
                self.failed(&error, spans.len());
                return;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    fn failed(&mut self, error: &SendError, spans: usize) {
        count_dropped(spans);
        if !self.has_failed {
            tracing::warn!(%error, "Spans could not be sent.");
        }
        self.has_failed = true;
    }
}

#[cfg(test)]
mod tests;

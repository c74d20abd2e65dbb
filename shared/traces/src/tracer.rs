//! What begins spans, or does not.

use std::sync::Arc;
use std::time::Duration;

use domain::trace::{SpanContext, sender};
use http::HeaderMap;

use crate::active_span::ActiveSpan;
use crate::exporter::{Batches, Exporter};
use crate::recording::Recording;
use crate::sink::{Sink, SinkError, SinkSettings};
use crate::span::SpanKind;

/// Longest time for which spans wait for others: a point in time beyond all that clocks know is none.
const LONGEST_INTERVAL: Duration = Duration::from_hours(24);

/// What begins spans. A handle: clones share what it leads to. The default is one that is off.
#[derive(Debug, Clone, Default)]
pub struct Tracer(Option<Arc<Recording>>);

/// How spans are recorded and sent.
#[derive(Debug, Clone)]
pub struct TracerSettings {
    /// Share of the traces that begin here which are recorded, from 0 to 1. Others are as their callers decided.
    pub share: f64,
    /// Spans that wait to be sent; further ones are left out and counted.
    pub backlog: usize,
    /// Spans that are sent together; at least 1.
    pub batch: usize,
    /// Time after the first span of a batch in which it is sent.
    pub interval: Duration,
    /// Where they are sent.
    pub sink: SinkSettings,
}

/// The place that a request has in a trace.
#[derive(Debug)]
pub struct Placed {
    /// What is called on its behalf is a part of this.
    pub context: SpanContext,
    /// Its span, if the trace is recorded.
    pub span: Option<Box<ActiveSpan>>,
}

impl Tracer {
    /// One that is on: a task of the runtime that this is called in sends what it records. Fails where TLS is needed and the
    /// machine has no certificates.
    pub fn start(settings: TracerSettings) -> Result<Self, SinkError> {
        let TracerSettings {
            share,
            backlog,
            batch,
            interval,
            sink,
        } = settings;
        let sink = Sink::open(sink)?;
        let (recording, commands) = Recording::new(share, backlog);
        let interval = interval.min(LONGEST_INTERVAL);
        let exporter = Exporter::new(sink, Batches { batch, interval });
        tokio::spawn(exporter.run(commands));
        Ok(Self(Some(Arc::new(recording))))
    }

    /// Whether it makes spans at all.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A request that came in. `None` where it goes on as its headers say: they name a trace that is not recorded, or the
    /// tracer is off.
    pub fn serve(&self, headers: &HeaderMap, name: &str) -> Option<Placed> {
        let recording = self.0.as_ref()?;
        let span = new_id();
        let (context, parent) = match sender(headers) {
            Some(sender) if !sender.is_sampled => return None,
            Some(sender) => (SpanContext { span, ..sender }, Some(sender.span)),
            None => {
                let trace = (u128::from(new_id()) << 64) | u128::from(new_id());
                let is_sampled = recording.samples(trace);
                let context = SpanContext {
                    trace,
                    span,
                    is_sampled,
                };
                (context, None)
            }
        };
        let named = (SpanKind::Server, name);
        let span = context
            .is_sampled
            .then(|| Box::new(ActiveSpan::begin(recording, named, context, parent)));
        Some(Placed { context, span })
    }

    /// A part of what another span stands for; `None` if nothing of its trace is recorded here.
    pub fn begin(
        &self,
        kind: SpanKind,
        parent: SpanContext,
        name: impl FnOnce() -> String,
    ) -> Option<Box<ActiveSpan>> {
        let recording = self.0.as_ref().filter(|_| parent.is_sampled)?;
        let context = SpanContext {
            span: new_id(),
            ..parent
        };
        let parent = Some(parent.span);
        let span = ActiveSpan::begin(recording, (kind, &name()), context, parent);
        Some(Box::new(span))
    }

    /// Waits until what was recorded is sent, but not for longer than this.
    pub async fn flush(&self, most: Duration) {
        if let Some(recording) = &self.0 {
            recording.flush(most).await;
        }
    }

    #[cfg(test)]
    pub(crate) fn recording(recording: Recording) -> Self {
        Self(Some(Arc::new(recording)))
    }
}

/// A random id; 0 is none.
fn new_id() -> u64 {
    fastrand::u64(1..)
}

#[cfg(test)]
mod tests;

//! A span that goes on.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use domain::trace::SpanContext;

use crate::recording::Recording;
use crate::span::{Span, SpanKind, Value, cut};

/// Attribute with the kind of an error.
const ERROR_TYPE: &str = "error.type";

/// A span that goes on until this is dropped. It is sent then.
#[derive(Debug)]
pub struct ActiveSpan {
    recording: Arc<Recording>,
    began: Instant,
    /// There until it is dropped, or not to be sent.
    span: Option<Box<Span>>,
    context: SpanContext,
}

impl ActiveSpan {
    /// One that begins now, as a part of another one of the same trace if there is such.
    pub(crate) fn begin(
        recording: &Arc<Recording>,
        (kind, name): (SpanKind, &str),
        context: SpanContext,
        parent: Option<u64>,
    ) -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let span = Span {
            context,
            parent,
            link: None,
            kind,
            name: cut(name),
            began: u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX),
            ended: 0,
            attributes: Vec::with_capacity(10),
            is_error: false,
        };
        Self {
            recording: Arc::clone(recording),
            began: Instant::now(),
            span: Some(Box::new(span)),
            context,
        }
    }

    /// Where it is in its trace.
    pub fn context(&self) -> SpanContext {
        self.context
    }

    /// Calls it otherwise, now that more is known. Names are cut after 256 bytes.
    pub fn rename(&mut self, name: &str) {
        if let Some(span) = &mut self.span {
            span.name = cut(name);
        }
    }

    /// Says where what it is about began.
    pub fn link(&mut self, to: SpanContext) {
        if let Some(span) = &mut self.span {
            span.link = Some(to);
        }
    }

    /// Says something of it. Texts are cut after 256 bytes.
    pub fn text(&mut self, name: &'static str, text: &str) {
        self.set(name, Value::Text(cut(text)));
    }

    /// Says something of it.
    pub fn number(&mut self, name: &'static str, number: impl Into<i64>) {
        self.set(name, Value::Number(number.into()));
    }

    /// What it stands for has failed.
    pub fn fail(&mut self, kind: &str) {
        self.text(ERROR_TYPE, kind);
        if let Some(span) = &mut self.span {
            span.is_error = true;
        }
    }

    /// What it stands for has not failed after all.
    pub fn succeed(&mut self) {
        if let Some(span) = &mut self.span {
            span.is_error = false;
            span.attributes.retain(|(name, _)| *name != ERROR_TYPE);
        }
    }

    /// Leaves it out.
    pub fn discard(mut self) {
        self.span = None;
    }

    fn set(&mut self, name: &'static str, value: Value) {
        let Some(span) = &mut self.span else { return };
        match span.attributes.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = value,
            None => span.attributes.push((name, value)),
        }
    }
}

impl Drop for ActiveSpan {
    fn drop(&mut self) {
        if let Some(mut span) = self.span.take() {
            let took = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
            span.ended = span.began.saturating_add(took);
            self.recording.note(span);
        }
    }
}

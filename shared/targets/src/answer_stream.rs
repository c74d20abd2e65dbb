//! An answer that is passed on while it comes in: its body, bounded in time.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::error::BoxError;
use crate::settings::TargetSettings;

/// How long such an answer may take; `None` is no limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamLimits {
    idle: Option<Duration>,
    whole: Option<Duration>,
}

impl StreamLimits {
    pub(crate) fn of(settings: &TargetSettings) -> Self {
        let limit = |time: Duration| Some(time).filter(|time| !time.is_zero());
        Self {
            idle: limit(settings.stream_idle_timeout),
            whole: limit(settings.stream_timeout),
        }
    }
}

/// The body of an answer. Dropping it ends the connection to the function; trailers are left out.
pub struct AnswerStream {
    /// None once it has ended or failed.
    body: Option<UnsyncBoxBody<Bytes, BoxError>>,
    limits: StreamLimits,
    /// When it has taken too long as a whole.
    end: Option<Pin<Box<Sleep>>>,
    /// When the next piece is overdue. It counts only while a piece is waited for: a client that reads slowly does not
    /// make the function late.
    idle: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
    /// Why the rest is missing, once that is known and not told yet.
    broken: Option<BoxError>,
}

/// Why the rest of an answer is missing.
#[derive(Debug, thiserror::Error)]
pub enum AnswerStreamError {
    /// The connection broke, or the function failed.
    #[error("the function broke off its answer")]
    Broken(#[source] BoxError),
    /// Nothing came for longer than [`TargetSettings::stream_idle_timeout`].
    #[error("the function sent nothing for {limit:?}")]
    Idle {
        /// The time it had.
        limit: Duration,
    },
    /// It took longer than [`TargetSettings::stream_timeout`].
    #[error("the answer took longer than {limit:?}")]
    TooLong {
        /// The time it had.
        limit: Duration,
    },
}

impl AnswerStream {
    /// A body whose head has come just now.
    pub(crate) fn new<B>(body: B, limits: StreamLimits) -> Self
    where
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let end = limits.whole.and_then(|limit| Instant::now().checked_add(limit));
        Self {
            body: Some(body.map_err(Into::into).boxed_unsync()),
            limits,
            end: end.map(|end| Box::pin(sleep_until(end))),
            idle: None,
            is_waiting: false,
            broken: None,
        }
    }

    /// The error of an answer that has taken too long as a whole.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<AnswerStreamError> {
        let (Some(end), Some(limit)) = (&mut self.end, self.limits.whole) else {
            return Poll::Pending;
        };
        ready!(end.as_mut().poll(context));
        Poll::Ready(AnswerStreamError::TooLong { limit })
    }

    /// The error of a piece that is overdue; asked while one is waited for.
    fn poll_idle(&mut self, context: &mut Context<'_>) -> Poll<AnswerStreamError> {
        let Some(limit) = self.limits.idle else {
            return Poll::Pending;
        };
        if !self.is_waiting {
            // Further away than the clock can count is never.
            let Some(overdue) = Instant::now().checked_add(limit) else {
                return Poll::Pending;
            };
            match &mut self.idle {
                Some(idle) => idle.as_mut().reset(overdue),
                None => self.idle = Some(Box::pin(sleep_until(overdue))),
            }
            self.is_waiting = true;
        }
        let Some(idle) = &mut self.idle else {
            return Poll::Pending;
        };
        ready!(idle.as_mut().poll(context));
        Poll::Ready(AnswerStreamError::Idle { limit })
    }
}

impl Body for AnswerStream {
    type Data = Bytes;
    type Error = AnswerStreamError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnswerStreamError>>> {
        let this = &mut *self;
        if let Some(error) = this.broken.take() {
            return Poll::Ready(Some(Err(AnswerStreamError::Broken(error))));
        }
        // Asked before each piece: a function that always has one ready is never waited for.
        if this.body.is_some()
            && let Poll::Ready(error) = this.poll_end(context)
        {
            this.body = None;
            return Poll::Ready(Some(Err(error)));
        }
        while let Some(body) = &mut this.body {
            match Pin::new(body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    this.is_waiting = false;
                    if frame.is_data() {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    this.body = None;
                    // Told at the next turn: a server does not write what came just before an error.
                    this.broken = Some(error);
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(None) => this.body = None,
                Poll::Pending => {
                    let error = ready!(this.poll_idle(context));
                    this.body = None;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.broken.is_none() && self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

impl fmt::Debug for AnswerStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerStream")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

//! Counts the answer of an operation of AWS while the SDK reads it, which gives it as a whole.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::error::InvokeError;
use crate::in_flight::Held;
use crate::keeping::{Counted, Keeping};

/// What is counted of the answer to one operation; of the last attempt, where there are several.
#[derive(Debug, Clone)]
pub(crate) struct CountedAnswer {
    keeping: Keeping,
    counted: Arc<Mutex<Result<Counted, InvokeError>>>,
}

impl CountedAnswer {
    /// Nothing yet. The whole is counted, of which nothing can be left out before it is understood.
    pub(crate) fn new(keeping: Keeping) -> Self {
        let keeping = keeping.to_read();
        Self {
            keeping,
            counted: Arc::new(Mutex::new(Ok(Counted::new(keeping)))),
        }
    }

    /// The room of the answer; an error where it found none, so that the SDK has a part of it only.
    pub(crate) fn take(&self) -> Result<Option<Held>, InvokeError> {
        let nothing = Ok(Counted::new(self.keeping));
        let counted = std::mem::replace(&mut *self.counted(), nothing);
        Ok(counted?.holding(Bytes::new()).held)
    }

    /// Counts a piece; `false` where there is no room for it.
    fn add(&self, bytes: usize) -> bool {
        let mut answer = self.counted();
        let added = match &mut *answer {
            Ok(counted) => counted.add(bytes),
            Err(_) => return false,
        };
        let has_room = added.is_ok();
        if let Err(error) = added {
            *answer = Err(error);
        }
        has_room
    }

    fn counted(&self) -> MutexGuard<'_, Result<Counted, InvokeError>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[dyn_dispatch_hint]
impl Intercept for CountedAnswer {
    fn name(&self) -> &'static str {
        "CountedAnswer"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        *self.counted() = Ok(Counted::new(self.keeping));
        let body = context.response_mut().body_mut();
        *body = SdkBody::from_body_1_x(CountedBody {
            body: Some(std::mem::replace(body, SdkBody::taken())),
            answer: self.clone(),
        });
        Ok(())
    }
}

/// A body that ends early where there is no room for more: an error of it would be taken for one of the connection, and
/// have the function called again.
struct CountedBody {
    /// None once there is no room. What is left of it is not read, which its connection does not outlive.
    body: Option<SdkBody>,
    answer: CountedAnswer,
}

impl Body for CountedBody {
    type Data = Bytes;
    type Error = aws_smithy_types::body::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(body).poll_frame(context));
        let Some(Ok(frame)) = frame else {
            return Poll::Ready(frame);
        };
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        if self.answer.add(bytes) {
            Poll::Ready(Some(Ok(frame)))
        } else {
            self.body = None;
            Poll::Ready(None)
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

//! Failed calls of SQS, without what is secret.

use std::error::Error;
use std::fmt::Write as _;

use aws_sdk_sqs::config::http::HttpResponse;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};

use crate::QueueError;

/// A failed call. It stands in for the SDK's error, which holds the whole response, in which AWS repeats the signed
/// headers, session token included, to those who sign wrongly.
#[derive(Debug, thiserror::Error)]
pub(super) enum SqsError {
    /// SQS answered with an error.
    #[error("SQS answered {operation} with {code} (status code {status})")]
    Answer {
        operation: &'static str,
        code: String,
        status: u16,
    },
    /// SQS took a request, but not all of its messages.
    #[error("SQS did not take {count} of the messages: {code}")]
    Entries { count: usize, code: String },
    /// There was no usable answer.
    #[error("no answer of SQS to {operation}")]
    NoAnswer {
        operation: &'static str,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl SqsError {
    /// Reads the error of a call.
    pub(super) fn of<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        match error {
            SdkError::ServiceError(answer) => Self::Answer {
                operation,
                code: answer.err().code().unwrap_or("an unknown error").to_owned(),
                status: answer.raw().status().as_u16(),
            },
            error => Self::NoAnswer {
                operation,
                source: error.into_source().unwrap_or_else(|_| "unknown cause".into()),
            },
        }
    }
}

/// A failure with all of its causes, as one line of the log.
pub(super) fn line(failure: &dyn Error) -> String {
    let mut line = failure.to_string();
    for cause in std::iter::successors(failure.source(), |&cause| cause.source()) {
        // Writing into memory cannot fail.
        let _ = write!(line, ": {cause}");
    }
    line
}

impl From<SqsError> for QueueError {
    fn from(failure: SqsError) -> Self {
        Self::Unavailable {
            source: failure.into(),
        }
    }
}

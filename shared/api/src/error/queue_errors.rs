//! What becomes of errors of the queue and of dead letters.

use gateway::{DeadLetterError, ErrorChain};
use http::StatusCode;
use queue::QueueError;

use super::ApiError;

impl From<DeadLetterError> for ApiError {
    fn from(err: DeadLetterError) -> Self {
        match err {
            DeadLetterError::Store(err) => err.into(),
            DeadLetterError::Queue(err) => {
                let message = err.to_string();
                match err {
                    QueueError::Full
                    | QueueError::SpaceFull { .. }
                    | QueueError::KeysFull { .. }
                    | QueueError::Closed => Self::unavailable(message),
                    QueueError::NoFifoQueue => Self::new(StatusCode::INTERNAL_SERVER_ERROR, message),
                    QueueError::Unavailable { .. } => {
                        tracing::error!(error = %ErrorChain(&err), "The queue failed.");
                        Self::unavailable(message)
                    }
                    QueueError::TooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, message),
                }
            }
        }
    }
}

impl From<QueueError> for ApiError {
    fn from(err: QueueError) -> Self {
        DeadLetterError::from(err).into()
    }
}

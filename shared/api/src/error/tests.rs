//! Errors as clients see them.

use gateway::DeadLetterError;
use http::header;
use queue::QueueError;

use super::*;

#[test]
fn long_texts_are_cut() {
    let message = ApiError::invalid("é".repeat(3_000)).message;
    assert_eq!(message, "é".repeat(2_048) + "…");
    let message = "x".repeat(4_096);
    assert_eq!(ApiError::invalid(message.clone()).message, message);
}

#[test]
fn dead_letters_that_cannot_be_had() {
    let source = || std::io::Error::other("disk of /secret").into();
    for (err, status, message, retry_after) in [
        (QueueError::Full, 503, "the delivery queue is full", true),
        (
            QueueError::SpaceFull {
                spaces: vec!["a".into()],
            },
            503,
            "the delivery queue has no more room for space \"a\"",
            true,
        ),
        (QueueError::Closed, 503, "the delivery queue is closed", true),
        (
            QueueError::Unavailable { source: source() },
            503,
            "the delivery queue is unavailable",
            true,
        ),
        (
            QueueError::TooLarge { bytes: 3, limit: 2 },
            413,
            "event takes 3 bytes in the delivery queue, which are more than its limit of 2",
            false,
        ),
    ] {
        let err = ApiError::from(DeadLetterError::from(err));
        assert_eq!((err.status.as_u16(), err.message.as_str()), (status, message));
        let response = err.into_response();
        assert_eq!(response.headers().contains_key(header::RETRY_AFTER), retry_after);
    }
    let contended = StoreError::Contended {
        space: "default".into(),
    };
    let err = ApiError::from(DeadLetterError::from(contended));
    assert_eq!(err.status, StatusCode::CONFLICT);
    let panicked = ApiError::from(StoreError::Panicked);
    assert_eq!(panicked.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(panicked.message, "Internal Server Error");
}

#[test]
fn functions_whose_secrets_are_not_open_can_be_called_later() {
    for (err, status) in [(CallError::Sealed, 503), (CallError::UnknownFunction, 500)] {
        let err = ApiError::from(GatewayError::Call(err));
        assert_eq!(err.status.as_u16(), status);
        let response = err.into_response();
        assert_eq!(
            response.headers().contains_key(header::RETRY_AFTER),
            status == 503
        );
    }
}

#[test]
fn what_the_disk_says_is_not_for_clients() {
    let err = ApiError::unreadable_delivery_log(&std::io::Error::other("/secret"));
    assert_eq!(err.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!err.message.contains("secret"), "{}", err.message);
}

//! Answers are counted while they are read: what finds no room is left where it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::resource::{LambdaFunction, Provider};
use domain::retry::FailureClass;
use targets::{BytesInFlight, Call, Caller, InvokeError, Invoker, TargetSettings};
use tokio::io::AsyncWriteExt as _;

use crate::aws_peer::credentials;
use crate::http_calls::read_request;
use crate::server::Server;
use crate::{EVENT, call, endpoint, queued, with_options, with_settings};

const BUDGET: usize = 1024 * 1024;
/// What the network and its buffers take without anybody reading it.
const UNREAD: usize = 8 * 1024 * 1024;

/// A function that answers with megabytes in pieces, and counts what it got rid of.
async fn endless(head: &'static str, megabytes: usize) -> (Server, Arc<AtomicUsize>) {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = sent.clone();
    let server = Server::bare(move |_, mut stream| {
        let sent = counted.clone();
        async move {
            read_request(&mut stream).await;
            let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{head}\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            let piece = vec![b'x'; 64 * 1024];
            for _ in 0..megabytes * 16 {
                if stream.write_all(&piece).await.is_err() {
                    return;
                }
                sent.fetch_add(piece.len(), Ordering::Relaxed);
            }
        }
    })
    .await;
    (server, sent)
}

fn with_budget(server: &Server, bytes: usize) -> Invoker {
    with_settings(TargetSettings {
        in_flight: BytesInFlight::new(bytes),
        max_response_bytes: usize::MAX / 2,
        aws_endpoint_url: Some(server.url("")),
        ..TargetSettings::default()
    })
}

fn lambda() -> Provider {
    Provider::AwsLambda(LambdaFunction {
        arn: "arn:aws:lambda:eu-west-1:123456789012:function:f".to_owned(),
        region: "eu-west-1".to_owned(),
        credentials: credentials("AKID1"),
        ..LambdaFunction::default()
    })
}

#[tokio::test]
async fn answers_larger_than_the_budget_are_not_read_to_their_end() {
    let (server, sent) = endless("", 64).await;
    let invoker = with_budget(&server, BUDGET);
    let url = server.url("/");
    let raw = serde_json::json!({"response": "raw"});
    for provider in [endpoint(&url), with_options(&url, raw), lambda()] {
        let calls = server.connections();
        let caller = match provider {
            Provider::AwsLambda(_) => Caller::Authorizer,
            _ => Caller::Client,
        };
        let call = Call {
            caller,
            ..call(EVENT)
        };
        let error = invoker.invoke(&provider, call).await.unwrap_err();
        assert!(matches!(error, InvokeError::Overloaded), "{error:?}");
        assert_eq!(error.class(), FailureClass::Transient);
        assert!(error.is_overload() && invoker.in_flight().held() == 0);
        let read = sent.swap(0, Ordering::Relaxed);
        assert!(read < BUDGET + UNREAD, "{read} {provider:?}");
        // It is not called again for that.
        assert_eq!(server.connections(), calls + 1);
    }
}

#[tokio::test]
async fn answers_hold_their_room_until_they_are_dropped() {
    let (server, _) = endless("Content-Length: 1048576\r\n", 1).await;
    let invoker = with_budget(&server, 3 * BUDGET);
    for provider in [endpoint(&server.url("/")), lambda()] {
        let answer = invoker.invoke(&provider, call(EVENT)).await.unwrap();
        assert_eq!((answer.body.len(), invoker.in_flight().held()), (BUDGET, BUDGET));
        let second = invoker.invoke(&provider, call(EVENT)).await.unwrap();
        let refused = invoker.invoke(&provider, call(EVENT)).await.unwrap_err();
        assert!(refused.is_overload(), "{refused:?}");
        assert_eq!(invoker.in_flight().held(), 2 * BUDGET);
        drop((answer, second));
        assert_eq!(invoker.in_flight().held(), 0);
    }
}

#[tokio::test]
async fn of_answers_that_nobody_wants_only_the_beginning_is_kept() {
    let (server, _) = endless("Content-Length: 4194304\r\n", 4).await;
    let invoker = with_budget(&server, BUDGET);
    let call = Call {
        original: None,
        needs_answer: false,
        ..queued(EVENT)
    };
    let answer = invoker.invoke(&endpoint(&server.url("/")), call).await.unwrap();
    assert_eq!(answer.body, "x".repeat(4096));
    assert_eq!(invoker.in_flight().held(), 0);
}

//! AWS Lambda functions with more than an ARN: aliases, events that Lambda queues, limits, and calls that take long.

use std::time::Duration;

use domain::resource::{InvocationType, LambdaFunction, Provider};
use domain::retry::FailureClass;
use targets::{InvokeError, TargetSettings};

use crate::aws_peer::{credentials, invoker_of};
use crate::http_calls::read_request;
use crate::server::{Server, response};
use crate::{EVENT, call, with_settings};

fn function(change: impl FnOnce(&mut LambdaFunction)) -> Provider {
    let mut function = LambdaFunction {
        arn: "f".to_owned(),
        region: "eu-west-1".to_owned(),
        credentials: credentials("AKID1"),
        ..Default::default()
    };
    change(&mut function);
    Provider::AwsLambda(function)
}

#[tokio::test]
async fn a_qualifier_names_version_or_alias() {
    let server = Server::answering(|_| response(200, &[], "{}")).await;
    let provider = function(|function| function.qualifier = Some("live".to_owned()));
    invoker_of(&server).invoke(&provider, call(EVENT)).await.unwrap();
    let target = &server.requests()[0].target;
    assert_eq!(target, "/2015-03-31/functions/f/invocations?Qualifier=live");
}

#[tokio::test]
async fn an_event_is_left_to_lambda() {
    let server = Server::answering(|_| response(202, &[], "")).await;
    let provider = function(|function| function.invocation_type = InvocationType::Event);
    let answer = invoker_of(&server).invoke(&provider, call(EVENT)).await.unwrap();
    assert_eq!((&*answer.body, answer.status), (&b""[..], None));
    let [request] = &server.requests()[..] else {
        panic!("one request")
    };
    assert_eq!(request.header("x-amz-invocation-type"), Some("Event"));
    assert_eq!(request.body, EVENT);
}

#[tokio::test]
async fn what_is_too_large_is_not_sent() {
    let server = Server::answering(|_| response(200, &[], "{}")).await;
    let invoker = invoker_of(&server);
    let sent = async |invocation_type, bytes: usize| {
        let provider = function(|function| function.invocation_type = invocation_type);
        let mut call = call(EVENT);
        call.payload = vec![b'x'; bytes].into();
        invoker.invoke(&provider, call).await
    };
    for (invocation_type, most, taker) in [
        (InvocationType::RequestResponse, 6_291_456, "AWS Lambda"),
        (
            InvocationType::Event,
            1_048_576,
            "AWS Lambda for an invocation of type Event",
        ),
    ] {
        let before = server.requests().len();
        let error = sent(invocation_type, most + 1).await.unwrap_err();
        assert_eq!(
            (error.class(), server.requests().len()),
            (FailureClass::Permanent, before)
        );
        let text = format!(
            "Function call failed. Error: the event has {} bytes, {taker} takes {most} at most",
            most + 1
        );
        assert_eq!(error.to_string(), text);
        sent(invocation_type, most).await.unwrap();
        assert_eq!(server.requests().len(), before + 1);
    }
}

#[tokio::test]
async fn a_function_has_its_own_time() {
    let server = Server::bare(|_, stream| async move {
        // Never answers; the connection stays open as long as the server.
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let provider = function(|function| function.timeout_seconds = Some(1));
    let error = invoker_of(&server)
        .invoke(&provider, call(EVENT))
        .await
        .unwrap_err();
    let limit = Duration::from_secs(1);
    assert!(
        matches!(error, InvokeError::TimedOut { limit: of } if of == limit),
        "{error:?}"
    );
}

/// Whether the socket of this process that is connected from this port has keep-alive set: its timer runs while nothing
/// is said (`proc(5)`: timer 2).
#[cfg(target_os = "linux")]
fn keeps_alive(port: u16) -> bool {
    let sockets = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let local = format!(":{port:04X}");
    let line = sockets.lines().skip(1).find(|line| {
        let mut columns = line.split_ascii_whitespace();
        columns.nth(1).is_some_and(|address| address.ends_with(&local))
    });
    let timer = line
        .and_then(|line| line.split_ascii_whitespace().nth(5))
        .unwrap();
    timer.starts_with("02:")
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn connections_of_long_calls_are_kept_alive() {
    let (told, mut peer) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::bare(move |_, mut stream| {
        let told = told.clone();
        async move {
            read_request(&mut stream).await;
            told.send(stream.peer_addr().unwrap().port()).unwrap();
            std::future::pending::<()>().await;
        }
    })
    .await;
    let invoker = with_settings(TargetSettings {
        aws_endpoint_url: Some(server.url("")),
        ..TargetSettings::default()
    });
    let provider = function(|function| function.timeout_seconds = Some(900));
    let calling = tokio::spawn(async move { invoker.invoke(&provider, call(EVENT)).await });
    let port = peer.recv().await.unwrap();
    // Once the request is acknowledged, the timer of the socket is that of keep-alive or none.
    let kept = async {
        while !keeps_alive(port) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), kept).await.unwrap();
    calling.abort();
}

//! Streaming Lambda functions, from a peer that answers `InvokeWithResponseStream` with event streams.

use std::sync::Arc;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use domain::resource::{LambdaFunction, Provider, ResponseMode};
use http_body_util::BodyExt as _;
use targets::{AnswerStreamError, Call, Caller, FunctionAnswer, InvokeError};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Semaphore;

use crate::aws_peer::{assert_no_secrets, assert_signed, credentials, error, invoker_of};
use crate::http_calls::read_request;
use crate::server::{Server, response};
use crate::{EVENT, call};

const NULS: &str = "\0\0\0\0\0\0\0\0";

fn event(kind: &str, payload: impl Into<Bytes>) -> Vec<u8> {
    let text = |text: &str| HeaderValue::String(text.to_owned().into());
    let message = Message::new(payload.into())
        .add_header(Header::new(":message-type", text("event")))
        .add_header(Header::new(":event-type", text(kind)))
        .add_header(Header::new(":content-type", text("application/octet-stream")));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

fn chunk(payload: &str) -> Vec<u8> {
    event("PayloadChunk", payload.to_owned())
}

fn complete() -> Vec<u8> {
    event("InvokeComplete", "{}")
}

fn failed() -> Vec<u8> {
    event(
        "InvokeComplete",
        r#"{"ErrorCode":"Unhandled","ErrorDetails":"{}"}"#,
    )
}

async fn answering(events: Vec<Vec<u8>>) -> Server {
    let body = Bytes::from(events.concat());
    let headers = [("Content-Type", "application/vnd.amazon.eventstream")];
    Server::answering(move |_| response(200, &headers, body.clone())).await
}

async fn ask(server: &Server) -> Result<FunctionAnswer, InvokeError> {
    let provider = Provider::AwsLambda(LambdaFunction {
        arn: "f".to_owned(),
        region: "eu-west-1".to_owned(),
        credentials: credentials("AKID1"),
        qualifier: Some("live".to_owned()),
        response: Some(ResponseMode::Stream),
        ..LambdaFunction::default()
    });
    let call = Call {
        caller: Caller::Client,
        original: None,
        needs_answer: true,
        ..call(EVENT)
    };
    invoker_of(server).invoke(&provider, call).await
}

async fn body_of(answer: FunctionAnswer) -> Result<Bytes, AnswerStreamError> {
    let stream = answer.passed_on.unwrap().stream.unwrap();
    Ok(stream.collect().await?.to_bytes())
}

#[tokio::test]
async fn metadata_are_the_head_however_they_are_cut() {
    let head = r#"{"statusCode":203,"headers":{"Content-Type":"text/event-stream"},"cookies":["a=1","b=2"]}"#;
    let whole = format!("{head}{NULS}data: 1\n\n");
    for cuts in [
        vec![whole.len()],
        vec![5, whole.len()],
        vec![head.len(), head.len() + 3, head.len() + 8, whole.len()],
        (1..=whole.len()).collect(),
    ] {
        let mut from = 0;
        let mut events: Vec<_> = cuts
            .into_iter()
            .map(|to| chunk(&whole[std::mem::replace(&mut from, to)..to]))
            .collect();
        events.push(complete());
        let server = answering(events).await;
        let answer = ask(&server).await.unwrap();
        let passed_on = answer.passed_on.as_ref().unwrap();
        assert_eq!((passed_on.status.as_u16(), answer.status), (203, Some(203)));
        assert_eq!(passed_on.headers["content-type"], "text/event-stream");
        let cookies: Vec<_> = passed_on.headers.get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
        assert_eq!(body_of(answer).await.unwrap(), "data: 1\n\n");
        let request = &server.requests()[0];
        let target = "/2021-11-15/functions/f/response-streaming-invocations?Qualifier=live";
        assert_eq!(
            (request.target.as_str(), &*request.body),
            (target, EVENT.as_bytes())
        );
        assert_signed(request, "AKID1", "eu-west-1", "lambda");
    }
}

#[tokio::test]
async fn without_metadata_all_of_it_is_the_body() {
    for (pieces, body) in [
        (vec!["a", "b"], "ab"),
        (vec![], ""),
        (vec!["{\"a\":1}\n", "{}"], "{\"a\":1}\n{}"),
        (vec!["{\"a\""], "{\"a\""),
    ] {
        let mut events: Vec<_> = pieces.into_iter().map(chunk).collect();
        events.push(complete());
        let answer = ask(&answering(events).await).await.unwrap();
        let passed_on = answer.passed_on.as_ref().unwrap();
        assert_eq!(passed_on.status.as_u16(), 200);
        assert_eq!(passed_on.headers["content-type"], "application/octet-stream");
        assert_eq!(body_of(answer).await.unwrap(), body);
    }
}

#[tokio::test]
async fn failures_before_the_head_fail_the_call() {
    let bad_head = format!("{{\"statusCode\":7}}{NULS}");
    for (events, want) in [
        (
            vec![failed()],
            "Function call failed because of runtime error. Error: Unhandled",
        ),
        (
            vec![event(
                "InvokeComplete",
                r#"{"ErrorCode":"Unhandled","ErrorDetails":"{\"errorType\":\"Error\",\"errorMessage\":\"no luck\"}"}"#,
            )],
            "Function call failed because of runtime error. Error: Unhandled: Error: no luck",
        ),
        (
            vec![chunk("{\"statusCode\""), failed()],
            "Function call failed because of runtime error. Error: Unhandled",
        ),
        (
            vec![],
            "Function call failed. Error: the event stream of AWS ended before the function did",
        ),
        (
            vec![chunk(&bad_head), complete()],
            "Function call failed. Error: metadata of the response stream malformed",
        ),
        (
            vec![b"no event stream at all, but long enough for one".to_vec()],
            "Function call failed. Error: the event stream of AWS broke off",
        ),
    ] {
        let error = ask(&answering(events).await).await.unwrap_err();
        assert!(error.to_string().starts_with(want), "{error}");
        assert_no_secrets(&error);
    }
    let server = Server::answering(|request| error(403, "AccessDeniedException", request)).await;
    let denied = ask(&server).await.unwrap_err();
    assert!(denied.access_denied_code().is_some(), "{denied:?}");
    assert_no_secrets(&denied);
}

#[tokio::test]
async fn failures_after_it_break_the_body_off() {
    for events in [
        vec![chunk("begun"), failed()],
        vec![chunk("begun")],
        vec![chunk("begun"), b"garbage".repeat(10)],
    ] {
        let answer = ask(&answering(events).await).await.unwrap();
        let error = body_of(answer).await.unwrap_err();
        assert!(matches!(error, AnswerStreamError::Broken(_)), "{error:?}");
    }
}

#[tokio::test]
async fn chunks_come_while_the_function_goes_on() {
    let go_on = Arc::new(Semaphore::new(0));
    let paced = go_on.clone();
    let server = Server::bare(move |_, mut stream| {
        let go_on = paced.clone();
        async move {
            read_request(&mut stream).await;
            let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            stream.write_all(head).await.unwrap();
            for event in [chunk("one"), chunk("two"), complete()] {
                go_on.acquire().await.unwrap().forget();
                let framed = [format!("{:x}\r\n", event.len()).as_bytes(), &event, b"\r\n"].concat();
                stream.write_all(&framed).await.unwrap();
            }
            stream.write_all(b"0\r\n\r\n").await.unwrap();
        }
    })
    .await;
    go_on.add_permits(1);
    let mut stream = ask(&server).await.unwrap().passed_on.unwrap().stream.unwrap();
    for want in ["one", "two"] {
        let frame = stream.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), want);
        go_on.add_permits(1);
    }
    assert!(stream.frame().await.is_none());
}

//! Answers as the runtime API of Lambda gets them, from a peer that speaks it.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::Path;
use axum::response::IntoResponse as _;
use axum::routing::any;
use futures_util::stream;
use http::StatusCode;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::*;

/// A request to the runtime API: its head, and its frames while they come.
struct Posted {
    head: http::request::Parts,
    frames: UnboundedReceiver<Result<Frame<Bytes>, hyper::Error>>,
}

/// A runtime API, and what it is told.
async fn runtime_api() -> (PooledClient, UnboundedReceiver<Posted>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (told, posts) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let told = told.clone();
            let service = service_fn(move |request| take(request, told.clone()));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
    let uri = format!("http://{address}").parse().unwrap();
    (PooledClient::builder().with_endpoint(uri).build(), posts)
}

async fn take(
    request: http::Request<Incoming>,
    told: UnboundedSender<Posted>,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (head, mut body) = request.into_parts();
    let (pass, frames) = unbounded_channel();
    told.send(Posted { head, frames }).unwrap();
    while let Some(frame) = body.frame().await {
        let _ = pass.send(frame);
    }
    Ok(http::Response::builder()
        .status(202)
        .body(Full::default())
        .unwrap())
}

fn invocation(method: &str, path: &str) -> LambdaInvocation {
    let mut event: Value = serde_json::from_str(include_str!("../events/function-url-post.json")).unwrap();
    event["requestContext"]["http"]["method"] = method.into();
    event["rawPath"] = path.into();
    let (mut parts, ()) = http::Response::new(()).into_parts();
    parts
        .headers
        .insert(INVOCATION_ID, HeaderValue::from_static("i-1"));
    let mut context = lambda_runtime::Context::default();
    context.request_id = "r-1".to_owned();
    LambdaInvocation {
        parts,
        body: event.to_string().into(),
        context,
    }
}

/// The data of a request in one piece, and its trailers.
async fn whole(posted: &mut Posted) -> (Vec<u8>, Option<HeaderMap>) {
    let (mut data, mut trailers) = (Vec::new(), None);
    while let Some(frame) = posted.frames.recv().await {
        match frame.unwrap().into_data() {
            Ok(piece) => data.extend_from_slice(&piece),
            Err(frame) => trailers = frame.into_trailers().ok(),
        }
    }
    (data, trailers)
}

/// Metadata and body of an answer.
fn split(data: &[u8]) -> (Value, &[u8]) {
    let at = data.windows(8).position(|bytes| bytes == DELIMITER).unwrap();
    (serde_json::from_slice(&data[..at]).unwrap(), &data[at + 8..])
}

/// Calls a router once; gives what the runtime API was told.
async fn posted(router: Router, invocation: LambdaInvocation) -> (Posted, Vec<u8>, Option<HeaderMap>) {
    let (client, mut posts) = runtime_api().await;
    StreamingFunction::new(router, InvocationTrace::default(), client)
        .oneshot(invocation)
        .await
        .unwrap();
    let mut posted = posts.recv().await.unwrap();
    let (data, trailers) = whole(&mut posted).await;
    (posted, data, trailers)
}

#[tokio::test]
async fn the_head_comes_first_and_keeps_all_values() {
    let router = Router::new().fallback(|| async {
        let headers = [
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("vary", "origin"),
            ("vary", "accept"),
        ];
        let mut response = (StatusCode::CREATED, vec![0xff, 0, 0, 0, 0, 0, 0, 0, 0]).into_response();
        for (name, value) in headers {
            response
                .headers_mut()
                .append(name, HeaderValue::from_static(value));
        }
        response
    });
    let (posted, data, trailers) = posted(router, invocation("POST", "/")).await;
    assert_eq!(posted.head.method, "POST");
    assert_eq!(posted.head.uri, "/2018-06-01/runtime/invocation/r-1/response");
    for (name, want) in [
        ("lambda-runtime-function-response-mode", "streaming"),
        (
            "content-type",
            "application/vnd.awslambda.http-integration-response",
        ),
        ("transfer-encoding", "chunked"),
        ("lambda-runtime-invocation-id", "i-1"),
    ] {
        assert_eq!(posted.head.headers[name], want);
    }
    let (head, body) = split(&data);
    let headers = json!({"content-type": "application/octet-stream", "vary": "origin, accept"});
    assert_eq!(
        head,
        json!({"statusCode": 201, "headers": headers, "cookies": ["a=1", "b=2"]})
    );
    assert_eq!(body, [0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(trailers, None);
}

#[tokio::test]
async fn pieces_are_passed_on_while_the_answer_goes_on() {
    let (more, pieces) = unbounded_channel::<Result<Frame<Bytes>, Infallible>>();
    let pieces = Arc::new(std::sync::Mutex::new(Some(pieces)));
    let router = Router::new().fallback(move || {
        let pieces = pieces.lock().unwrap().take().unwrap();
        async move {
            let next = |mut pieces: UnboundedReceiver<_>| async move {
                let piece = pieces.recv().await?;
                Some((piece, pieces))
            };
            Response::new(Body::new(StreamBody::new(stream::unfold(pieces, next))))
        }
    });
    let (client, mut posts) = runtime_api().await;
    let call = tokio::spawn(
        StreamingFunction::new(router, InvocationTrace::default(), client).oneshot(invocation("GET", "/")),
    );
    let mut posted = posts.recv().await.unwrap();
    let prelude = posted.frames.recv().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(split(&prelude).0["statusCode"], 200);
    for piece in ["data: 1\n\n", "data: 2\n\n"] {
        // Only now is it sent, so that it cannot have waited for what follows.
        more.send(Ok(Frame::data(Bytes::from(piece)))).unwrap();
        let frame = tokio::time::timeout(Duration::from_secs(20), posted.frames.recv()).await;
        assert_eq!(frame.unwrap().unwrap().unwrap().into_data().unwrap(), piece);
    }
    assert!(!call.is_finished());
    drop(more);
    assert_eq!(whole(&mut posted).await, (Vec::new(), None));
    call.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_failure_and_nothing_is_added_to_it() {
    let router = Router::new().fallback(|| async {
        let frames = [
            Ok(Frame::data(Bytes::from_static(b"half"))),
            Err("the function broke off its answer"),
        ];
        Response::new(Body::new(StreamBody::new(stream::iter(frames))))
    });
    let (_, data, trailers) = posted(router, invocation("GET", "/")).await;
    assert_eq!(split(&data).1, b"half");
    let trailers = trailers.unwrap();
    assert_eq!(trailers[ERROR_TYPE], "Runtime.StreamError");
    let detail = STANDARD.decode(&trailers[ERROR_BODY]).unwrap();
    let detail: Value = serde_json::from_slice(&detail).unwrap();
    assert_eq!(detail["errorMessage"], "the answer broke off");
}

#[tokio::test]
async fn some_answers_have_no_body() {
    async fn answer(Path(status): Path<u16>) -> Response {
        (StatusCode::from_u16(status).unwrap(), "body").into_response()
    }
    for (method, status, want) in [
        ("GET", 200, "body"),
        ("GET", 204, ""),
        ("GET", 205, ""),
        ("GET", 304, ""),
        ("HEAD", 200, ""),
    ] {
        let router = Router::new().route("/{status}", any(answer));
        let (_, data, _) = posted(router, invocation(method, &format!("/{status}"))).await;
        let (head, body) = split(&data);
        assert_eq!(
            (&head["statusCode"], body),
            (&status.into(), want.as_bytes()),
            "{method}"
        );
    }
}

#[tokio::test]
async fn events_that_are_no_request_are_refused() {
    let (_, data, _) = posted(Router::new(), invocation("GET", &"/a".repeat(40_000))).await;
    let (head, body) = split(&data);
    assert_eq!(head["statusCode"], 414);
    assert_eq!(
        body,
        b"{\"errors\":[{\"message\":\"request target is malformed\"}]}\n"
    );
}

#[tokio::test]
async fn an_invocation_that_is_no_request_is_reported_and_ends_nothing() {
    for event in ["{}", r#"{"action":"warm"}"#, "null"] {
        let mut warmer = invocation("GET", "/");
        warmer.body = event.into();
        let (posted, data, _) = posted(Router::new(), warmer).await;
        assert_eq!(posted.head.uri, "/2018-06-01/runtime/invocation/r-1/error");
        for (name, want) in [
            ("lambda-runtime-function-error-type", "Runtime.MalformedEvent"),
            ("lambda-runtime-invocation-id", "i-1"),
        ] {
            assert_eq!(posted.head.headers[name], want);
        }
        let detail: Value = serde_json::from_slice(&data).unwrap();
        assert_eq!(detail["errorType"], "Runtime.MalformedEvent");
        assert!(
            detail["errorMessage"].as_str().unwrap().contains("no request"),
            "{detail}"
        );
    }
}

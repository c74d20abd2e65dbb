//! What servers that speak HTTP/2 leave: events that they do not read, and answers that nobody reads.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Response;
use serde_json::json;
use targets::{BytesInFlight, Call, Caller, TargetSettings};
use tokio::sync::{Barrier, mpsc};
use tokio::time::sleep;

use crate::http2::{answering, deliver, picking};
use crate::mtls::Authority;
use crate::server::response;
use crate::{EVENT, call, invoker, with_options, with_settings};

/// Longer than a function may take to read its event once it has answered.
const PATIENCE: Duration = Duration::from_secs(30);

async fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_event_that_is_not_read_is_counted_and_ends_its_connection() {
    let authority = Authority::new();
    let (tell, mut ended) = mpsc::unbounded_channel();
    let server = picking(&authority, move |number, stream| {
        let tell = tell.clone();
        async move {
            let mut settings = h2::server::Builder::new();
            // The second connection reads.
            settings.initial_window_size(if number == 0 { 0 } else { 65_535 });
            let mut connection = settings.handshake(stream).await.unwrap();
            // A stream whose request is dropped would be reset.
            let mut unread = Vec::new();
            while let Some(Ok((request, mut answer))) = connection.accept().await {
                let mut body = answer.send_response(Response::new(()), false).unwrap();
                body.send_data(Bytes::from_static(b"x"), true).unwrap();
                unread.push(request);
            }
            tell.send(number).unwrap();
        }
    })
    .await;
    let budget = BytesInFlight::new(1_000_000);
    let invoker = with_settings(TargetSettings {
        in_flight: budget,
        timeout: PATIENCE,
        ..TargetSettings::default()
    });
    let port = server.address().port();
    // The window is known when the first answer has come.
    for _ in 0..2 {
        assert_eq!(deliver(&invoker, &authority, port, "/").await.unwrap(), "x");
    }
    wait_until("the event is counted", || budget.held() >= EVENT.len()).await;
    assert_eq!(server.connections(), 1);
    let ended = tokio::time::timeout(PATIENCE, ended.recv()).await;
    assert_eq!(ended.unwrap(), Some(0));
    wait_until("the room is given back", || budget.held() == 0).await;
    assert_eq!(deliver(&invoker, &authority, port, "/").await.unwrap(), "x");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn calls_whose_answers_are_streamed_share_no_connection() {
    const CALLS: usize = 3;
    let authority = Authority::new();
    for (mode, connections) in [("stream", CALLS), ("raw", 1)] {
        let together = Arc::new(Barrier::new(CALLS));
        let server = answering(&authority, move |request| {
            let together = Arc::clone(&together);
            async move {
                if request.uri().path() == "/together" {
                    together.wait().await;
                }
                response(200, &[], "x")
            }
        })
        .await;
        let invoker = invoker();
        let invoke = |path: &str| {
            let url = format!("https://localhost:{}{path}", server.address().port());
            let tls = json!({"certificateAuthority": authority.pem()});
            let provider = with_options(&url, json!({"response": mode, "tls": tls}));
            let invoker = invoker.clone();
            async move {
                let call = Call {
                    caller: Caller::Client,
                    ..call(EVENT)
                };
                invoker.invoke(&provider, call).await.unwrap()
            }
        };
        // Those that find no connection open one each.
        drop(invoke("/").await);
        let mut under_way = tokio::task::JoinSet::new();
        for _ in 0..CALLS {
            under_way.spawn(invoke("/together"));
        }
        let answers = under_way.join_all().await;
        assert!(answers.iter().all(|answer| answer.status == Some(200)));
        assert_eq!(server.connections(), connections, "{mode}");
    }
}

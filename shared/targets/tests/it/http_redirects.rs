//! Redirects of HTTP functions.

use domain::retry::FailureClass;
use targets::{InvokeError, Rejection};

use crate::server::{Server, response};
use crate::{EVENT, endpoint, invoker, post, queued, with_options};

/// Redirects `/<status>` to `/end`, and anything else ends.
async fn redirecting() -> Server {
    Server::answering(|request| match request.target[1..].parse() {
        Ok(status) => response(status, &[("Location", "/end")], "not the result"),
        Err(_) => response(200, &[], "end"),
    })
    .await
}

#[tokio::test]
async fn seeing_elsewhere_is_a_get_without_the_event() {
    let server = redirecting().await;
    for status in [301, 302, 303] {
        assert_eq!(
            post(&invoker(), &server.url(&format!("/{status}")))
                .await
                .unwrap(),
            "end"
        );
        let end = server.requests().pop().unwrap();
        assert_eq!(
            (end.method.as_str(), end.target.as_str(), end.body.len()),
            ("GET", "/end", 0),
            "{status}"
        );
        assert_eq!(
            (end.header("content-type"), end.header("content-length")),
            (None, None)
        );
        assert_eq!(end.header("user-agent"), Some("Go-http-client/1.1"));
    }
}

/// What answers the GET is not the function that was to have the event.
#[tokio::test]
async fn deliveries_do_not_lose_their_event_on_the_way() {
    let server = redirecting().await;
    let invoker = invoker();
    for status in [301, 302, 303] {
        let url = server.url(&format!("/{status}"));
        for provider in [
            endpoint(&url),
            with_options(&url, serde_json::json!({"method": "PUT"})),
        ] {
            let before = server.requests().len();
            let answer = invoker.invoke(&provider, queued(EVENT)).await.unwrap();
            let rejection = Rejection {
                status,
                class: FailureClass::Permanent,
                retry_after: None,
                challenge: None,
            };
            assert_eq!(
                (answer.status, &answer.rejection),
                (Some(status), &Some(rejection))
            );
            let kept = answer.last_response().unwrap();
            assert_eq!((kept.status, &*kept.body), (Some(status), "not the result"));
            assert_eq!(server.requests().len(), before + 1, "{status}");
        }
    }
    for status in [307, 308] {
        let url = server.url(&format!("/{status}"));
        let answer = invoker.invoke(&endpoint(&url), queued(EVENT)).await.unwrap();
        assert_eq!((answer.status, answer.rejection), (Some(200), None));
        assert_eq!(server.requests().pop().unwrap().body, EVENT, "{status}");
    }
}

/// A function that is called without the event loses nothing.
#[tokio::test]
async fn deliveries_without_a_body_follow_all_redirects() {
    let server = redirecting().await;
    for method in ["GET", "HEAD"] {
        let provider = with_options(&server.url("/302"), serde_json::json!({"method": method}));
        let answer = invoker().invoke(&provider, queued(EVENT)).await.unwrap();
        assert_eq!((answer.status, answer.rejection), (Some(200), None), "{method}");
        assert_eq!(server.requests().pop().unwrap().target, "/end");
    }
}

#[tokio::test]
async fn moved_calls_are_posted_again() {
    let server = redirecting().await;
    for status in [307, 308] {
        assert_eq!(
            post(&invoker(), &server.url(&format!("/{status}")))
                .await
                .unwrap(),
            "end"
        );
        let end = server.requests().pop().unwrap();
        assert_eq!(
            (end.method.as_str(), end.target.as_str()),
            ("POST", "/end"),
            "{status}"
        );
        assert_eq!(end.body, EVENT);
        assert_eq!(end.header("content-type"), Some("application/cloudevents+json"));
    }
}

#[tokio::test]
async fn ten_redirects_are_followed_and_no_more() {
    // `/<n>` redirects n times more.
    let server = Server::answering(|request| match request.target[1..].parse::<u32>() {
        Ok(0) => response(200, &[], "end"),
        Ok(left) => response(307, &[("Location", (left - 1).to_string().as_str())], ""),
        Err(_) => response(400, &[], ""),
    })
    .await;
    assert_eq!(post(&invoker(), &server.url("/10")).await.unwrap(), "end");
    assert_eq!(server.requests().len(), 11);
    let error = post(&invoker(), &server.url("/11")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Function call failed. Error: stopped after 10 redirects"
    );
    assert_eq!(error.class(), FailureClass::Permanent);
    assert_eq!(server.requests().len(), 22);
}

#[tokio::test]
async fn a_get_stays_a_get() {
    let server = Server::answering(|request| match request.target.as_str() {
        "/a" => response(303, &[("Location", "/b")], ""),
        "/b" => response(307, &[("Location", "/c")], ""),
        _ => response(200, &[], ""),
    })
    .await;
    post(&invoker(), &server.url("/a")).await.unwrap();
    let end = server.requests().pop().unwrap();
    assert_eq!(
        (end.method.as_str(), end.target.as_str(), end.body.len()),
        ("GET", "/c", 0)
    );
}

#[tokio::test]
async fn credentials_go_to_their_own_server_only() {
    let other = Server::answering(|_| response(200, &[], "other")).await;
    let elsewhere = other.url("/x");
    let server = Server::answering(move |request| match request.target.as_str() {
        "/same" => response(307, &[("Location", "/here")], ""),
        "/other" => response(307, &[("Location", elsewhere.as_str())], ""),
        _ => response(200, &[], "here"),
    })
    .await;
    let url = |path: &str| format!("http://user:secret@{}{path}", server.address());
    assert_eq!(post(&invoker(), &url("/same")).await.unwrap(), "here");
    assert_eq!(post(&invoker(), &url("/other")).await.unwrap(), "other");
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.header("authorization") == Some("Basic dXNlcjpzZWNyZXQ="))
    );
    let [request] = &other.requests()[..] else {
        panic!("one request")
    };
    assert_eq!(request.header("authorization"), None);
    assert_eq!(request.body, EVENT);
}

#[tokio::test]
async fn a_redirect_to_nowhere() {
    let server = Server::answering(|request| match request.target.as_str() {
        "/none" => response(302, &[], "as it is"),
        "/empty" => response(302, &[("Location", "")], "as it is"),
        "/choices" => response(300, &[("Location", "/end")], "as it is"),
        "/scheme" => response(302, &[("Location", "ftp://h/?secret")], ""),
        _ => response(302, &[("Location", "http://[secret/")], ""),
    })
    .await;
    let invoker = invoker();
    for path in ["/none", "/empty", "/choices"] {
        assert_eq!(
            post(&invoker, &server.url(path)).await.unwrap(),
            "as it is",
            "{path}"
        );
    }
    for path in ["/scheme", "/broken"] {
        let error = post(&invoker, &server.url(path)).await.unwrap_err();
        assert!(
            matches!(error, InvokeError::Unavailable { permanent: true, .. }),
            "{path}: {error:?}"
        );
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}

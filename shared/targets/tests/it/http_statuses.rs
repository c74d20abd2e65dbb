//! What each status of an HTTP function means: to a sync caller, to a delivery, and for the next attempt.

use std::time::{Duration, SystemTime};

use domain::dead_letter::LastResponse;
use domain::retry::{FailureClass, MOST_DELAY};
use targets::{InvokeError, Rejection};

use crate::server::{Server, response};
use crate::{deliver, invoker};

use FailureClass::{Gone, Permanent, Throttled, Transient};

/// Answers `/<status>` with that status and `/<status>/<text>` with `Retry-After: <text>` as well.
async fn answering_statuses() -> Server {
    Server::answering(|request| {
        let (status, retry_after) = match request.target[1..].split_once('/') {
            Some((status, text)) => (status, Some(text.replace("%20", " "))),
            None => (&request.target[1..], None),
        };
        let headers: Vec<_> = retry_after
            .iter()
            .map(|text| ("Retry-After", text.as_str()))
            .collect();
        response(status.parse().unwrap(), &headers, body_of(status))
    })
    .await
}

fn body_of(status: &str) -> &'static str {
    if ["204", "205", "304"].contains(&status) {
        ""
    } else {
        "why"
    }
}

/// Class and time of an answer, whichever way it came.
async fn judged(server: &Server, path: &str) -> (FailureClass, Option<Duration>) {
    match deliver(&invoker(), &server.url(path)).await {
        Ok(answer) => {
            let Rejection {
                class, retry_after, ..
            } = answer.rejection.unwrap();
            (class, retry_after)
        }
        Err(error) => (error.class(), error.retry_after()),
    }
}

#[tokio::test]
async fn success_is_2xx() {
    let server = answering_statuses().await;
    for status in [200_u16, 201, 202, 204, 205, 226, 299] {
        let answer = deliver(&invoker(), &server.url(&format!("/{status}")))
            .await
            .unwrap();
        assert_eq!(
            (answer.status, &answer.rejection),
            (Some(status), &None),
            "{status}"
        );
        assert_eq!(answer.last_response(), None);
        assert_eq!(answer.body, body_of(&status.to_string()), "{status}");
    }
}

#[tokio::test]
async fn other_answers_below_500_are_results_and_rejections() {
    let server = answering_statuses().await;
    for (status, class) in [
        (300_u16, Permanent),
        (302, Permanent),
        (304, Permanent),
        (400, Permanent),
        (401, Permanent),
        (403, Permanent),
        (404, Permanent),
        (405, Permanent),
        (408, Transient),
        (409, Transient),
        (410, Gone),
        (413, Permanent),
        (421, Permanent),
        (422, Permanent),
        (423, Transient),
        (424, Permanent),
        (425, Transient),
        (429, Throttled),
        (451, Permanent),
        (499, Permanent),
    ] {
        let answer = deliver(&invoker(), &server.url(&format!("/{status}")))
            .await
            .unwrap();
        let body = body_of(&status.to_string());
        assert_eq!(answer.body, body, "{status}");
        let kept = LastResponse {
            status: Some(status),
            body: body.to_owned(),
        };
        assert_eq!(answer.last_response(), Some(kept));
        let rejection = Rejection {
            status,
            class,
            retry_after: None,
            challenge: None,
        };
        assert_eq!((answer.status, answer.rejection), (Some(status), Some(rejection)));
    }
}

#[tokio::test]
async fn answers_from_500_are_failures() {
    let server = answering_statuses().await;
    for (status, class) in [
        (500_u16, Transient),
        (501, Permanent),
        (502, Transient),
        (503, Transient),
        (504, Transient),
        (505, Permanent),
        (507, Transient),
        (508, Permanent),
        (511, Transient),
        (599, Transient),
        (999, Transient),
    ] {
        let error = deliver(&invoker(), &server.url(&format!("/{status}")))
            .await
            .unwrap_err();
        assert!(matches!(error, InvokeError::FunctionFailed { .. }), "{error:?}");
        let text =
            format!("Function call failed because of runtime error. Error: HTTP status code: {status}");
        assert_eq!(error.to_string(), text);
        let kept = LastResponse {
            status: Some(status),
            body: "why".to_owned(),
        };
        assert_eq!(
            (error.class(), error.retry_after(), error.last_response()),
            (class, None, Some(kept)),
            "{status}"
        );
    }
}

#[tokio::test]
async fn functions_name_the_time_of_the_next_attempt() {
    let server = answering_statuses().await;
    let seconds = |count| Some(Duration::from_secs(count));
    for (path, want) in [
        ("/429/7", (Throttled, seconds(7))),
        ("/503/7", (Throttled, seconds(7))),
        ("/503/0", (Throttled, seconds(0))),
        ("/503/soon", (Transient, None)),
        ("/503/-1", (Transient, None)),
        ("/500/7", (Transient, seconds(7))),
        ("/408/7", (Transient, seconds(7))),
        ("/413/7", (Transient, seconds(7))),
        ("/429/999999999999999999999999", (Throttled, Some(MOST_DELAY))),
        (
            "/429/Sun,%2006%20Nov%201994%2008:49:37%20GMT",
            (Throttled, seconds(0)),
        ),
        // They are not tried again.
        ("/403/7", (Permanent, None)),
        ("/410/7", (Gone, None)),
        ("/501/7", (Permanent, None)),
    ] {
        assert_eq!(judged(&server, path).await, want, "{path}");
    }
}

#[tokio::test]
async fn dates_count_from_now() {
    let server = Server::answering(|_| {
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(100));
        response(429, &[("Retry-After", date.as_str())], "")
    })
    .await;
    let (class, retry_after) = judged(&server, "/").await;
    let retry_after = retry_after.unwrap();
    assert_eq!(class, Throttled);
    // Dates have no fractions, and a slow machine takes its time.
    assert!(
        retry_after > Duration::from_secs(70) && retry_after <= Duration::from_secs(100),
        "{retry_after:?}"
    );
}

#[tokio::test]
async fn unreadable_times_are_passed_over() {
    let server = Server::answering(|_| {
        let mut response = response(503, &[], "");
        let value = http::HeaderValue::from_bytes(b"\xff7").unwrap();
        response.headers_mut().insert("retry-after", value);
        response
    })
    .await;
    assert_eq!(judged(&server, "/").await, (Transient, None));
}

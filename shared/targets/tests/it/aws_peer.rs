//! Answers as AWS does: a server that every provider is pointed to by its endpoint setting.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use domain::event::Event;
use domain::resource::AwsCredentials;
use http::Response;
use http_body_util::Full;
use targets::{Call, CallIdentity, Caller, InvokeError, Invoker, TargetSettings};

use crate::server::{Received, Server, response};
use crate::with_settings;

/// A session token that must never show up anywhere.
pub(crate) const TOKEN: &str = "TOKENSECRET";
/// A secret key that must never show up anywhere.
pub(crate) const SECRET: &str = "KEYSECRET";

pub(crate) fn credentials(id: &str) -> AwsCredentials {
    AwsCredentials {
        aws_access_key_id: id.into(),
        aws_secret_access_key: SECRET.into(),
        aws_session_token: TOKEN.into(),
        ..AwsCredentials::default()
    }
}

/// An invoker whose AWS is this server.
pub(crate) fn invoker_of(server: &Server) -> Invoker {
    with_settings(TargetSettings {
        aws_endpoint_url: Some(server.url("")),
        timeout: Duration::from_mins(1),
        ..TargetSettings::default()
    })
}

/// An error answer of any AWS JSON protocol, with everything in it that AWS has been seen to repeat.
pub(crate) fn error(status: u16, code: &str, request: &Received) -> Response<Full<Bytes>> {
    let token = request.header("x-amz-security-token").unwrap_or_default();
    let body = serde_json::json!({
        "__type": format!("com.amazonaws.service#{code}"),
        "message": format!("about {token}\n\nThe Canonical String was\nx-amz-security-token:{token}"),
    });
    response(
        status,
        &[
            ("x-amzn-errortype", code),
            ("Content-Type", "application/x-amz-json-1.1"),
        ],
        body.to_string(),
    )
}

/// Fails unless the request is signed with this key for this region and service.
pub(crate) fn assert_signed(request: &Received, id: &str, region: &str, service: &str) {
    let authorization = request.header("authorization").unwrap();
    let scope = format!("/{region}/{service}/aws4_request,");
    assert!(
        authorization.starts_with(&format!("AWS4-HMAC-SHA256 Credential={id}/")),
        "{authorization}"
    );
    assert!(authorization.contains(&scope), "{authorization}");
    assert_eq!(request.header("x-amz-security-token"), Some(TOKEN));
}

/// Fails if anything secret is to be seen in the error or its causes.
pub(crate) fn assert_no_secrets(error: &InvokeError) {
    let mut shown = format!("{error} {error:?} {error:#?}");
    for cause in std::iter::successors(std::error::Error::source(error), |&cause| cause.source()) {
        write!(shown, "{cause} {cause:?}").unwrap();
    }
    assert!(
        !shown.contains(TOKEN) && !shown.contains(SECRET) && !shown.contains("AKID"),
        "{shown}"
    );
}

/// A CloudEvent of `/shop` with this data.
pub(crate) fn event(data: &str) -> Event {
    let json = format!(
        r#"{{"specversion":"1.0","id":"e","source":"/shop","type":"order.placed","time":"2026-01-02T03:04:05.5Z","data":{data}}}"#
    );
    serde_json::from_str(&json).unwrap()
}

/// The call of a queued delivery.
pub(crate) fn delivery<'e>(event: &'e Event, id: &str) -> Call<'e> {
    Call {
        payload: event.to_json().into(),
        event: Some(event),
        identity: Some(CallIdentity {
            delivery: id.into(),
            subscription: None,
            attempt: 1,
            trace: None,
        }),
        caller: Caller::Queue,
        original: None,
        needs_answer: true,
        hops: domain::hops::Hops::NONE,
    }
}

/// What the peer was asked for, by the protocols that name it in a header.
pub(crate) fn target(request: &Received) -> &str {
    let target = request.header("x-amz-target").unwrap_or_default();
    target.rsplit('.').next().unwrap()
}

/// The parameters of a request of the query protocol.
pub(crate) fn parameters(request: &Received) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

//! Calls that are made as a role: who asks for it, for how long it is kept, and what a refusal is.

use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use bytes::Bytes;
use domain::resource::{AwsCredentials, KinesisStream, LambdaFunction, Provider};
use domain::retry::FailureClass;
use http::Response;
use http_body_util::Full;
use targets::AccessDeniedCode;

use crate::aws_peer::{
    TOKEN, assert_no_secrets, assert_signed, credentials, delivery, event, invoker_of, parameters,
};
use crate::server::{Received, Server, response};
use crate::{EVENT, call};

const ROLE: &str = "arn:aws:iam::123456789012:role/r";
const EXTERNAL_ID: &str = "tenant-7-KEYSECRET";

fn as_role(id: &str) -> AwsCredentials {
    AwsCredentials {
        role_arn: ROLE.to_owned(),
        external_id: EXTERNAL_ID.to_owned(),
        ..credentials(id)
    }
}

fn lambda(credentials: AwsCredentials) -> Provider {
    Provider::AwsLambda(LambdaFunction {
        arn: "f".to_owned(),
        region: "eu-west-1".to_owned(),
        credentials,
        ..Default::default()
    })
}

fn kinesis(credentials: AwsCredentials) -> Provider {
    Provider::AwsKinesis(KinesisStream {
        stream_name: "stream".to_owned(),
        region: "eu-west-1".to_owned(),
        credentials,
        ..Default::default()
    })
}

fn is_sts(request: &Received) -> bool {
    request.body.starts_with(b"Action=AssumeRole")
}

/// Credentials of the role, for so long.
fn assumed(lifetime: Duration) -> Response<Full<Bytes>> {
    let end = DateTime::from(SystemTime::now() + lifetime)
        .fmt(Format::DateTime)
        .unwrap();
    let answer = format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>\
        <SecretAccessKey>s</SecretAccessKey><SessionToken>of-the-role</SessionToken>\
        <Expiration>{end}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    );
    response(200, &[], answer)
}

fn refused(status: u16, code: &str) -> Response<Full<Bytes>> {
    let answer = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>AKID1 may not, with {TOKEN}\n\n\
        The Canonical String was x-amz-security-token:{TOKEN}</Message></Error></ErrorResponse>"
    );
    response(status, &[], answer)
}

async fn peer(lifetime: Duration) -> Server {
    Server::answering(move |request| {
        if is_sts(request) {
            assumed(lifetime)
        } else {
            response(200, &[], r#"{"SequenceNumber":"s","ShardId":"s"}"#)
        }
    })
    .await
}

#[tokio::test]
async fn a_role_is_assumed_once_with_the_keys_of_the_function() {
    let server = peer(Duration::from_hours(1)).await;
    let invoker = invoker_of(&server);
    for _ in 0..3 {
        invoker
            .invoke(&lambda(as_role("AKID1")), call(EVENT))
            .await
            .unwrap();
    }
    let requests = server.requests();
    let [assume, invoke @ ..] = &requests[..] else {
        panic!("no requests")
    };
    assert_signed(assume, "AKID1", "eu-west-1", "sts");
    let asked = parameters(assume);
    let text = |name: &str| asked.get(name).map(String::as_str);
    assert_eq!(
        [text("RoleArn"), text("ExternalId"), text("RoleSessionName")],
        [Some(ROLE), Some(EXTERNAL_ID), Some("event-gateway")]
    );
    assert_eq!(invoke.len(), 3);
    for request in invoke {
        let authorization = request.header("authorization").unwrap();
        assert!(authorization.contains("Credential=ASIA1/") && authorization.contains("/lambda/"));
        assert_eq!(request.header("x-amz-security-token"), Some("of-the-role"));
    }
}

#[tokio::test]
async fn without_an_external_id_none_is_sent() {
    let server = peer(Duration::from_hours(1)).await;
    let credentials = AwsCredentials {
        external_id: String::new(),
        ..as_role("AKID1")
    };
    invoker_of(&server)
        .invoke(&kinesis(credentials), call(EVENT))
        .await
        .unwrap();
    assert_eq!(parameters(&server.requests()[0]).get("ExternalId"), None);
}

#[tokio::test]
async fn other_keys_ask_again() {
    let server = peer(Duration::from_hours(1)).await;
    let invoker = invoker_of(&server);
    for id in ["AKID1", "AKID2", "AKID1"] {
        invoker.invoke(&lambda(as_role(id)), call(EVENT)).await.unwrap();
    }
    let asked: Vec<_> = server.requests().into_iter().filter(is_sts).collect();
    assert_eq!(asked.len(), 2);
    assert_signed(&asked[1], "AKID2", "eu-west-1", "sts");
}

#[tokio::test]
async fn what_is_about_to_expire_is_not_used_again() {
    let server = peer(Duration::from_secs(1)).await;
    let invoker = invoker_of(&server);
    for _ in 0..2 {
        invoker
            .invoke(&lambda(as_role("AKID1")), call(EVENT))
            .await
            .unwrap();
    }
    assert_eq!(
        server.requests().iter().filter(|request| is_sts(request)).count(),
        2
    );
}

#[tokio::test]
async fn one_request_for_the_role_serves_many_calls_at_a_time() {
    let server = peer(Duration::from_hours(1)).await;
    let invoker = invoker_of(&server);
    let (provider, event) = (lambda(as_role("AKID1")), event("1"));
    let send = || invoker.invoke(&provider, delivery(&event, "d"));
    let (a, b, c) = tokio::join!(send(), send(), send());
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(
        server.requests().iter().filter(|request| is_sts(request)).count(),
        1
    );
}

#[tokio::test]
async fn a_refused_role_is_access_denied() {
    use FailureClass::{Permanent, Throttled, Transient};
    for (code, status, class, denied) in [
        (
            "AccessDenied",
            403,
            Permanent,
            Some(AccessDeniedCode::AccessDenied),
        ),
        (
            "ExpiredToken",
            403,
            Permanent,
            Some(AccessDeniedCode::ExpiredToken),
        ),
        (
            "InvalidClientTokenId",
            403,
            Permanent,
            Some(AccessDeniedCode::UnrecognizedClient),
        ),
        ("SignatureDoesNotMatch", 403, Permanent, None),
        ("Throttling", 400, Throttled, None),
        ("InternalFailure", 500, Transient, None),
    ] {
        let server = Server::answering(move |_| refused(status, code)).await;
        let invoker = invoker_of(&server);
        let event = event("1");
        let error = invoker
            .invoke(&lambda(as_role("AKID1")), delivery(&event, "d"))
            .await
            .unwrap_err();
        assert_eq!(
            (error.class(), error.access_denied_code()),
            (class, denied),
            "{code}: {error:?}"
        );
        assert!(
            error.to_string().contains("the role cannot be assumed: "),
            "{error}"
        );
        assert_no_secrets(&error);
        let error = invoker
            .invoke(&kinesis(as_role("AKID1")), delivery(&event, "d"))
            .await
            .unwrap_err();
        assert_eq!(
            (error.class(), error.access_denied_code()),
            (class, None),
            "{code}: {error:?}"
        );
        assert_no_secrets(&error);
        assert!(server.requests().iter().all(is_sts));
    }
}

#[tokio::test]
async fn a_refusal_is_kept_for_a_moment() {
    let server = Server::answering({
        let asked = std::sync::atomic::AtomicUsize::new(0);
        move |request| {
            if !is_sts(request) {
                return response(200, &[], "{}");
            }
            match asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 => refused(403, "AccessDenied"),
                _ => assumed(Duration::from_hours(1)),
            }
        }
    })
    .await;
    let invoker = invoker_of(&server);
    let (provider, event) = (lambda(as_role("AKID1")), event("1"));
    let send = || invoker.invoke(&provider, delivery(&event, "d"));
    let (a, b, c) = tokio::join!(send(), send(), send());
    for error in [a, b, c].map(Result::unwrap_err) {
        assert_eq!(error.class(), FailureClass::Permanent, "{error:?}");
    }
    assert_eq!(server.requests().len(), 1);
    let taken = async {
        while send().await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), taken)
        .await
        .unwrap();
}

#[tokio::test]
async fn silence_of_sts_is_a_passing_failure() {
    let server = Server::bare(|_, stream| async move { drop(stream) }).await;
    let event = event("1");
    let error = invoker_of(&server)
        .invoke(&lambda(as_role("AKID1")), delivery(&event, "d"))
        .await
        .unwrap_err();
    assert_eq!(error.class(), FailureClass::Transient, "{error:?}");
    assert_no_secrets(&error);
}

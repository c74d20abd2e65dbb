//! Who tries again at AWS, when, and with whose credentials.

use std::process::Command;
use std::time::Duration;

use domain::resource::{
    AwsCredentials, FirehoseStream, KinesisStream, LambdaFunction, Provider, Secret, SqsQueue,
};
use domain::retry::{FailureClass, MOST_DELAY};
use targets::{AccessDeniedCode, Call, Caller, InvokeError, TargetSettings};

use crate::aws_peer::{assert_no_secrets, credentials, error, invoker_of};
use crate::server::{Server, response};
use crate::{EVENT, call, with_settings};

/// A function of each AWS provider.
fn providers(credentials: &AwsCredentials) -> [Provider; 4] {
    let region = || "eu-west-1".to_owned();
    [
        Provider::AwsLambda(LambdaFunction {
            arn: "f".to_owned(),
            region: region(),
            credentials: credentials.clone(),
            ..Default::default()
        }),
        Provider::AwsKinesis(KinesisStream {
            stream_name: "stream".to_owned(),
            region: region(),
            credentials: credentials.clone(),
            ..Default::default()
        }),
        Provider::AwsFirehose(FirehoseStream {
            delivery_stream_name: "stream".to_owned(),
            region: region(),
            credentials: credentials.clone(),
            ..Default::default()
        }),
        Provider::AwsSqs(SqsQueue {
            queue_url: "https://sqs/1/queue".into(),
            region: region(),
            credentials: credentials.clone(),
            ..Default::default()
        }),
    ]
}

fn single_call() -> Call<'static> {
    Call {
        caller: Caller::Queue,
        ..call(EVENT)
    }
}

#[tokio::test]
async fn a_queue_that_tries_again_is_the_only_one_that_does() {
    for provider in providers(&credentials("AKID1")) {
        for (status, code) in [(500, "InternalFailure"), (400, "ThrottlingException")] {
            let server = Server::answering(move |request| error(status, code, request)).await;
            let invoker = invoker_of(&server);
            invoker.invoke(&provider, single_call()).await.unwrap_err();
            assert_eq!(server.requests().len(), 1, "{provider:?} {code}");
            // Both kinds of calls share one client: neither takes over what the other was made with.
            invoker.invoke(&provider, call(EVENT)).await.unwrap_err();
            assert_eq!(server.requests().len(), 5, "{provider:?} {code}");
            invoker.invoke(&provider, single_call()).await.unwrap_err();
            assert_eq!(server.requests().len(), 6, "{provider:?} {code}");
        }
    }
}

#[tokio::test]
async fn a_broken_connection_is_not_tried_again_either() {
    for provider in providers(&credentials("AKID1")) {
        let server = Server::bare(|_, stream| async move { drop(stream) }).await;
        let error = invoker_of(&server)
            .invoke(&provider, single_call())
            .await
            .unwrap_err();
        assert_eq!(error.class(), FailureClass::Transient, "{error:?}");
        assert_eq!(server.connections(), 1, "{provider:?}");
    }
}

#[tokio::test]
async fn aws_names_the_time_of_the_next_attempt() {
    for provider in providers(&credentials("AKID1")) {
        for (code, status, header, want) in [
            ("TooManyRequestsException", 429, "7", Some(Duration::from_secs(7))),
            ("TooManyRequestsException", 429, "soon", None),
            ("ThrottlingException", 400, "9999999", Some(MOST_DELAY)),
            ("ServiceUnavailable", 503, "7", Some(Duration::from_secs(7))),
        ] {
            let server = Server::answering(move |_| {
                let headers = [("x-amzn-errortype", code), ("Retry-After", header)];
                response(status, &headers, format!(r#"{{"__type":"{code}"}}"#))
            })
            .await;
            let error = invoker_of(&server)
                .invoke(&provider, single_call())
                .await
                .unwrap_err();
            assert!(
                matches!(error, InvokeError::Throttled { .. }),
                "{provider:?}: {error:?}"
            );
            assert_eq!(error.retry_after(), want, "{provider:?} {code}");
        }
    }
}

#[tokio::test]
async fn unreadable_answers_are_passing_failures() {
    for provider in providers(&credentials("AKID1")) {
        for body in ["{", "gibberish", "[]", "\u{fffd}"] {
            let server = Server::answering(move |_| response(500, &[], body)).await;
            let error = invoker_of(&server)
                .invoke(&provider, single_call())
                .await
                .unwrap_err();
            assert_eq!(
                error.class(),
                FailureClass::Transient,
                "{provider:?} {body}: {error:?}"
            );
        }
    }
}

/// Says to this test, run in a process of its own, that the environment has credentials.
const CHILD: &str = "TARGETS_TEST_WITH_DEFAULT_CREDENTIALS";

#[test]
fn expired_credentials_of_the_gateway_are_waited_for() {
    if std::env::var_os(CHILD).is_none() {
        // The environment of a running process cannot be changed safely.
        let child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "aws_retries::expired_credentials_of_the_gateway_are_waited_for",
            ])
            .envs([
                (CHILD, "1"),
                ("AWS_ACCESS_KEY_ID", "AKID0"),
                ("AWS_SECRET_ACCESS_KEY", "s"),
            ])
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&child.stdout).into_owned();
        assert!(
            child.status.success() && printed.contains("1 passed"),
            "{printed}"
        );
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = Server::answering(|request| error(403, "ExpiredTokenException", request)).await;
        let invoker = invoker_of(&server);
        let none = AwsCredentials::default();
        let half = AwsCredentials {
            aws_secret_access_key: Secret::default(),
            ..credentials("AKID1")
        };
        for (credentials, class) in [
            (&none, FailureClass::Transient),
            (&half, FailureClass::Transient),
            (&credentials("AKID1"), FailureClass::Permanent),
        ] {
            for provider in providers(credentials) {
                let error = invoker.invoke(&provider, single_call()).await.unwrap_err();
                assert_eq!(error.class(), class, "{provider:?}: {error:?}");
                let is_lambda = matches!(provider, Provider::AwsLambda(_));
                let code = is_lambda.then_some(AccessDeniedCode::ExpiredToken);
                assert_eq!(error.access_denied_code(), code);
            }
        }
    });
}

#[tokio::test]
async fn a_region_that_no_host_can_have_fails_for_good() {
    let provider = Provider::AwsLambda(LambdaFunction {
        arn: "f".to_owned(),
        region: "no such region !".to_owned(),
        credentials: credentials("AKID1"),
        ..Default::default()
    });
    let error = with_settings(TargetSettings::default())
        .invoke(&provider, single_call())
        .await
        .unwrap_err();
    assert_eq!(error.class(), FailureClass::Permanent, "{error:?}");
    assert_no_secrets(&error);
}

//! AWS Lambda functions: the call, the result and each class of failure.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use domain::dead_letter::LastResponse;
use domain::resource::{LambdaFunction, Provider};
use domain::retry::FailureClass;
use targets::{AccessDeniedCode, InvokeError, Invoker, TargetSettings};

use crate::aws_peer::{assert_no_secrets, assert_signed, credentials, error, invoker_of};
use crate::http_calls::read_request;
use crate::server::{Server, response};
use crate::{EVENT, call, with_settings};

const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:f";

async fn invoke(invoker: &Invoker, region: &str, id: &str) -> Result<Bytes, InvokeError> {
    let (arn, region) = (ARN.to_owned(), region.to_owned());
    let provider = Provider::AwsLambda(LambdaFunction {
        arn,
        region,
        credentials: credentials(id),
        ..Default::default()
    });
    let answer = invoker.invoke(&provider, call(EVENT)).await?;
    assert_eq!((answer.status, &answer.rejection), (None, &None));
    Ok(answer.body)
}

#[tokio::test]
async fn the_payload_is_the_result() {
    let server = Server::answering(|_| response(200, &[], r#"{"statusCode":201}"#)).await;
    let invoker = invoker_of(&server);
    assert_eq!(
        invoke(&invoker, "eu-west-1", "AKID1").await.unwrap(),
        r#"{"statusCode":201}"#
    );
    let [request] = &server.requests()[..] else {
        panic!("one request")
    };
    let path =
        "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Af/invocations";
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", path));
    assert_eq!(request.body, EVENT);
    for absent in ["x-amz-invocation-type", "x-amz-log-type", "x-amz-client-context"] {
        assert_eq!(request.header(absent), None);
    }
    assert_signed(request, "AKID1", "eu-west-1", "lambda");
}

#[tokio::test]
async fn credentials_and_regions_have_their_own_clients_and_one_pool() {
    let server = Server::answering(|_| response(200, &[], "{}")).await;
    let invoker = invoker_of(&server);
    let calls = [
        ("eu-west-1", "AKID1"),
        ("eu-west-1", "AKID2"),
        ("us-east-1", "AKID2"),
        ("eu-west-1", "AKID1"),
    ];
    for (region, id) in calls {
        invoke(&invoker, region, id).await.unwrap();
    }
    for (request, (region, id)) in server.requests().iter().zip(calls) {
        assert_signed(request, id, region, "lambda");
    }
    assert_eq!((server.requests().len(), server.connections()), (4, 1));
}

#[tokio::test]
async fn a_function_error_says_what_the_function_said() {
    const PAYLOAD: &str = r#"{"errorType":"Error","errorMessage":"no luck","trace":[]}"#;
    for kind in ["Handled", "Unhandled"] {
        let answer = move |_: &_| response(200, &[("X-Amz-Function-Error", kind)], PAYLOAD);
        let server = Server::answering(answer).await;
        let error = invoke(&invoker_of(&server), "eu-west-1", "AKID1")
            .await
            .unwrap_err();
        let text = format!("Function call failed because of runtime error. Error: {kind}: Error: no luck");
        assert_eq!((error.to_string(), server.requests().len()), (text, 1));
        let kept = LastResponse {
            status: None,
            body: PAYLOAD.to_owned(),
        };
        assert_eq!(
            (error.class(), error.last_response()),
            (FailureClass::Transient, Some(kept))
        );
    }
}

#[tokio::test]
async fn refused_credentials_are_told_apart() {
    for (code, status, want) in [
        ("AccessDeniedException", 403, AccessDeniedCode::AccessDenied),
        ("ExpiredTokenException", 403, AccessDeniedCode::ExpiredToken),
        (
            "UnrecognizedClientException",
            403,
            AccessDeniedCode::UnrecognizedClient,
        ),
    ] {
        let server = Server::answering(move |request| error(status, code, request)).await;
        let error = invoke(&invoker_of(&server), "eu-west-1", "AKID1")
            .await
            .unwrap_err();
        assert_eq!(
            (error.access_denied_code(), error.class()),
            (Some(want), FailureClass::Permanent)
        );
        let text = format!("Function access denied. Error: {code}: about ***** (status code {status})");
        assert_eq!(error.to_string(), text);
        assert_no_secrets(&error);
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn other_errors_have_their_classes() {
    type Is = fn(&InvokeError) -> bool;
    let provider: Is = |error| matches!(error, InvokeError::ProviderFailed { .. });
    let throttled: Is = |error| matches!(error, InvokeError::Throttled { .. });
    let permanent: Is = |error| matches!(error, InvokeError::Unavailable { permanent: true, .. });
    let passing: Is = |error| matches!(error, InvokeError::Unavailable { permanent: false, .. });
    // With the attempts that the SDK makes.
    for (code, status, is, attempts) in [
        ("ServiceException", 500, provider, 4),
        ("TooManyRequestsException", 429, throttled, 4),
        ("ResourceNotFoundException", 404, permanent, 1),
        ("InvalidSignatureException", 403, permanent, 1),
        ("ResourceConflictException", 409, passing, 1),
        ("EC2UnexpectedException", 502, passing, 4),
        ("ENILimitReachedException", 502, passing, 4),
        ("EFSIOException", 410, passing, 1),
        ("SnapStartNotReadyException", 409, passing, 1),
        ("KMSDisabledException", 502, permanent, 4),
        ("EC2ThrottledException", 502, throttled, 4),
        ("RequestTooLargeException", 413, permanent, 1),
    ] {
        let server = Server::answering(move |request| error(status, code, request)).await;
        let error = invoke(&invoker_of(&server), "eu-west-1", "AKID1")
            .await
            .unwrap_err();
        assert!(is(&error), "{code}: {error:?}");
        assert_eq!(
            (error.access_denied_code(), server.requests().len()),
            (None, attempts),
            "{code}"
        );
        let provider_text = if code == "ServiceException" {
            " because of provider error"
        } else {
            ""
        };
        let text =
            format!("Function call failed{provider_text}. Error: {code}: about ***** (status code {status})");
        assert_eq!(error.to_string(), text);
        assert_no_secrets(&error);
    }
}

#[tokio::test]
async fn a_passing_failure_is_retried() {
    let calls = AtomicUsize::new(0);
    let server = Server::answering(move |request| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => error(500, "ServiceException", request),
        1 => error(429, "TooManyRequestsException", request),
        _ => response(200, &[], "{}"),
    })
    .await;
    assert_eq!(
        invoke(&invoker_of(&server), "eu-west-1", "AKID1").await.unwrap(),
        "{}"
    );
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn no_answer_and_no_peer() {
    let silent = Server::bare(|_, mut stream| async move {
        read_request(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let limit = Duration::from_millis(300);
    let settings = |url| TargetSettings {
        aws_endpoint_url: Some(url),
        timeout: limit,
        ..TargetSettings::default()
    };
    let invoker = with_settings(settings(silent.url("")));
    let error = invoke(&invoker, "eu-west-1", "AKID1").await.unwrap_err();
    assert!(
        matches!(error, InvokeError::TimedOut { limit: given } if given == limit),
        "{error:?}"
    );

    let closing = Server::bare(|_, stream| async move { drop(stream) }).await;
    let error = invoke(&invoker_of(&closing), "eu-west-1", "AKID1")
        .await
        .unwrap_err();
    assert!(
        matches!(error, InvokeError::Unavailable { permanent: false, .. }),
        "{error:?}"
    );
    assert_no_secrets(&error);
}

#[tokio::test]
async fn odd_arns_and_large_payloads() {
    let server = Server::answering(|_| response(200, &[], "x".repeat(2000))).await;
    let aws_endpoint_url = Some(server.url(""));
    let invoker = with_settings(TargetSettings {
        aws_endpoint_url,
        max_response_bytes: 1000,
        ..TargetSettings::default()
    });
    let error = invoke(&invoker, "eu-west-1", "AKID1").await.unwrap_err();
    assert!(
        matches!(error, InvokeError::ResponseTooLarge { limit: 1000 }),
        "{error:?}"
    );
    let (arn, region) = ("arn::::/../x".to_owned(), "no such region !".to_owned());
    let provider = Provider::AwsLambda(LambdaFunction {
        arn,
        region,
        credentials: credentials("AKID1"),
        ..Default::default()
    });
    // Whatever comes of it, it is an error and no panic.
    let error = invoker.invoke(&provider, call("")).await.unwrap_err();
    assert_no_secrets(&error);
}

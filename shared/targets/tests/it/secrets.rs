//! Secrets by reference: where they are read, how often, by whom, and what becomes of calls when they change.

mod aws;
mod refused;

use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use domain::resource::{AwsCredentials, HttpEndpoint, KinesisStream, Provider, Secret, SecretPlace};
use domain::retry::FailureClass;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use targets::{CallIdentity, Caller, InvokeError, Invoker, SecretSettings, TargetSettings};

use self::aws::Aws;
use crate::server::{Server, response};
use crate::{EVENT, call, with_settings};

const SIGNING: &str = "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk";
const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:keys-AbCdEf";
const PARAMETER: &str = "arn:aws:ssm:eu-central-1:123456789012:parameter/token";
/// Where another AWS than that of the test process is, such as a local one.
const ENDPOINT: &str = "EVENT_GATEWAY_TEST_AWS_ENDPOINT";
/// Says to a test, run in a process of its own, that the environment has credentials.
const CHILD: &str = "TARGETS_TEST_SECRETS_CHILD";

fn secret(reference: &Value) -> Secret {
    serde_json::from_value(reference.clone()).unwrap()
}

fn stream(id: Secret, key: Secret) -> Provider {
    Provider::AwsKinesis(KinesisStream {
        stream_name: "s".to_owned(),
        region: "us-east-1".to_owned(),
        credentials: AwsCredentials {
            aws_access_key_id: id,
            aws_secret_access_key: key,
            ..AwsCredentials::default()
        },
        ..KinesisStream::default()
    })
}

fn signing_endpoint(url: &str, reference: &Value) -> Provider {
    Provider::Http(Box::new(HttpEndpoint {
        url: url.into(),
        signing_secrets: serde_json::from_value(json!([reference])).unwrap(),
        ..HttpEndpoint::default()
    }))
}

/// Runs this test again in a process with AWS credentials of its own; there the test itself runs.
fn with_own_credentials<F: Future<Output = ()>>(name: &str, test: impl FnOnce() -> F) {
    if std::env::var_os(CHILD).is_none() {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .envs([
                (CHILD, "1"),
                ("AWS_ACCESS_KEY_ID", "AKIDGATEWAY"),
                ("AWS_SECRET_ACCESS_KEY", "GATEWAYSECRET"),
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(test());
}

fn invoker(server: &Server, secrets: SecretSettings) -> Invoker {
    with_settings(TargetSettings {
        aws_endpoint_url: Some(server.url("")),
        timeout: Duration::from_mins(1),
        secrets,
        ..TargetSettings::default()
    })
}

fn identity() -> CallIdentity {
    CallIdentity {
        delivery: "d".into(),
        subscription: None,
        attempt: 1,
        trace: None,
    }
}

async fn fail(invoker: &Invoker, provider: &Provider) -> InvokeError {
    let mut call = call(EVENT);
    call.caller = Caller::Queue;
    invoker.invoke(provider, call).await.unwrap_err()
}

#[test]
fn aws_keys_are_read_once_and_anew_when_they_are_refused() {
    with_own_credentials(
        "secrets::aws_keys_are_read_once_and_anew_when_they_are_refused",
        async || {
            let aws = Aws::default();
            let server = aws.serve().await;
            aws.set("AKIDOLD", "AKIDOLD");
            let invoker = invoker(&server, SecretSettings::default());
            let member = |key: &str| secret(&json!({"secretArn": ARN, "jsonKey": key}));
            let provider = stream(member("id"), member("key"));
            for _ in 0..20 {
                invoker.invoke(&provider, call(EVENT)).await.unwrap();
            }
            assert_eq!(aws.reads(), 1, "two members, one secret");
            aws.set("AKIDNEW", "AKIDNEW");
            let error = fail(&invoker, &provider).await;
            assert_eq!(error.class(), FailureClass::Transient, "{error:?}");
            invoker.invoke(&provider, call(EVENT)).await.unwrap();
            assert_eq!(aws.reads(), 2);
            aws.set("AKIDWRONG", "AKIDOTHER");
            let mut classes = Vec::new();
            for _ in 0..6 {
                classes.push(fail(&invoker, &provider).await.class());
            }
            assert_eq!(classes[0], FailureClass::Transient);
            assert_eq!(classes[5], FailureClass::Permanent, "{classes:?}");
            assert!(aws.reads() < 6, "{}", aws.reads());
            // Neither an empty member nor a missing one may stand for the gateway's own credentials.
            for key in ["empty", "missing"] {
                let error = fail(&invoker, &stream(member(key), member("key"))).await;
                assert_eq!(error.class(), FailureClass::Permanent, "{error:?}");
                assert!(!format!("{error:?} {error}").contains("KEYSECRET"), "{error:?}");
            }
        },
    );
}

#[test]
fn parameters_are_decrypted_and_failures_have_their_class() {
    with_own_credentials(
        "secrets::parameters_are_decrypted_and_failures_have_their_class",
        async || {
            let aws = Aws::default();
            let server = aws.serve().await;
            aws.set("AKIDPARAMETER", "AKIDPARAMETER");
            let provider = stream(secret(&json!({"ssmParameter": PARAMETER})), "KEYSECRET".into());
            let first = invoker(&server, SecretSettings::default());
            first.invoke(&provider, call(EVENT)).await.unwrap();
            for (status, code, class) in [
                (400, "ParameterNotFound", FailureClass::Permanent),
                (400, "AccessDeniedException", FailureClass::Permanent),
                (400, "ExpiredTokenException", FailureClass::Transient),
                (500, "InternalServerError", FailureClass::Transient),
            ] {
                aws.fail(Some((status, code)));
                let before = aws.reads();
                let error = fail(&invoker(&server, SecretSettings::default()), &provider).await;
                assert_eq!(error.class(), class, "{error:?}");
                assert!(error.to_string().contains(code), "{error}");
                let attempts = if status == 500 { 4 } else { 1 };
                assert_eq!(aws.reads() - before, attempts, "{code}");
            }
            first.invoke(&provider, call(EVENT)).await.unwrap();
        },
    );
}

/// Asks AWS for something that no target needs, unsigned.
async fn ask(endpoint: &str, target: &str, body: &Value) -> Value {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let service = if target.starts_with("Amazon") {
        "ssm"
    } else {
        "secretsmanager"
    };
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential=AKIDGATEWAY/20260101/us-east-1/{service}/aws4_request, ");
    let request = http::Request::post(endpoint)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", target)
        .header("authorization", authorization + "SignedHeaders=host, Signature=0")
        .body(Full::new(Bytes::from(body.to_string())));
    let answer = client.request(request.unwrap()).await.unwrap();
    assert!(answer.status().is_success(), "{target}: {}", answer.status());
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

/// With whatever AWS the environment names.
#[test]
fn any_aws_has_secrets_and_parameters() {
    with_own_credentials("secrets::any_aws_has_secrets_and_parameters", async || {
        let aws = Aws::default();
        let server = aws.serve().await;
        let endpoint = std::env::var(ENDPOINT).unwrap_or_else(|_| server.url(""));
        let name = format!("event-gateway-test-{:016x}", fastrand::u64(..));
        let text = json!({"signing": SIGNING}).to_string();
        let secret = json!({"Name": name, "SecretString": text});
        let created = ask(&endpoint, "secretsmanager.CreateSecret", &secret).await;
        let parameter = json!({"Name": format!("/{name}/signing"), "Value": SIGNING, "Type": "SecureString"});
        ask(&endpoint, "AmazonSSM.PutParameter", &parameter).await;
        let invoker = with_settings(TargetSettings {
            aws_endpoint_url: Some(endpoint),
            timeout: Duration::from_mins(1),
            ..TargetSettings::default()
        });
        let target = Server::answering(|_| response(200, &[], "{}")).await;
        let arn = format!("arn:aws:ssm:us-east-1:000000000000:parameter/{name}/signing");
        for reference in [
            json!({"secretArn": created["ARN"], "jsonKey": "signing"}),
            json!({"ssmParameter": arn}),
        ] {
            let mut call = call(EVENT);
            call.identity = Some(identity());
            let provider = signing_endpoint(&target.url("/"), &reference);
            invoker.invoke(&provider, call).await.unwrap();
            let request = target.requests().pop().unwrap();
            let webhook = Webhook::new(SIGNING).unwrap();
            webhook.verify(&request.body, &request.headers).unwrap();
        }
        let missing =
            json!({"secretArn": format!("arn:aws:secretsmanager:us-east-1:000000000000:secret:no-{name}")});
        aws.fail(Some((400, "ResourceNotFoundException")));
        let error = fail(&invoker, &signing_endpoint(&target.url("/"), &missing)).await;
        assert_eq!(error.class(), FailureClass::Permanent, "{error:?}");
    });
}

#[tokio::test]
async fn files_and_variables_sign_calls() {
    let server = Server::answering(|_| response(200, &[], "{}")).await;
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("signing"), format!("{SIGNING}\n")).unwrap();
    let name = "EVENT_GATEWAY_SECRET_SIGNING";
    let settings = SecretSettings {
        directory: Some(directory.path().to_owned()),
        environment: [(name.to_owned(), SIGNING.to_owned())].into(),
        ..SecretSettings::default()
    };
    let invoker = invoker(&server, settings);
    for reference in [json!({"file": "signing"}), json!({"environment": name})] {
        let mut call = call(EVENT);
        call.identity = Some(identity());
        let provider = signing_endpoint(&server.url("/"), &reference);
        invoker.invoke(&provider, call).await.unwrap();
        let request = server.requests().pop().unwrap();
        let webhook = Webhook::new(SIGNING).unwrap();
        webhook.verify(&request.body, &request.headers).unwrap();
    }
    // What is read is checked only then.
    std::fs::write(directory.path().join("broken"), "SHOWN").unwrap();
    let error = fail(
        &invoker,
        &signing_endpoint(&server.url("/"), &json!({"file": "broken"})),
    )
    .await;
    assert_eq!(error.class(), FailureClass::Permanent);
    assert!(error.to_string().contains("malformed") && !format!("{error:?}").contains("SHOWN"));
}

#[tokio::test]
async fn what_the_operator_does_not_allow_is_not_read() {
    let server = Server::answering(|_| panic!("nothing is called")).await;
    let secrets = |places: &[SecretPlace]| SecretSettings {
        places: places.to_vec(),
        environment: [("HOME".to_owned(), "SHOWN".to_owned())].into(),
        ..SecretSettings::default()
    };
    for (reference, places, want) in [
        (
            json!({"secretArn": ARN}),
            &[SecretPlace::File][..],
            "does not allow secrets by secretArn",
        ),
        (
            json!({"ssmParameter": PARAMETER}),
            &[],
            "does not allow secrets by ssmParameter",
        ),
        (
            json!({"environment": "EVENT_GATEWAY_SECRET_A"}),
            &[],
            "does not allow secrets by environment",
        ),
        (json!({"file": "a"}), &[], "does not allow secrets by file"),
        (json!({"file": "a"}), &SecretPlace::ALL, "none is set"),
        (
            json!({"file": "/etc/hostname"}),
            &SecretPlace::ALL,
            "below the folder",
        ),
        (json!({"file": "../a"}), &SecretPlace::ALL, "below the folder"),
        (
            json!({"environment": "HOME"}),
            &SecretPlace::ALL,
            "begins with EVENT_GATEWAY_SECRET_",
        ),
        (
            json!({"environment": "EVENT_GATEWAY_SECRET_A"}),
            &SecretPlace::ALL,
            "is not set",
        ),
    ] {
        let invoker = invoker(&server, secrets(places));
        let error = fail(&invoker, &stream(secret(&reference), "key".into())).await;
        assert_eq!(error.class(), FailureClass::Permanent, "{reference}");
        assert!(error.to_string().contains(want), "{error}");
    }
}

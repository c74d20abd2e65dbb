//! The guard from outside: functions at addresses that are not public are not connected to, with the resolver of the
//! operating system and real servers.

use std::time::Duration;

use bytes::Bytes;
use domain::resource::{KinesisStream, LambdaFunction, Provider, SqsQueue};
use domain::retry::FailureClass;
use targets::{InvokeError, Invoker, NetworkGuard, TargetSettings};

use crate::aws_peer::credentials;
use crate::server::{Server, response};
use crate::{EVENT, call, post, with_settings};

const TEXT: &str = "Function call failed. Error: the target's address is not allowed";

fn guarded(allowed: &[&str]) -> Invoker {
    let allowed = allowed.iter().map(|text| text.parse().unwrap()).collect();
    with_settings(TargetSettings {
        timeout: Duration::from_mins(1),
        guard: Some(NetworkGuard::new(allowed)),
        ..TargetSettings::default()
    })
}

/// Fails unless the call was refused for good, with a text that shows nothing of the network.
fn assert_refused<T: std::fmt::Debug>(result: Result<T, InvokeError>, of: &str) {
    let error = result.unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.class()),
        (TEXT, FailureClass::Permanent),
        "{of}"
    );
    assert!(!format!("{error:?}").contains("127"), "{error:?}");
}

#[tokio::test]
async fn functions_on_this_machine_are_refused_however_they_are_spelled() {
    let server = Server::answering(|_| response(200, &[], "")).await;
    let port = server.address().port();
    let invoker = guarded(&[]);
    for host in [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "0.0.0.0",
        "0",
        "127.1",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "2130706433",
        "0X7F000001",
        "127.000.000.001",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::FFFF:127.0.0.1]",
        "example.com@127.0.0.1",
        "user:8.8.8.8@127.0.0.1",
        "%31%32%37.0.0.1",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
    ] {
        let url = format!("http://{host}:{port}/");
        assert_refused(post(&invoker, &url).await, &url);
    }
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"] {
        let url = format!("https://{host}:{port}/");
        assert_refused(post(&invoker, &url).await, &url);
    }
    // A zone is for the operating system to understand.
    for host in ["[::1%251]", "[fe80::1%25lo]"] {
        assert!(post(&invoker, &format!("http://{host}:{port}/")).await.is_err());
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn the_list_lets_them_through() {
    let server = Server::answering(|_| response(200, &[], "body")).await;
    let port = server.address().port();
    for (allowed, host, is_allowed) in [
        ("127.0.0.0/8", "127.0.0.1", true),
        ("127.0.0.1", "127.1", true),
        ("127.0.0.1/32", "localhost", true),
        ("::ffff:127.0.0.1", "[::ffff:127.0.0.1]", true),
        ("localhost", "localhost", true),
        ("localhost", "127.0.0.1", false),
        ("*.localhost", "localhost", false),
        ("10.0.0.0/8", "127.0.0.1", false),
        ("127.0.0.2", "127.0.0.1", false),
    ] {
        let result = post(&guarded(&[allowed]), &format!("http://{host}:{port}/")).await;
        if is_allowed {
            assert_eq!(result.unwrap(), "body", "{allowed} {host}");
        } else {
            assert_refused(result, host);
        }
    }
}

#[tokio::test]
async fn what_is_denied_is_reached_by_no_spelling_and_no_listed_name() {
    let server = Server::answering(|_| response(200, &[], "")).await;
    let port = server.address().port();
    let denied = ["127.0.0.0/8", "::1"].map(|text| text.parse().unwrap());
    let allowed = ["127.0.0.1", "localhost"].map(|text| text.parse().unwrap());
    let invoker = with_settings(TargetSettings {
        timeout: Duration::from_mins(1),
        guard: Some(NetworkGuard::new(allowed.into()).denying(denied.into())),
        ..TargetSettings::default()
    });
    for host in ["127.0.0.1", "127.1", "[::ffff:127.0.0.1]", "localhost"] {
        assert_refused(post(&invoker, &format!("http://{host}:{port}/")).await, host);
    }
    let queue = queue(format!("http://127.0.0.1:{port}/1/q"));
    assert_refused(invoker.invoke(&queue, call(EVENT)).await, "queue");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn redirects_are_judged_as_well() {
    let hidden = Server::answering(|_| response(200, &[], "secret")).await;
    let port = hidden.address().port();
    let server = Server::answering(move |request| {
        let host = request.target.rsplit('/').next().unwrap();
        let location = format!("http://{host}:{port}/");
        response(307, &[("Location", &location)], "")
    })
    .await;
    let own = format!("http://localhost:{}", server.address().port());
    // The server is reached by a name that is listed, and sends on to the same machine by others.
    let invoker = guarded(&["localhost"]);
    for host in ["127.0.0.1", "127.1", "[::ffff:127.0.0.1]", "169.254.169.254"] {
        assert_refused(post(&invoker, &format!("{own}/{host}")).await, host);
    }
    assert_eq!((server.requests().len(), hidden.connections()), (4, 0));
    assert_eq!(
        post(&invoker, &format!("{own}/localhost")).await.unwrap(),
        "secret"
    );
}

fn queue(url: String) -> Provider {
    Provider::AwsSqs(SqsQueue {
        queue_url: url.into(),
        region: "eu-west-1".to_owned(),
        credentials: credentials("AKID"),
        ..Default::default()
    })
}

#[tokio::test]
async fn queues_are_those_of_sqs_or_listed() {
    let answer = r#"{"MessageId":"m"}"#;
    let server = Server::answering(move |_| response(200, &[], answer)).await;
    let send = async |invoker: &Invoker, url: &str| -> Result<Bytes, InvokeError> {
        let sent = invoker.invoke(&queue(url.to_owned()), call(EVENT)).await;
        sent.map(|answer| answer.body)
    };
    let own = server.url("/1/queue");
    for url in [
        own.as_str(),
        "http://169.254.169.254/latest/meta-data/queue",
        "https://sqs.eu-west-1.amazonaws.com.evil.example/1/queue",
        "http://sqs.eu-west-1.amazonaws.com/1/queue",
    ] {
        assert_refused(send(&guarded(&[]), url).await, url);
    }
    assert_eq!(server.connections(), 0);
    assert_eq!(send(&guarded(&["127.0.0.1"]), &own).await.unwrap(), "m");
    // An endpoint is the operator's: requests go there whatever the queue's URL says.
    let invoker = with_settings(TargetSettings {
        aws_endpoint_url: Some(server.url("")),
        timeout: Duration::from_mins(1),
        guard: Some(NetworkGuard::default()),
        ..TargetSettings::default()
    });
    assert_eq!(
        send(&invoker, "http://169.254.169.254/1/queue").await.unwrap(),
        "m"
    );
    assert_eq!(server.requests().len(), 2);
}

/// Regions become part of host names: none must lead out of those of AWS.
#[tokio::test]
async fn regions_are_no_way_out() {
    let server = Server::answering(|_| response(200, &[], "{}")).await;
    let address = server.address();
    for region in [
        format!("x@{address}/"),
        format!("x@{address}/#"),
        format!("@{address}?"),
        format!("x:y@{address}\\"),
        format!("{address}#"),
        "127.0.0.1%23".to_owned(),
    ] {
        let lambda = Provider::AwsLambda(LambdaFunction {
            arn: "f".to_owned(),
            region: region.clone(),
            credentials: credentials("AKID"),
            ..Default::default()
        });
        let kinesis = Provider::AwsKinesis(KinesisStream {
            stream_name: "s".to_owned(),
            region: region.clone(),
            credentials: credentials("AKID"),
            ..Default::default()
        });
        for provider in [lambda, kinesis] {
            let error = guarded(&[]).invoke(&provider, call(EVENT)).await.unwrap_err();
            assert!(!error.to_string().contains("no answer"), "{region}: {error}");
        }
    }
    assert_eq!(server.connections(), 0);
}

//! Gateways that lend their own identity to nobody: what was registered without credentials before is not called.

use std::time::Duration;

use domain::resource::{HttpEndpoint, Provider};
use domain::retry::FailureClass;
use serde_json::{Value, json};
use targets::{Invoker, TargetSettings};

use crate::aws_peer::SECRET;
use crate::server::{Server, response};
use crate::{EVENT, call, provider, with_settings};

/// An invoker whose AWS and Google are this server, and which lends its identity to nobody.
fn invoker_of(server: &Server) -> Invoker {
    with_settings(TargetSettings {
        aws_endpoint_url: Some(server.url("")),
        google_endpoint_url: Some(server.url("")),
        google_metadata_host: Some(server.address().to_string()),
        timeout: Duration::from_mins(1),
        lends_identity: false,
        ..TargetSettings::default()
    })
}

/// A function of AWS of each type, with these members besides its own.
fn of_aws(members: &Value) -> Vec<Provider> {
    let types = [
        ("awslambda", "arn", "f"),
        ("awskinesis", "streamName", "s"),
        ("awsfirehose", "deliveryStreamName", "s"),
        ("awssqs", "queueUrl", "q"),
        ("awssns", "topicArn", "t"),
        ("awseventbridge", "eventBusName", "b"),
        ("awsstepfunctions", "stateMachineArn", "m"),
    ];
    let one = |(kind, own, name): (&str, &str, &str)| {
        let mut settings = members.clone();
        settings["region"] = "eu-west-1".into();
        settings[own] = name.into();
        provider(kind, settings)
    };
    types.map(one).into()
}

#[tokio::test]
async fn functions_without_credentials_are_not_called() {
    let server = Server::answering(|_| response(200, &[("Metadata-Flavor", "Google")], "{}")).await;
    let invoker = invoker_of(&server);
    let role = json!({"roleArn": "arn:aws:iam::123456789012:role/r", "externalId": "tenant-a"});
    let mut refused = of_aws(&json!({}));
    refused.extend(of_aws(&role));
    // One key alone is none (docs/contract.md §3.6).
    refused.extend(of_aws(&json!({"awsAccessKeyId": "AKID"})));
    for credentials in [
        json!({"type": "metadataServer"}),
        json!({"type": "workloadIdentity", "configuration": "{}"}),
    ] {
        let function = json!({"url": server.url("/f"), "credentials": credentials.clone()});
        let topic = json!({"topic": "projects/p/topics/abc", "credentials": credentials});
        refused.push(provider("googlecloudfunction", function));
        refused.push(provider("googlepubsub", topic));
    }
    for function in refused {
        let error = invoker.invoke(&function, call(EVENT)).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::Permanent, "{function:?}: {error}");
        let text = error.to_string();
        let reason = "in this gateway, which calls no function with its own identity";
        assert!(text.ends_with(reason), "{function:?}: {text}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn functions_with_keys_are_called() {
    let server = Server::answering(|_| response(200, &[], "{}")).await;
    let invoker = invoker_of(&server);
    let keys = json!({"awsAccessKeyId": "AKID", "awsSecretAccessKey": SECRET});
    let lambda = of_aws(&keys).swap_remove(0);
    assert_eq!(invoker.invoke(&lambda, call(EVENT)).await.unwrap().body, "{}");
    let endpoint = Provider::Http(Box::new(HttpEndpoint {
        url: server.url("/").into(),
        ..HttpEndpoint::default()
    }));
    assert_eq!(invoker.invoke(&endpoint, call(EVENT)).await.unwrap().body, "{}");
}

//! Configuration with credentials that is refused, or that can no longer be read.

use std::fs;

use rustix::process::Signal;
use serde_json::json;

use crate::client::send;
use crate::gateway_process::{GatewayProcess, run};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

fn function(id: &str) -> serde_json::Value {
    json!({"functionId": id, "type": "awslambda", "provider": {
        "arn": "arn", "region": "us-east-1", "awsAccessKeyId": SECRET, "awsSecretAccessKey": SECRET,
    }})
}

#[test]
fn refused_functions_are_not_quoted() {
    let mut gateway = GatewayProcess::start(&["-log-level=debug", "-dev"]);
    let whole = function("f").to_string();
    let bodies = [
        whole[..whole.len() - 3].to_owned(),
        whole.replace("\"us-east-1\"", "5"),
        whole.replace(
            &format!("\"awsSecretAccessKey\":\"{SECRET}\""),
            &format!("\"awsSecretAccessKey\":[\"{SECRET}\"]"),
        ),
        whole.replace("\"arn\":\"arn\"", "\"arn\":\"\""),
        whole.replace("awslambda", "unknown"),
        whole.replace("\"f\"", "\"not an id\""),
        whole.replace(SECRET, &format!("{SECRET}\u{1}")),
    ];
    for body in bodies {
        let answer = send(gateway.config, "POST", "/v1/spaces/default/functions", &[], &body);
        assert_eq!(answer.status, 400, "{body}");
        assert!(!answer.error_message().contains(SECRET), "{}", answer.text());
    }
    gateway.create("functions", &function("f"));
    assert_eq!(gateway.configure("POST", "functions", &function("f")).status, 409);
    assert!(!gateway.get_config("/v1/metrics").text().contains(SECRET));
    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
    assert!(!gateway.log.whole().contains(SECRET));
}

#[test]
fn stored_functions_that_cannot_be_read_are_named_but_not_quoted() {
    let directory = tempfile::tempdir().unwrap();
    let mut gateway = GatewayProcess::start_in(directory.path(), &[]);
    gateway.create("functions", &function("f"));
    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));

    let file = directory.path().join("configuration.redb");
    let mut bytes = fs::read(&file).unwrap();
    let (whole, broken) = (b"\"awslambda\"", b"\"awslambdX\"");
    let places: Vec<_> = (0..bytes.len() - whole.len())
        .filter(|at| bytes[*at..].starts_with(whole))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + broken.len()].copy_from_slice(broken);
    }
    fs::write(&file, bytes).unwrap();

    let folder = directory.path().to_str().unwrap();
    let output = run([
        "-dev",
        "-log-level=debug",
        "-events-port=0",
        "-config-port=0",
        "-bind-address=127.0.0.1",
        "-embed-data-dir",
        folder,
    ]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("stored configuration function/default/f cannot be read"),
        "{stderr}"
    );
    assert!(!stderr.contains(SECRET), "{stderr}");
}

#[test]
fn the_access_key_of_the_configuration_api_stays_with_its_owner() {
    let mut gateway = GatewayProcess::start(&["-log-level=debug", "-dev", "-config-access-key", SECRET]);
    assert_eq!(gateway.get_config("/v1/metrics").status, 401);
    let authorization = format!("bearer {SECRET}");
    let metrics = send(
        gateway.config,
        "GET",
        "/v1/metrics",
        &[("Authorization", &authorization)],
        "",
    );
    assert_eq!(metrics.status, 200);
    assert!(!metrics.text().contains(SECRET));
    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
    assert!(!gateway.log.whole().contains(SECRET));

    let help = crate::gateway_process::program()
        .env("EVENT_GATEWAY_CONFIG_ACCESS_KEY", SECRET)
        .arg("-help")
        .output()
        .unwrap();
    assert!(!String::from_utf8_lossy(&help.stdout).contains(SECRET));
}

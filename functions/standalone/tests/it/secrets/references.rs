//! Secrets that functions refer to: read where they are, used without a restart when they change, and kept from tenants.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, program, wait_until};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const VARIABLE: &str = "EVENT_GATEWAY_SECRET_AWS_KEY";

fn start(data: &Path, flags: &[&str]) -> GatewayProcess {
    let mut program = program();
    program.env(VARIABLE, SECRET).env("EVENT_GATEWAY_OTHER", SECRET);
    let gateway = GatewayProcess::start_program(program, data, flags);
    wait_until("the status answers", || {
        gateway.get_config("/v1/status").status == 200
    });
    gateway
}

fn function(id: &Value, key: &Value) -> Value {
    json!({"functionId": "f", "type": "awslambda", "provider": {
        "arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "region": "us-east-1",
        "awsAccessKeyId": id, "awsSecretAccessKey": key,
    }})
}

/// A service that takes one access key id, whichever is in a file at the time.
fn aws(valid: std::path::PathBuf) -> FunctionServer {
    FunctionServer::start(move |stream, call| {
        let valid = fs::read_to_string(&valid).unwrap();
        let signed = call.header("authorization");
        let text = if signed.contains(&format!("Credential={}/", valid.trim())) {
            answer(200, "{}")
        } else {
            answer(403, r#"{"__type":"UnrecognizedClientException","message":"no"}"#).replacen(
                "\r\n",
                "\r\nx-amzn-ErrorType: UnrecognizedClientException\r\n",
                1,
            )
        };
        stream.write_all(text.as_bytes())
    })
}

#[test]
fn rotated_credentials_are_used_without_a_restart_and_show_nowhere() {
    let (data, secrets) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = secrets.path().join("id");
    fs::write(&file, "AKIDOLD\n").unwrap();
    let aws = aws(file.clone());
    let folder = secrets.path().to_str().unwrap();
    let flags = [
        "-log-level=debug",
        "-dev",
        "-secrets-dir",
        folder,
        "-aws-endpoint-url",
        &aws.url(""),
    ];
    let mut gateway = start(data.path(), &flags);
    let reference = function(&json!({"file": "id"}), &json!({"environment": VARIABLE}));
    assert_eq!(
        gateway.create("functions", &reference)["provider"],
        reference["provider"]
    );
    gateway.event_type("ev");
    gateway.subscribe("async", "ev", "f", "/");
    let event = || assert_eq!(gateway.post_event("/", &[("Event", "ev")], "{}").status, 202);
    let with = |id: &str| {
        let signed = format!("Credential={id}/");
        let calls = aws.calls();
        calls
            .iter()
            .filter(|call| call.header("authorization").contains(&signed))
            .count()
    };
    event();
    wait_until("the first call", || with("AKIDOLD") == 1);
    // Kept for minutes; but the refusal has it read anew, and the next attempt goes through.
    fs::write(&file, "AKIDNEW\n").unwrap();
    event();
    wait_until("the call with the new key", || with("AKIDNEW") == 1);
    assert_eq!(with("AKIDOLD"), 2);
    let shown = gateway.get_config("/v1/metrics").text() + &gateway.list("functions")[0].to_string();
    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
    let log = gateway.log.whole();
    for text in [&shown, &log] {
        assert!(
            !text.contains(SECRET) && !text.contains("AKIDOLD") && !text.contains("AKIDNEW"),
            "{text}"
        );
    }
    let disk = fs::read(data.path().join("configuration.redb")).unwrap();
    assert!(
        !disk
            .windows(SECRET.len())
            .any(|window| window == SECRET.as_bytes())
    );
}

#[test]
fn tenants_reach_nothing_of_the_gateways_own() {
    let data = tempfile::tempdir().unwrap();
    let refused = |gateway: &GatewayProcess, id: Value, want: &str| {
        let answer = gateway.configure("POST", "functions", &function(&id, &json!("key")));
        assert_eq!(answer.status, 400, "{id}");
        assert!(answer.error_message().contains(want), "{id}: {}", answer.text());
    };
    {
        let gateway = start(data.path(), &["-hosted-domains=example.com"]);
        for id in [
            json!({"environment": VARIABLE}),
            json!({"file": "id"}),
            json!({"secretArn": "name"}),
            json!({"ssmParameter": "name"}),
        ] {
            refused(&gateway, id, "in this gateway");
        }
    }
    let gateway = start(data.path(), &[]);
    refused(
        &gateway,
        json!({"environment": "EVENT_GATEWAY_OTHER"}),
        "EVENT_GATEWAY_SECRET_",
    );
    refused(&gateway, json!({"file": "../id"}), "below the folder");
    refused(&gateway, json!({"file": "/etc/hostname"}), "below the folder");
}

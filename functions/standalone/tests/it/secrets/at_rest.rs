//! Secrets of functions on disk: encrypted with a key file, masked in answers, and in no log.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::json;

use crate::function_server::FunctionServer;
use crate::gateway_process::{GatewayProcess, run};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const SIGNING: &str = "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk";
const IN_URL: &str = "KEYOFTHEQUERY";
const IN_USERINFO: &str = "PASSWORDOFTHEURL";
/// The base64 of 32 bytes.
const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const OTHER_KEY: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

fn key_file(directory: &Path, text: &str, mode: u32) -> PathBuf {
    let path = directory.join("encryption.key");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

/// Every byte of every file of a folder and of the folders in it.
fn bytes_of(directory: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() {
            bytes_of(&path)
        } else {
            fs::read(path).unwrap()
        });
    }
    bytes
}

fn shows(bytes: &[u8], secret: &str) -> bool {
    bytes
        .windows(secret.len())
        .any(|window| window == secret.as_bytes())
}

#[test]
fn secrets_are_neither_on_disk_nor_in_answers_logs_and_metrics() {
    let (data, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key = key_file(keys.path(), KEY, 0o600);
    let key = key.to_str().unwrap();
    let flags = [
        "-log-level=debug",
        "-dev",
        "-mask-secrets",
        "-encryption-key-file",
        key,
    ];
    let server = FunctionServer::answering("{}");
    let url = server
        .url(&format!("/?code={IN_URL}"))
        .replace("://", &format!("://user:{IN_USERINFO}@"));
    let signed = json!({"functionId": "signed", "type": "http",
        "provider": {"url": url, "signingSecrets": [SIGNING]}});
    let queue = json!({"functionId": "queue", "type": "awssqs",
        "provider": {"queueUrl": "q", "region": "r", "awsAccessKeyId": "id", "awsSecretAccessKey": SECRET}});
    let mut answers = String::new();
    {
        let mut gateway = GatewayProcess::start_in(data.path(), &flags);
        for function in [&signed, &queue] {
            let created = gateway.create("functions", function);
            answers += &created.to_string();
            let path = format!("functions/{}", created["functionId"].as_str().unwrap());
            answers += &gateway.configure("PUT", &path, &created).text();
        }
        gateway.event_type("ev");
        gateway.subscribe("async", "ev", "signed", "/");
        gateway.post_event("/", &[("Event", "ev")], "{}");
        crate::gateway_process::wait_until("the call", || !server.calls().is_empty());
        answers += &gateway.get_config("/v1/metrics").text();
        assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
        answers += &gateway.log.whole();
    }
    // After a restart, with what was kept through the mask.
    let mut gateway = GatewayProcess::start_in(data.path(), &flags);
    gateway.post_event("/", &[("Event", "ev")], "{}");
    crate::gateway_process::wait_until("the other call", || server.calls().len() == 2);
    answers += &gateway.configure("GET", "functions", &json!(null)).text();
    assert!(answers.contains("*****"), "{answers}");
    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
    answers += &gateway.log.whole();
    for call in server.calls() {
        let webhook = standardwebhooks::Webhook::new(SIGNING).unwrap();
        let mut headers = http::HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            headers.insert(name, call.header(name).parse().unwrap());
        }
        webhook.verify(&call.body, &headers).unwrap();
    }
    let disk = bytes_of(data.path());
    assert!(shows(&disk, "queueUrl"), "this is the configuration");
    for secret in [SECRET, SIGNING, KEY, IN_URL, IN_USERINFO] {
        assert!(!shows(&disk, secret), "the disk holds {secret}");
        assert!(!answers.contains(secret), "{secret}: {answers}");
    }
}

#[test]
fn a_gateway_without_the_right_key_does_not_start() {
    let (data, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folder = data.path().to_str().unwrap();
    let path = key_file(keys.path(), KEY, 0o600);
    let path = path.to_str().unwrap();
    let mut gateway = GatewayProcess::start_in(data.path(), &["-encryption-key-file", path]);
    let queue = json!({"functionId": "queue", "type": "awssqs",
        "provider": {"queueUrl": "q", "region": "r", "awsSecretAccessKey": SECRET}});
    gateway.create("functions", &queue);
    assert_eq!(gateway.stop(Signal::TERM).code(), Some(0));
    let refused = |flags: &[&str], want: &str| {
        let common = [
            "-bind-address=127.0.0.1",
            "-events-port=0",
            "-config-port=0",
            "-embed-data-dir",
            folder,
        ];
        let output = run(common.iter().chain(flags));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(want), "{want}: {stderr}");
        assert!(
            !stderr.contains(SECRET) && !stderr.contains(OTHER_KEY),
            "{stderr}"
        );
    };
    refused(&[], "function/default/queue cannot be decrypted");
    refused(&["-kms-key-id=k"], "is for the store dynamodb");
    refused(&["-encryption-key-file=/nowhere"], "cannot be read");
    let with_key = ["-encryption-key-file", path];
    key_file(keys.path(), KEY, 0o644);
    refused(&with_key, "is open to others");
    key_file(keys.path(), "nonsense", 0o600);
    refused(&with_key, "must hold 32 bytes");
    key_file(keys.path(), OTHER_KEY, 0o600);
    refused(&with_key, "not in the key file");
    key_file(keys.path(), &format!("{OTHER_KEY}\n{KEY}\n"), 0o600);
    let gateway = GatewayProcess::start_in(data.path(), &with_key);
    let stored = gateway.configure("GET", "functions/queue", &json!(null)).json();
    assert_eq!(stored["provider"]["awsSecretAccessKey"], SECRET);
}

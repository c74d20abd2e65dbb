//! Keys that were found in public, reported as GitHub's secret scanning reports them.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::client::{Answer, send};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::GatewayProcess;

const PATH: &str = "/v1/leaked-keys";
const ROOT: (&str, &str) = ("Authorization", "Bearer root");

/// What a public key on P-256 begins with in DER.
const P256: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgA";

/// Somebody who signs reports, and where the public key is.
struct Reporter {
    key: EcdsaKeyPair,
    random: SystemRandom,
    server: FunctionServer,
}

impl Reporter {
    fn start() -> Self {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_ASN1_SIGNING);
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, made.as_ref(), &random).unwrap();
        // 26 bytes that all have, of which the text has 35 digits and a third of the next.
        let prefix = STANDARD.decode(format!("{P256}=")).unwrap();
        let der = [&prefix[..], key.public_key().as_ref()].concat();
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(der)
        );
        let list = json!({"public_keys": [{"key_identifier": "current", "key": pem, "is_current": true}]});
        let list = list.to_string();
        let server = FunctionServer::start(move |stream, _| stream.write_all(answer(200, &list).as_bytes()));
        Self { key, random, server }
    }

    fn report(&self, gateway: &GatewayProcess, id: &str, body: &str, signed: &str) -> Answer {
        let signature = self.key.sign(&self.random, signed.as_bytes()).unwrap();
        let signature = STANDARD.encode(signature);
        let headers = [
            ("Github-Public-Key-Identifier", id),
            ("Github-Public-Key-Signature", &signature),
            ("Content-Type", "application/json"),
        ];
        send(gateway.config, "POST", PATH, &headers, body)
    }
}

fn labels(answer: &Answer) -> Vec<String> {
    let judgements = answer.json();
    let labels = judgements.as_array().unwrap().iter();
    labels
        .map(|one| one["label"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_key_that_is_reported_is_deleted() {
    let reporter = Reporter::start();
    let url = format!("--leak-report-keys-url={}", reporter.server.url("/keys"));
    let gateway = GatewayProcess::start(&[&url, "--config-access-key=root"]);
    let as_root = |method: &str, path: &str, body: &str| {
        let path = format!("/v1/spaces/shop{path}");
        send(gateway.config, method, &path, &[ROOT], body)
    };
    let made = as_root("POST", "/keys", r#"{"name":"ci","role":"viewer"}"#).json();
    let key = made["key"].as_str().unwrap();
    let other = format!(
        "{}{}",
        &key[..key.len() - 1],
        if key.ends_with('x') { 'y' } else { 'x' }
    );
    let finds = json!([
        {"token": key, "type": "event_gateway_key", "url": "https://example.com/file", "source": "content"},
        {"token": other, "type": "event_gateway_key", "url": "", "source": "content"},
        {"token": "something"},
        {"token": key, "type": "event_gateway_key"},
    ]);
    let finds = finds.to_string();
    // Nobody else can have a key deleted.
    for refused in [
        send(gateway.config, "POST", PATH, &[], &finds),
        reporter.report(&gateway, "unknown", &finds, &finds),
        reporter.report(&gateway, "current", &finds, "something else"),
    ] {
        assert_eq!(refused.status, 401, "{}", refused.text());
    }
    assert_eq!(send(gateway.config, "GET", PATH, &[], "").status, 405);
    let malformed = reporter.report(&gateway, "current", "{}", "{}");
    assert_eq!(malformed.status, 400, "{}", malformed.text());
    let listed = |path: &str| as_root("GET", path, "").json();
    assert_eq!(listed("/keys")["keys"].as_array().unwrap().len(), 1);

    let judged = reporter.report(&gateway, "current", &finds, &finds);
    assert_eq!(judged.status, 200, "{}", judged.text());
    // Both places where it was found are told that it was a key, as far as it still was.
    assert_eq!(
        labels(&judged),
        [
            "true_positive",
            "false_positive",
            "false_positive",
            "true_positive"
        ]
    );
    assert!(!judged.text().contains(key));
    assert_eq!(listed("/keys")["keys"], json!([]));
    let record: Value = listed("/audit")["records"][0]["record"].clone();
    assert_eq!(
        (&record["operation"], &record["actor"]["kind"]),
        (&json!("key.leaked"), &json!("gateway"))
    );
    let again = reporter.report(&gateway, "current", &finds, &finds);
    assert_eq!(labels(&again)[0], "false_positive");
    // The keys were fetched once, whatever was asked for.
    assert_eq!(reporter.server.calls().len(), 1);
    assert!(!gateway.log.so_far().contains(key));
}

#[test]
fn without_a_setting_nothing_is_taken() {
    let gateway = GatewayProcess::start(&[]);
    assert_eq!(send(gateway.config, "POST", PATH, &[], "[]").status, 404);
}

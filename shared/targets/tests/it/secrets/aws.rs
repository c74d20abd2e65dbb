//! Answers as Secrets Manager, Parameter Store and a stream do.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};

use super::{ARN, PARAMETER};
use crate::server::{Received, Server, response};

/// AWS: Secrets Manager, Parameter Store and a stream that takes one access key.
#[derive(Clone, Default)]
pub(super) struct Aws(Arc<State>);

#[derive(Default)]
struct State {
    /// What Secrets Manager has: `id` and `key` of an access key.
    id: Mutex<String>,
    /// What else was put into Secrets Manager and Parameter Store, by name.
    texts: Mutex<HashMap<String, String>>,
    /// The access key that the stream takes.
    valid: Mutex<String>,
    /// Status and code that Secrets Manager and Parameter Store fail with.
    fault: Mutex<Option<(u16, &'static str)>>,
    reads: AtomicUsize,
}

impl Aws {
    pub(super) async fn serve(&self) -> Server {
        let aws = self.clone();
        Server::answering(move |request| aws.answer(request)).await
    }

    pub(super) fn set(&self, id: &str, valid: &str) {
        id.clone_into(&mut self.0.id.lock().unwrap());
        valid.clone_into(&mut self.0.valid.lock().unwrap());
    }

    pub(super) fn reads(&self) -> usize {
        self.0.reads.load(Ordering::Relaxed)
    }

    /// Has Secrets Manager and Parameter Store fail with a status and a code, or not any more.
    pub(super) fn fail(&self, fault: Option<(u16, &'static str)>) {
        *self.0.fault.lock().unwrap() = fault;
    }

    fn answer(&self, request: &Received) -> Response<Full<Bytes>> {
        let target = request.header("x-amz-target").unwrap_or_default();
        let signature = request.header("authorization").unwrap();
        if target.starts_with("Kinesis_") {
            let valid = format!("Credential={}/", self.0.valid.lock().unwrap());
            return if signature.contains(&valid) {
                json_response(200, &json!({"SequenceNumber": "1", "ShardId": "0"}))
            } else {
                json_response(
                    400,
                    &json!({"__type": "UnrecognizedClientException", "message": "m"}),
                )
            };
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let text = |member: &str| body[member].as_str().unwrap().to_owned();
        let mut texts = self.0.texts.lock().unwrap();
        match target {
            "secretsmanager.CreateSecret" => {
                let arn = format!(
                    "arn:aws:secretsmanager:us-east-1:000000000000:secret:{}",
                    text("Name")
                );
                texts.insert(arn.clone(), text("SecretString"));
                return json_response(200, &json!({"ARN": arn}));
            }
            "AmazonSSM.PutParameter" => {
                let arn = format!("arn:aws:ssm:us-east-1:000000000000:parameter{}", text("Name"));
                texts.insert(arn, text("Value"));
                return json_response(200, &json!({"Version": 1}));
            }
            _ => {}
        }
        if let Some(found) = body["SecretId"].as_str().and_then(|id| texts.get(id)) {
            return json_response(200, &json!({"SecretString": found}));
        }
        if let Some(found) = body["Name"].as_str().and_then(|name| texts.get(name)) {
            return json_response(200, &json!({"Parameter": {"Value": found}}));
        }
        self.0.reads.fetch_add(1, Ordering::Relaxed);
        assert!(signature.contains("Credential=AKIDGATEWAY/"), "{signature}");
        if let Some((status, code)) = *self.0.fault.lock().unwrap() {
            return json_response(status, &json!({"__type": code, "message": "m"}));
        }
        let id = self.0.id.lock().unwrap().clone();
        match target {
            "secretsmanager.GetSecretValue" => {
                assert!(signature.contains("/eu-west-1/secretsmanager/"), "{signature}");
                assert_eq!(body["SecretId"], ARN);
                let text = json!({"id": id, "key": "KEYSECRET", "empty": ""}).to_string();
                json_response(200, &json!({"ARN": ARN, "SecretString": text}))
            }
            "AmazonSSM.GetParameter" => {
                assert!(signature.contains("/eu-central-1/ssm/"), "{signature}");
                assert_eq!(body, json!({"Name": PARAMETER, "WithDecryption": true}));
                json_response(200, &json!({"Parameter": {"Name": "token", "Value": id}}))
            }
            other => panic!("{other}"),
        }
    }
}

fn json_response(status: u16, body: &Value) -> Response<Full<Bytes>> {
    response(
        status,
        &[("Content-Type", "application/x-amz-json-1.1")],
        body.to_string(),
    )
}

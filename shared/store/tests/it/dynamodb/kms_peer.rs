//! Answers as KMS does, in this process: data keys that only it can decrypt, and only in the context that they were made
//! in.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws::{Client, Service};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use store::KmsKey;

/// Where another KMS than that of the test process is, such as that of a local AWS.
const ENDPOINT: &str = "EVENT_GATEWAY_TEST_KMS_ENDPOINT";

/// A key of the KMS that the environment names, or of one in this process.
pub(crate) async fn any_key() -> KmsKey {
    let Ok(endpoint) = std::env::var(ENDPOINT) else {
        return KmsPeer::default().key();
    };
    let http = aws_smithy_http_client::Builder::new().build_http();
    let aws = configuration().endpoint_url(endpoint).http_client(http).build();
    let client = Client::new(Service::Kms, &aws);
    let created: Value = client.call("CreateKey").json(&json!({})).await.unwrap();
    KmsKey {
        client,
        key_id: created["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned(),
        bound_to: None,
    }
}

fn configuration() -> aws_types::sdk_config::Builder {
    let credentials = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
}

/// KMS with one key. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct KmsPeer(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// Data keys and their contexts, by what stands for them when they are encrypted.
    keys: Mutex<HashMap<String, (String, Value)>>,
    /// Code of the error that every call gets.
    fault: Mutex<Option<&'static str>>,
    generated: AtomicUsize,
    decrypted: AtomicUsize,
}

impl KmsPeer {
    /// The key, for a store.
    pub(crate) fn key(&self) -> KmsKey {
        let peer = self.clone();
        let http = http_client_fn(move |_, _| SharedHttpConnector::new(peer.clone()));
        let aws = configuration()
            .retry_config(RetryConfig::disabled())
            .http_client(http)
            .build();
        KmsKey {
            client: Client::new(Service::Kms, &aws),
            key_id: "alias/gateway".to_owned(),
            bound_to: None,
        }
    }

    /// Has every call fail from now on, or none.
    pub(crate) fn fail(&self, code: Option<&'static str>) {
        *self.0.fault.lock().unwrap() = code;
    }

    /// How many data keys it made, and how many it decrypted.
    pub(crate) fn calls(&self) -> (usize, usize) {
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        (count(&self.0.generated), count(&self.0.decrypted))
    }

    fn answer(&self, target: &str, body: &Value) -> Result<Value, &'static str> {
        if let Some(code) = *self.0.fault.lock().unwrap() {
            return Err(code);
        }
        let mut keys = self.0.keys.lock().unwrap();
        let context = &body["EncryptionContext"];
        match target {
            "TrentService.GenerateDataKey" => {
                assert_eq!(
                    (body["KeyId"].as_str(), body["KeySpec"].as_str()),
                    (Some("alias/gateway"), Some("AES_256"))
                );
                self.0.generated.fetch_add(1, Ordering::Relaxed);
                let plain = STANDARD.encode(std::array::from_fn::<u8, 32, _>(|_| fastrand::u8(..)));
                let encrypted = STANDARD.encode(std::array::from_fn::<u8, 150, _>(|_| fastrand::u8(..)));
                keys.insert(encrypted.clone(), (plain.clone(), context.clone()));
                Ok(json!({"KeyId": "arn", "Plaintext": plain, "CiphertextBlob": encrypted}))
            }
            "TrentService.Decrypt" => {
                self.0.decrypted.fetch_add(1, Ordering::Relaxed);
                let encrypted = body["CiphertextBlob"].as_str().unwrap();
                match keys.get(encrypted) {
                    Some((plain, of)) if of == context => Ok(json!({"KeyId": "arn", "Plaintext": plain})),
                    _ => Err("InvalidCiphertextException"),
                }
            }
            other => panic!("{other}"),
        }
    }
}

impl HttpConnector for KmsPeer {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        assert!(
            request
                .headers()
                .get("authorization")
                .unwrap()
                .contains("/us-east-1/kms/")
        );
        let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let (status, body) = match self.answer(target, &body) {
            Ok(body) => (200, body),
            Err(code) => (400, json!({"__type": code, "message": "refused"})),
        };
        let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()));
        HttpConnectorFuture::ready(Ok(response))
    }
}

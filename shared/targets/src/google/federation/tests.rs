//! Federation against a peer that checks the signed AWS request as Google and AWS together do.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::resource::{GoogleCloudFunction, GoogleCredentials, Provider, PubSubTopic};
use domain::retry::FailureClass;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::AWS_REQUEST;
use super::server::{Received, Server, response};
use crate::aws::Aws;
use crate::call::{Call, Caller};
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::google::{cloud_function, pubsub};
use crate::settings::TargetSettings;

const POOL: &str = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/aws";
const ACCOUNT: &str = "/v1/projects/-/serviceAccounts/caller@project.iam.gserviceaccount.com";
const FEDERATED: &str = "federated-token-of-the-pool";
const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SESSION: &str = "SESSIONTOKEN+/=";

fn configuration(account: Option<&str>) -> GoogleCredentials {
    let account =
        account.map(|account| format!("https://iamcredentials.googleapis.com{account}:generateAccessToken"));
    let file = json!({
        "type": "external_account",
        "audience": POOL,
        "subject_token_type": AWS_REQUEST,
        "token_url": "https://sts.googleapis.com/v1/token",
        "service_account_impersonation_url": account,
        "credential_source": {
            "environment_id": "aws1",
            "regional_cred_verification_url":
                "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
        },
    });
    GoogleCredentials::WorkloadIdentity {
        configuration: file.to_string().as_str().into(),
    }
}

/// What calls are made with in a region, where Google's APIs are this server.
fn clients(google: &Server, region: &'static str) -> Clients {
    let settings = TargetSettings {
        google_endpoint_url: Some(google.url("")),
        timeout: Duration::from_mins(1),
        ..TargetSettings::default()
    };
    let credentials = Credentials::new(KEY_ID, SECRET, Some(SESSION.to_owned()), None, "test");
    let sdk = SdkConfig::builder()
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    Clients {
        aws: Arc::new(Aws::with_configuration(&settings, sdk)),
        ..Clients::new(settings)
    }
}

async fn invoke(with: &Arc<Clients>, provider: &Provider) -> Result<(), InvokeError> {
    let call = Call {
        payload: "{}".into(),
        event: None,
        identity: None,
        caller: Caller::Queue,
        original: None,
        needs_answer: true,
        hops: domain::hops::Hops::NONE,
    };
    let deadline = Deadline::after(Duration::from_mins(1));
    let answer = match provider {
        Provider::GoogleCloudFunction(function) => cloud_function::call(with, function, call, deadline).await,
        Provider::GooglePubSub(topic) => pubsub::call(with, topic, call, deadline).await,
        other => panic!("{other:?}"),
    };
    answer.map(|answer| assert!(answer.rejection.is_none(), "{answer:?}"))
}

fn function(url: &str, account: Option<&str>) -> Provider {
    let function: GoogleCloudFunction = serde_json::from_value(json!({"url": url})).unwrap();
    Provider::GoogleCloudFunction(GoogleCloudFunction {
        credentials: configuration(account),
        ..function
    })
}

fn topic(account: Option<&str>) -> Provider {
    Provider::GooglePubSub(PubSubTopic {
        topic: "projects/p/topics/orders".to_owned(),
        credentials: configuration(account),
        ordering_key: None,
        endpoint: None,
    })
}

fn hash(text: &[u8]) -> String {
    hex::encode(Sha256::digest(text))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Whether AWS would say who made a request, now, and who it was shown to (Signature Version 4).
fn check_signed(subject: &str, region: &str, host: &str) {
    let json = percent_encoding::percent_decode_str(subject)
        .decode_utf8()
        .unwrap();
    let request: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(request["method"], "POST");
    let query = "Action=GetCallerIdentity&Version=2011-06-15";
    assert_eq!(request["url"], format!("https://{host}/?{query}"));
    let headers: HashMap<String, &str> = request["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|header| {
            (
                header["key"].as_str().unwrap().to_ascii_lowercase(),
                header["value"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(headers["host"], host);
    assert_eq!(headers["x-goog-cloud-target-resource"], POOL);
    assert_eq!(headers["x-amz-security-token"], SESSION);
    let signed = "host;x-amz-date;x-amz-security-token;x-goog-cloud-target-resource";
    let lines: Vec<_> = signed
        .split(';')
        .map(|name| format!("{name}:{}\n", headers[name]))
        .collect();
    let canonical = format!("POST\n/\n{query}\n{}\n{signed}\n{}", lines.concat(), hash(b""));
    let (time, date) = (headers["x-amz-date"], &headers["x-amz-date"][..8]);
    let scope = format!("{date}/{region}/sts/aws4_request");
    let text = format!(
        "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
        hash(canonical.as_bytes())
    );
    let key = [date, region, "sts", "aws4_request"]
        .into_iter()
        .fold(format!("AWS4{SECRET}").into_bytes(), |key, part| mac(&key, part));
    let want = format!(
        "AWS4-HMAC-SHA256 Credential={KEY_ID}/{scope}, SignedHeaders={signed}, Signature={}",
        hex::encode(mac(&key, &text))
    );
    assert_eq!(headers["authorization"], want);
    let zoned = format!(
        "{}-{}-{}T{}:{}:{}Z",
        &time[..4],
        &time[4..6],
        &time[6..8],
        &time[9..11],
        &time[11..13],
        &time[13..15]
    );
    let made =
        aws_smithy_types::DateTime::from_str(&zoned, aws_smithy_types::date_time::Format::DateTime).unwrap();
    assert!(SystemTime::try_from(made).unwrap().elapsed().unwrap() < Duration::from_mins(5));
}

/// Google's three APIs, which check what they are asked with.
fn google(
    request: &Received,
    region: &str,
    host: &str,
) -> http::Response<http_body_util::Full<bytes::Bytes>> {
    let is_bearer = |token: &str| request.header("authorization") == Some(&format!("Bearer {token}"));
    let body = || serde_json::from_slice::<Value>(&request.body).unwrap();
    assert_eq!(request.method, "POST");
    let (path, action) = request.target.split_once(':').unwrap_or((&request.target, ""));
    let answer = match (path, action) {
        ("/v1/token", "") => {
            let form: HashMap<String, String> =
                url::form_urlencoded::parse(&request.body).into_owned().collect();
            assert_eq!(
                form["grant_type"],
                "urn:ietf:params:oauth:grant-type:token-exchange"
            );
            assert_eq!(form["audience"], POOL);
            assert_eq!(
                form["subject_token_type"],
                "urn:ietf:params:aws:token-type:aws4_request"
            );
            assert_eq!(
                form["requested_token_type"],
                "urn:ietf:params:oauth:token-type:access_token"
            );
            assert_eq!(request.header("authorization"), None);
            check_signed(&form["subject_token"], region, host);
            let token = format!("{FEDERATED} for {}", form["scope"].rsplit('/').next().unwrap());
            json!({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})
        }
        (ACCOUNT, "generateIdToken") if is_bearer(&format!("{FEDERATED} for iam")) => {
            assert_eq!(body()["includeEmail"], true);
            json!({"token": id_token(body()["audience"].as_str().unwrap())})
        }
        (ACCOUNT, "generateAccessToken") if is_bearer(&format!("{FEDERATED} for iam")) => {
            assert_eq!(
                body(),
                json!({"scope": ["https://www.googleapis.com/auth/pubsub"]})
            );
            json!({"accessToken": "account token", "expireTime": "2999-01-01T00:00:00Z"})
        }
        ("/v1/projects/p/topics/orders", "publish")
            if is_bearer("account token") || is_bearer(&format!("{FEDERATED} for pubsub")) =>
        {
            json!({"messageIds": ["1"]})
        }
        _ => return response(401, &[], format!("{} {:?}", request.target, request.headers)),
    };
    response(200, &[], answer.to_string())
}

fn id_token(audience: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({"aud": audience, "exp": now + 3600}).to_string();
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
}

#[tokio::test]
async fn the_aws_identity_becomes_an_id_token() {
    for (region, host) in [
        ("eu-west-1", "sts.eu-west-1.amazonaws.com"),
        ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn"),
    ] {
        let google = Server::answering(move |request| google(request, region, host)).await;
        let server = Server::answering(|_| response(200, &[], "result")).await;
        let with = Arc::new(clients(&google, region));
        for _ in 0..20 {
            invoke(&with, &function(&server.url("/f"), Some(ACCOUNT)))
                .await
                .unwrap();
        }
        assert_eq!((google.requests().len(), server.requests().len()), (2, 20));
        let (got, want) = (server.requests()[0].clone(), id_token(&server.url("/f")));
        let claims = |token: &str| token.split('.').nth(1).unwrap().to_owned();
        let token = got
            .header("authorization")
            .unwrap()
            .strip_prefix("Bearer ")
            .unwrap();
        // The audience comes first in the claims; the time may be another second.
        assert_eq!(claims(token)[..30], claims(&want)[..30]);
    }
}

#[tokio::test]
async fn the_aws_identity_becomes_an_access_token() {
    for (account, requests) in [(Some(ACCOUNT), 2), (None, 1)] {
        let google =
            Server::answering(|request| google(request, "us-east-1", "sts.us-east-1.amazonaws.com")).await;
        let with = Arc::new(clients(&google, "us-east-1"));
        for _ in 0..20 {
            invoke(&with, &topic(account)).await.unwrap();
        }
        assert_eq!(google.requests().len(), requests + 20, "{account:?}");
    }
}

#[tokio::test]
async fn refusals_show_nothing_of_the_identity() {
    for (status, class) in [
        (400, FailureClass::Permanent),
        (403, FailureClass::Permanent),
        (503, FailureClass::Transient),
    ] {
        let google = Server::answering(move |request| {
            let echo = String::from_utf8_lossy(&request.body);
            let error = json!({"error": "invalid_grant", "error_description": format!("refused {echo}")});
            response(status, &[], error.to_string())
        })
        .await;
        let error = invoke(&Arc::new(clients(&google, "us-east-1")), &topic(Some(ACCOUNT)))
            .await
            .unwrap_err();
        let want = format!(
            "Function call failed. Error: Google's Security Token Service: invalid_grant: refused *****: status code {status}"
        );
        assert_eq!((error.class(), error.to_string()), (class, want));
        let shown = format!("{error:?}");
        assert!(
            !shown.contains("Signature") && !shown.contains("SESSION"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn the_identity_is_shown_to_nobody_else() {
    let evil = Server::answering(|_| response(200, &[], "{}")).await;
    let with = Arc::new(Clients {
        settings: TargetSettings::default(),
        ..clients(&evil, "us-east-1")
    });
    let GoogleCredentials::WorkloadIdentity { configuration } = configuration(Some(ACCOUNT)) else {
        panic!("a workload identity")
    };
    let file = with.secrets.text(&configuration).await.unwrap();
    // As it may come out of a store, or from where a reference points: nobody checked it.
    for url in [
        evil.url("/v1/token"),
        evil.url("/v1/token").replace("127.0.0.1", "localhost"),
    ] {
        let file = file.replace("https://sts.googleapis.com/v1/token", &url);
        let credentials = GoogleCredentials::WorkloadIdentity {
            configuration: file.as_str().into(),
        };
        let Provider::GooglePubSub(topic) = topic(None) else {
            panic!("a topic")
        };
        let error = invoke(
            &with,
            &Provider::GooglePubSub(PubSubTopic { credentials, ..topic }),
        )
        .await
        .unwrap_err();
        assert_eq!(error.class(), FailureClass::Permanent);
        assert!(error.to_string().contains("token_url"), "{error}");
    }
    assert!(evil.requests().is_empty());
}

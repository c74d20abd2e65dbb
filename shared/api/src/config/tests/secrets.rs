//! Secrets in bodies and answers: references that are allowed, and masks.

use domain::resource::SecretPlace;
use serde_json::json;

use super::*;

const FUNCTIONS: &str = "/v1/spaces/default/functions";
const FUNCTION: &str = "/v1/spaces/default/functions/f";
const SIGNING: &str = "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk";

fn masking() -> Api {
    let mut api = Api::start();
    api.config.secrets.mask = true;
    api
}

fn http(token: &str, header: &str, signing: &str) -> Value {
    json!({"functionId": "f", "type": "http", "provider": {
        "url": "http://user:password@localhost/?code=QUERY",
        "signingSecrets": [signing],
        "headers": {"X-Key": header, "X-Other": {"file": "other"}},
        "authorization": {"type": "bearer", "token": token},
    }})
}

fn message(reply: &Reply) -> &str {
    reply.body["errors"][0]["message"].as_str().unwrap()
}

#[tokio::test]
async fn answers_show_masks_and_updates_with_masks_keep_what_is_stored() {
    let mut api = masking();
    let created = api
        .send("POST", FUNCTIONS, &http("TOKEN", "HEADER", SIGNING).to_string())
        .await;
    let listed = api.send("GET", FUNCTIONS, "").await;
    let got = api.send("GET", FUNCTION, "").await;
    let mut shown = got.body.clone();
    assert_eq!(shown["provider"]["url"], "http://*****@localhost/?code=*****");
    shown["provider"]["url"] = "http://*****@localhost/new?code=*****".into();
    let updated = api.send("PUT", FUNCTION, &shown.to_string()).await;
    for reply in [&created, &listed, &got, &updated] {
        let text = reply.body.to_string();
        for secret in ["TOKEN", "HEADER", SIGNING, "password", "QUERY"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert_eq!(text.matches("*****").count(), 5, "{text}");
        assert!(text.contains(r#""X-Other":{"file":"other"}"#), "{text}");
    }
    assert_eq!((created.status, updated.status), (201, 200));
    let mut one_changed = updated.body;
    one_changed["provider"]["authorization"]["token"] = "NEWER".into();
    assert_eq!(
        api.send("PUT", FUNCTION, &one_changed.to_string()).await.status,
        200
    );
    // What is stored shows without the setting.
    api.config.secrets.mask = false;
    let provider = &api.send("GET", FUNCTION, "").await.body["provider"];
    assert_eq!(provider["url"], "http://user:password@localhost/new?code=QUERY");
    assert_eq!(provider["authorization"]["token"], "NEWER");
    assert_eq!(provider["headers"]["X-Key"], "HEADER");
    assert_eq!(provider["signingSecrets"], json!([SIGNING]));
}

#[tokio::test]
async fn masks_of_nothing_are_refused_and_change_nothing() {
    let api = masking();
    let mask = "*****";
    for body in [
        http(mask, "h", SIGNING),
        http("t", mask, SIGNING),
        http("t", "h", mask),
    ] {
        let reply = api.send("POST", FUNCTIONS, &body.to_string()).await;
        assert_eq!(reply.status, 400);
        assert!(message(&reply).contains("is masked"), "{}", message(&reply));
        assert_eq!(api.send("PUT", FUNCTION, &body.to_string()).await.status, 404);
    }
    let lambda = |id: &str| {
        json!({"functionId": "f", "type": "awslambda",
            "provider": {"arn": "a", "region": "r", "awsAccessKeyId": id}})
    };
    api.send("POST", FUNCTIONS, &lambda("KEY").to_string()).await;
    let queue =
        json!({"type": "awssqs", "provider": {"queueUrl": "q", "region": "r", "awsAccessKeyId": mask}});
    let reply = api.send("PUT", FUNCTION, &queue.to_string()).await;
    assert_eq!(reply.status, 400);
    assert_eq!(
        message(&reply),
        "Function doesn't validate. Validation error: awsAccessKeyId is masked, and no stored secret of that member \
         could be kept: send the secret itself"
    );
    assert_eq!(api.send("GET", FUNCTION, "").await.body["type"], "awslambda");
    assert_eq!(
        api.send("PUT", FUNCTION, &lambda(mask).to_string()).await.status,
        200
    );
}

/// Masks that were shown may come back after the setting was turned off.
#[tokio::test]
async fn a_mask_is_a_mask_whatever_the_setting() {
    let api = Api::start();
    for body in [
        http("*****", "h", SIGNING),
        http("t", "*****", SIGNING),
        http("t", "h", "*****"),
    ] {
        let reply = api.send("POST", FUNCTIONS, &body.to_string()).await;
        assert_eq!(reply.status, 400);
        assert!(message(&reply).contains("is masked"), "{}", message(&reply));
    }
    api.send("POST", FUNCTIONS, &http("TOKEN", "HEADER", SIGNING).to_string())
        .await;
    let reply = api
        .send("PUT", FUNCTION, &http("*****", "*****", "*****").to_string())
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.body["provider"],
        http("TOKEN", "HEADER", SIGNING)["provider"]
    );
}

#[tokio::test]
async fn masks_do_not_take_secrets_to_another_server() {
    let api = masking();
    api.send("POST", FUNCTIONS, &http("TOKEN", "HEADER", SIGNING).to_string())
        .await;
    let shown = api.send("GET", FUNCTION, "").await.body;
    for (url, member) in [
        ("http://*****@evil.example/?code=*****", "url"),
        ("http://evil.example/", "signingSecrets.0"),
        ("https://localhost/", "signingSecrets.0"),
        ("http://localhost:8080/", "signingSecrets.0"),
    ] {
        let mut moved = shown.clone();
        moved["provider"]["url"] = url.into();
        let reply = api.send("PUT", FUNCTION, &moved.to_string()).await;
        assert_eq!(reply.status, 400, "{url}");
        assert_eq!(
            message(&reply),
            format!(
                "Function doesn't validate. Validation error: {member} is masked, and url is not what is stored: send \
                 the secret itself"
            )
        );
    }
    assert_eq!(api.send("GET", FUNCTION, "").await.body, shown);
}

#[tokio::test]
async fn references_to_places_that_are_not_allowed_are_refused() {
    let mut api = Api::start();
    let body = http("t", "h", SIGNING).to_string();
    assert_eq!(api.send("POST", FUNCTIONS, &body).await.status, 201);
    for mask in [false, true] {
        api.config.secrets = SecretRules {
            mask,
            places: vec![SecretPlace::SecretsManager],
            ..SecretRules::default()
        };
        for (method, path) in [("POST", FUNCTIONS), ("PUT", FUNCTION)] {
            let reply = api.send(method, path, &body).await;
            assert_eq!(reply.status, 400, "{method}");
            assert_eq!(
                message(&reply),
                "Function doesn't validate. Validation error: headers.X-Other must not be read from a place of the \
                 kind file in this gateway"
            );
        }
        let allowed = body.replace(r#"{"file":"other"}"#, r#"{"secretArn":"name","jsonKey":"k"}"#);
        assert_eq!(api.send("PUT", FUNCTION, &allowed).await.status, 200);
    }
}

#[tokio::test]
async fn the_identity_of_the_gateway_is_lent_only_if_it_says_so() {
    const TEXT: &str = " in this gateway, which calls no function with its own identity";
    let mut api = Api::start();
    let lambda = |keys: Value| {
        let mut provider = json!({"arn": "a", "region": "r"});
        provider
            .as_object_mut()
            .unwrap()
            .extend(keys.as_object().unwrap().clone());
        json!({"functionId": "f", "type": "awslambda", "provider": provider}).to_string()
    };
    let role = json!({"roleArn": "arn:aws:iam::123456789012:role/r"});
    let keys = json!({"awsAccessKeyId": "AKID", "awsSecretAccessKey": {"file": "key"}});
    let topic = r#"{"functionId":"f","type":"googlepubsub","provider":{"topic":"projects/p/topics/abc"}}"#;
    assert_eq!(
        api.send("POST", FUNCTIONS, &lambda(role.clone())).await.status,
        201
    );
    for mask in [false, true] {
        api.config.secrets = SecretRules {
            mask,
            lends_identity: false,
            ..SecretRules::default()
        };
        for (body, want) in [
            (
                lambda(json!({})),
                "awsAccessKeyId and awsSecretAccessKey must be set",
            ),
            (
                lambda(role.clone()),
                "awsAccessKeyId and awsSecretAccessKey must be set",
            ),
            (
                lambda(json!({"awsAccessKeyId": "AKID"})),
                "awsAccessKeyId and awsSecretAccessKey must be set",
            ),
            (topic.to_owned(), "credentials must have the type serviceAccount"),
        ] {
            for (method, path) in [("POST", FUNCTIONS), ("PUT", FUNCTION)] {
                let reply = api.send(method, path, &body).await;
                assert_eq!(reply.status, 400, "{method} {body}");
                let want = format!("Function doesn't validate. Validation error: {want}{TEXT}");
                assert_eq!(message(&reply), want, "{method} {body}");
            }
        }
        assert_eq!(api.send("PUT", FUNCTION, &lambda(keys.clone())).await.status, 200);
    }
    // A mask stands for no key where there is none.
    api.config.secrets.lends_identity = true;
    assert_eq!(api.send("PUT", FUNCTION, &lambda(role)).await.status, 200);
    api.config.secrets.lends_identity = false;
    let masked = lambda(json!({"awsAccessKeyId": "*****", "awsSecretAccessKey": "*****"}));
    assert_eq!(api.send("PUT", FUNCTION, &masked).await.status, 400);
}

//! Tokens and key servers that mean harm.

use super::*;

/// With the public key as the secret, anybody could sign.
#[tokio::test]
async fn a_public_key_is_no_secret_and_none_is_no_algorithm() {
    let server = serving(KEYS).await;
    let (invoker, authorizer) = (invoker(), authorizer(&server, &json!({})));
    let key: Value = serde_json::from_str(KEYS).unwrap();
    let modulus = key["keys"][0]["n"].as_str().unwrap();
    let raw = URL_SAFE_NO_PAD.decode(modulus).unwrap();
    for secret in [modulus.as_bytes(), &raw, KEYS.as_bytes()] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let token = signed(
                algorithm,
                Some(KID),
                &EncodingKey::from_secret(secret),
                &claims(&json!({})),
            );
            let answer = ask(&invoker, &authorizer, &token).await.unwrap();
            assert_eq!(
                refusal(answer),
                invalid("is signed with an algorithm that is not accepted")
            );
        }
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let good = claims(&json!({}));
    let signature = token(&json!({})).rsplit('.').next().unwrap().to_owned();
    for algorithm in ["none", "None", "NONE", "", "rs256", "HS256\0"] {
        for signature in ["", &*signature] {
            let head = part(&json!({"alg": algorithm, "kid": KID}));
            let answer = ask(
                &invoker,
                &authorizer,
                &format!("{head}.{}.{signature}", part(&good)),
            )
            .await;
            let why = "is signed with an algorithm that is not accepted";
            assert_eq!(refusal(answer.unwrap()), invalid(why), "{algorithm}");
        }
    }
    // Such a token is not worth a request for the keys.
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn keys_that_a_token_brings_along_are_not_used() {
    let server = serving(KEYS).await;
    let (invoker, authorizer) = (invoker(), authorizer(&server, &json!({})));
    let mine: Value = serde_json::from_str(OTHER_KEYS).unwrap();
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(KID.to_owned());
    header.jku = Some(server.url("/mine"));
    header.jwk = serde_json::from_value(mine["keys"][0].clone()).unwrap();
    let token = encode(&header, &claims(&json!({})), &rsa_key(OTHER_KEY)).unwrap();
    let answer = ask(&invoker, &authorizer, &token).await.unwrap();
    assert!(refusal(answer).1.contains("the signature of the token is wrong"));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_is_no_token_is_refused_without_a_request() {
    let server = serving(KEYS).await;
    let (invoker, authorizer) = (invoker(), authorizer(&server, &json!({})));
    let good = token(&json!({}));
    let nested = URL_SAFE_NO_PAD.encode("[".repeat(10_000));
    for (token, why) in [
        ("x".to_owned(), "is malformed"),
        ("..".to_owned(), "is malformed"),
        (format!("{good}.x"), "is malformed"),
        (format!("{nested}.e30.x"), "is malformed"),
        ("!.!.!".to_owned(), "is malformed"),
        ("a".repeat(16 * 1024 + 1), "is larger than 16384 bytes"),
        (format!("{good}, Bearer {good}"), "is malformed"),
    ] {
        let answer = ask(&invoker, &authorizer, &token).await.unwrap();
        let start = &token[..token.len().min(20)];
        assert_eq!(refusal(answer), invalid(why), "{start}");
    }
    assert!(server.requests().len() <= 1);
}

#[tokio::test]
async fn made_up_key_ids_make_no_requests() {
    let server = serving(KEYS).await;
    let (invoker, authorizer) = (invoker(), authorizer(&server, &json!({})));
    let mut calls = JoinSet::new();
    for number in 0..100 {
        let (invoker, authorizer) = (invoker.clone(), authorizer.clone());
        let token = signed(
            Algorithm::RS256,
            Some(&format!("k-{number}")),
            &rsa_key(KEY),
            &claims(&json!({})),
        );
        calls.spawn(async move { ask(&invoker, &authorizer, &token).await.unwrap() });
    }
    for answer in calls.join_all().await {
        assert_eq!(refusal(answer), invalid("is signed with an unknown key"));
    }
    assert_eq!(server.requests().len(), 1);
    assert!(is_allowed(
        &ask(&invoker, &authorizer, &token(&json!({}))).await.unwrap()
    ));
}

#[tokio::test]
async fn hostile_key_servers_fail_the_call_and_are_left_alone() {
    let key: Value = serde_json::from_str(KEYS).unwrap();
    let many = json!({"keys": vec![key["keys"][0].clone(); 101]}).to_string();
    let huge = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(200_000));
    for (status, body, why) in [
        (200, many, "more than 100 keys"),
        (200, huge, "larger than 131072 bytes"),
        (200, "<html>".to_owned(), "no JSON Web Key Set"),
        (200, "[".repeat(50_000), "no JSON Web Key Set"),
        (200, String::new(), "no JSON Web Key Set"),
        (500, "s3cret".to_owned(), "HTTP status code 500"),
        (404, KEYS.to_owned(), "HTTP status code 404"),
        (302, KEYS.to_owned(), "HTTP status code 302"),
    ] {
        let server = Server::answering(move |_| response(status, &[("Location", "/x")], body.clone())).await;
        let (invoker, authorizer) = (
            with_key_sets(KeySetSettings {
                max_bytes: 131_072,
                ..KeySetSettings::default()
            }),
            authorizer(&server, &json!({})),
        );
        for _ in 0..3 {
            let error = ask(&invoker, &authorizer, &token(&json!({}))).await.unwrap_err();
            let text = targets::ErrorChain(&error).to_string();
            assert!(text.contains(why) && !text.contains("s3cret"), "{text}");
        }
        assert_eq!(server.requests().len(), 1, "{why}");
    }
}

#[tokio::test]
async fn a_silent_key_server_holds_a_call_no_longer_than_its_time() {
    let server = Server::bare(|_, stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let invoker = with_settings(TargetSettings {
        timeout: Duration::from_millis(100),
        ..TargetSettings::default()
    });
    let authorizer = authorizer(&server, &json!({}));
    for _ in 0..2 {
        let error = ask(&invoker, &authorizer, &token(&json!({}))).await.unwrap_err();
        assert!(matches!(error, InvokeError::TimedOut { .. }), "{error:?}");
    }
    assert_eq!(
        server.connections(),
        1,
        "the second call waits for the same answer"
    );
}

#[tokio::test]
async fn the_network_guard_judges_key_servers() {
    let server = serving(KEYS).await;
    let invoker = with_settings(TargetSettings {
        guard: Some(targets::NetworkGuard::default()),
        ..TargetSettings::default()
    });
    let authorizer = authorizer(&server, &json!({}));
    assert!(ask(&invoker, &authorizer, &token(&json!({}))).await.is_err());
    assert_eq!(server.connections(), 0);
}

//! Records of changes: what is in them, what never is, and how they hang together.

use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::access::Role;
use crate::api_key::SecretDigest;
use crate::canonical_json::canonical;
use crate::configuration::{Change, Configured, Stored};
use crate::ids::Space;
use crate::resource::{ApiKey, Function, Resource as _, masked};

#[expect(clippy::unnecessary_wraps, reason = "as a change has it")]
fn stored<R: Configured>(resource: R) -> Option<Stored<R>> {
    Some(Stored {
        resource: Arc::new(resource),
        created: 1,
    })
}

fn function(rest: &str) -> Function {
    let body = format!(
        r#"{{"functionId":"f","type":"awslambda","provider":{{"arn":"arn:aws:lambda:us-east-1:1:function:f",
        "region":"us-east-1"{rest}}}}}"#
    );
    Function::decode(&"shop".into(), None, body.as_bytes()).unwrap()
}

fn author() -> Author {
    Author {
        actor: Actor::Key {
            id: "k".into(),
            name: "ci".to_owned(),
            role: Some(Role::Developer),
        },
        address: "192.0.2.1".parse().ok(),
        request_id: Some("r-1".to_owned()),
        operation: None,
        made: None,
    }
}

fn records<R: Configured>(change: &Change<R>, head: (u64, Option<&AuditHead>)) -> Vec<SealedRecord> {
    let mut trail = AuditTrail::default();
    trail.note(change);
    trail
        .sealed(&Space::from("shop"), &author(), head, 1_796_036_400_500)
        .unwrap()
}

fn diff<R: Configured>(before: Option<Stored<R>>, after: Option<Stored<R>>) -> Value {
    let record = records(&Change { before, after }, (0, None)).remove(0);
    let record: Value = serde_json::from_str(&record.text).unwrap();
    record["changes"][0]["diff"].clone()
}

#[test]
fn a_record_says_who_did_what_from_where() {
    let mut next = function("");
    next.provider = function(r#","awsAccessKeyId":"AKIA","awsSecretAccessKey":"wJalr""#).provider;
    let change = Change {
        before: stored(function("")),
        after: stored(next),
    };
    let head = AuditHead {
        version: 6,
        hash: "ab".to_owned(),
    };
    let record = records(&change, (6, Some(&head))).remove(0);
    let want = json!({
        "space": "shop", "version": 7, "time": "2026-11-30T11:00:00.5Z", "address": "192.0.2.1",
        "actor": {"kind": "key", "id": "k", "name": "ci", "role": "developer"},
        "requestId": "r-1", "operation": "function.update", "previous": "ab",
        "changes": [{"operation": "update", "kind": "function", "id": "f", "diff": [
            {"path": "/provider/awsAccessKeyId", "to": "*****"},
            {"path": "/provider/awsSecretAccessKey", "to": "*****"},
        ]}],
    });
    assert_eq!(serde_json::from_str::<Value>(&record.text).unwrap(), want);
    assert_eq!(record.text, canonical(&want));
    let hash = hex::encode(Sha256::digest(record.text.as_bytes()));
    assert_eq!((record.hash, record.version), (hash, 7));
}

#[test]
fn of_secrets_it_is_told_that_they_changed_and_nothing_more() {
    let with = |secret: &str| {
        stored(function(&format!(
            r#","awsAccessKeyId":"AKIA","awsSecretAccessKey":"{secret}""#
        )))
    };
    let path = "/provider/awsSecretAccessKey";
    assert_eq!(
        diff(with("one"), with("two")),
        json!([{"path": path, "secret": true}])
    );
    assert_eq!(diff(with("one"), with("one")), json!([]));
    let http = |url: &str| {
        let body = format!(r#"{{"functionId":"f","type":"http","provider":{{"url":"{url}"}}}}"#);
        stored(Function::decode(&"shop".into(), None, body.as_bytes()).unwrap())
    };
    let shown = diff(http("http://u:first@h/a"), http("http://u:second@h/a"));
    assert_eq!(shown, json!([{"path": "/provider/url", "secret": true}]));
    let moved = diff(http("http://u:first@h/a"), http("http://u:second@h/b")).to_string();
    assert!(
        !moved.contains("first") && !moved.contains("second") && moved.contains("h/b"),
        "{moved}"
    );
}

#[test]
fn of_keys_no_digest_is_told() {
    let key = |digest: &str| {
        let key = ApiKey::decode(
            &"shop".into(),
            Some(&"k".into()),
            br#"{"name":"ci","role":"viewer"}"#,
        );
        key.unwrap().with_secret(SecretDigest::of(digest), 1_000)
    };
    let created = diff(None, stored(key("one")));
    assert!(!created.to_string().contains("sha256"), "{created}");
    let changed = diff(stored(key("one")), stored(key("two")));
    assert_eq!(changed, json!([{"path": "/secrets/0/sha256", "secret": true}]));
    let gone = diff(stored(key("one")), None);
    assert!(!gone.to_string().contains("sha256"), "{gone}");
}

#[test]
fn records_are_bounded_and_a_large_write_has_several() {
    let labels = |count: usize, length: usize| {
        let mut function = function("");
        for at in 0..count {
            let name = format!("{at}{}", "n".repeat(length));
            function.metadata_mut().insert(name, "v".repeat(2 * length));
        }
        stored(function)
    };
    let change = Change {
        before: None,
        after: labels(10, 1000),
    };
    let record = records(&change, (0, None)).remove(0);
    let record: Value = serde_json::from_str(&record.text).unwrap();
    let metadata = &record["changes"][0]["diff"];
    let metadata = metadata.as_array().unwrap().iter();
    let metadata = metadata.clone().find(|of| of["path"] == "/metadata").unwrap();
    assert!(metadata["to"].is_null() && metadata["toDigest"]["bytes"].as_u64() > Some(20_000));
    let change = Change {
        before: labels(1, 0),
        after: labels(100, 400),
    };
    let mut trail = AuditTrail::default();
    for _ in 0..250 {
        trail.note(&change);
    }
    let records = trail
        .sealed(&Space::from("shop"), &author(), (10, None), 0)
        .unwrap();
    let versions: Vec<_> = records.iter().map(|record| record.version).collect();
    assert_eq!(versions, [110, 210, 260]);
    let mut previous = Value::Null;
    for record in &records {
        assert!(record.text.len() < 64 * 1024, "{}", record.text.len());
        let value: Value = serde_json::from_str(&record.text).unwrap();
        assert_eq!(value["previous"], previous);
        previous = record.hash.as_str().into();
        let changes = value["changes"].as_array().unwrap();
        assert!(changes.iter().any(|change| change["omitted"].as_u64() > Some(0)));
        for change in changes {
            assert_eq!(
                change["omitted"].is_null(),
                change["digest"].is_null(),
                "{change}"
            );
        }
    }
}

/// A path may be long and lead to many members: then it is not copied for each of them.
#[test]
fn what_is_not_recorded_costs_little_and_the_whole_is_told_by_its_digest() {
    let with = |url: &str, count: usize| {
        let body = format!(r#"{{"functionId":"f","type":"http","provider":{{"url":"{url}"}}}}"#);
        let mut function = Function::decode(&"shop".into(), None, body.as_bytes()).unwrap();
        for at in 0..count {
            function.metadata_mut().insert(
                format!("{at}{}", "n".repeat(400)),
                url[url.len() - 1..].to_owned(),
            );
        }
        function
    };
    let (before, after) = (with("http://u:secret@h/a", 100), with("http://u:secret@h/b", 100));
    let change = Change {
        before: stored(before),
        after: stored(after.clone()),
    };
    let record: Value = serde_json::from_str(&records(&change, (0, None)).remove(0).text).unwrap();
    let changed = &record["changes"][0];
    assert!(changed["omitted"].as_u64() > Some(50), "{changed}");
    let shown = canonical(&serde_json::to_value(&*masked(&after)).unwrap());
    assert!(!shown.contains("secret"), "{shown}");
    assert_eq!(changed["digest"]["sha256"], hex::encode(Sha256::digest(&shown)));
    // Of what is gone there is nothing to compare with.
    let gone = Change {
        before: stored(after),
        after: None,
    };
    let record: Value = serde_json::from_str(&records(&gone, (0, None)).remove(0).text).unwrap();
    assert!(record["changes"][0]["digest"].is_null());
}

//! `eg keys`: made, rolled in two steps and revoked, as senders of events find out.

use serde_json::json;

use crate::gateway_process::Gateway;
use crate::program::{Ran, User};
use crate::stand_in::StandIn;

/// A space that takes events only with keys.
const SPACE: &str = "
settings: {emit: key}
functions: [{functionId: f, type: http, provider: {url: 'http://127.0.0.1:1/'}}]
eventTypes: [{name: a}]
subscriptions: [{type: async, eventType: a, functionId: f}]
";

/// The secret that a command wrote, and the id in it.
fn secret(ran: Ran) -> (String, String) {
    let ran = ran.expect(0);
    let secret = ran.out.trim_end().to_owned();
    let id = secret.strip_prefix("egk_live_").unwrap()[..10].to_owned();
    assert!(ran.err.contains(&id) && !ran.err.contains(&secret), "{}", ran.err);
    (secret, id)
}

#[test]
fn a_key_is_made_rolled_and_revoked() {
    let gateway = Gateway::start(&[]);
    let user = gateway.user();
    let status = |key: &str| gateway.status_with(key);
    user.eg_reading(SPACE, &["apply", "-f", "-"]).expect(0);
    let (first, id) = secret(user.eg(&["keys", "create", "web shop", "--role", "emitter"]));
    assert_eq!((status("egk_live_none"), status(&first)), (401, 202));

    // Steps are taken in their order, however often one is asked for.
    let early = user.eg(&["keys", "roll", &id, "--finish"]).expect(2);
    assert!(early.err.contains("no second secret"), "{}", early.err);
    let (second, same) = secret(user.eg(&["keys", "roll", &id]));
    assert_eq!((same, status(&first), status(&second)), (id.clone(), 202, 202));
    let again = user.eg(&["keys", "roll", &id]).expect(2);
    assert!(
        again.out.is_empty() && again.err.contains("--finish"),
        "{}",
        again.err
    );
    let list = user.eg(&["keys", "list"]).out();
    assert!(
        list.contains("web shop") && list.contains("emitter") && list.contains("active,next"),
        "{list}"
    );
    let finished = user
        .eg(&["keys", "roll", &id, "--finish", "--overlap", "0"])
        .out();
    assert!(
        finished.contains("the second secret is the active one"),
        "{finished}"
    );
    assert_eq!((status(&first), status(&second)), (401, 202));

    let asked = user.eg(&["keys", "revoke", &id]).expect(2);
    assert!(
        asked.err.contains("\"web shop\"") && asked.err.contains("--yes"),
        "{}",
        asked.err
    );
    assert_eq!(
        user.eg(&["keys", "revoke", &id, "--yes"]).out(),
        format!("key {id} revoked\n")
    );
    assert_eq!(status(&second), 401);
    user.eg(&["keys", "show", &id]).expect(4);
    user.eg(&["keys", "revoke", &id, "--yes"]).expect(4);
    assert_eq!(user.eg(&["keys", "list"]).expect(0).err, "there is no key\n");
}

#[test]
fn programs_get_what_the_gateway_answers() {
    let gateway = Gateway::start(&[]);
    let user = gateway.user();
    let made = user
        .eg(&[
            "keys",
            "create",
            "ci",
            "--scope",
            "config:read",
            "--label",
            "team=a",
            "-o",
            "json",
        ])
        .json();
    assert_eq!(
        (&made["name"], &made["scopes"]),
        (&json!("ci"), &json!(["config:read"]))
    );
    assert!(made["key"].as_str().unwrap().starts_with("egk_live_"));
    let id = made["keyId"].as_str().unwrap();
    let listed = user
        .eg(&["keys", "list", "--label", "team=a", "-o", "json"])
        .json();
    assert_eq!(
        (&listed[0]["keyId"], &listed[0]["key"]),
        (&made["keyId"], &json!(null))
    );
    let none = user
        .eg(&["keys", "list", "--label", "team=b", "-o", "json"])
        .json();
    assert_eq!(none, json!([]));
    assert_eq!(
        user.eg(&["keys", "show", id, "-o", "json"]).json()["keyId"],
        made["keyId"]
    );
    // What a key cannot have is refused by the gateway, with its reason.
    let refused = user
        .eg(&["keys", "create", "x", "--role", "owner", "--path", "/a"])
        .expect(3);
    assert!(
        refused.out.is_empty() && refused.err.starts_with("error: "),
        "{}",
        refused.err
    );
}

#[test]
fn a_step_is_taken_only_if_nobody_else_has_taken_it() {
    let gateway = StandIn::start(|request| {
        if request.line.starts_with("GET") {
            let key = r#"{"keyId":"a","secrets":[{"state":"active"}]}"#;
            return (200, "etag: \"v1\"\r\n", key.to_owned());
        }
        let changed = r#"{"errors":[{"message":"The key has been changed."}]}"#;
        (412, "", changed.to_owned())
    });
    let user = User::new().with("EG_CONFIG_URL", &gateway.url);
    let refused = user.eg(&["keys", "roll", "a"]).expect(3);
    assert_eq!(refused.out, "");
    let requests = gateway.requests();
    assert_eq!(requests[1].line, "POST /v1/spaces/default/keys/a/roll");
    assert_eq!(requests[1].header("if-match"), Some("\"v1\""));
}

//! `export`, `validate`, `diff` and `apply` against a stand-in that answers as docs/api.md says.

use serde_json::{Value, json};

use crate::program::User;
use crate::stand_in::StandIn;

const PLAN: &str = r#"{"version":"v1","applied":false,"steps":1,"actions":[
    {"action":"update","kind":"function","id":"f","changes":[{"field":"provider.url","from":"http://a","to":"http://b"}]},
    {"action":"delete","kind":"cors","id":"GET%2F","changes":[]}]}"#;
const NO_PLAN: &str = r#"{"version":"v1","applied":false,"steps":0,"actions":[{"action":"unchanged","kind":"function","id":"f"}]}"#;
const DOCUMENT: &str =
    "functions: [{functionId: f, type: http, provider: {url: 'http://b'}}]\n---\nname: t\n";

fn gateway(plan: &'static str) -> (StandIn, User) {
    let gateway = StandIn::start(move |request| match request.line.as_str() {
        "GET /v1/spaces/shop/export" => (
            200,
            "",
            r#"{"functions":[{"functionId":"f","n":1.0}],"cors":[]}"#.to_owned(),
        ),
        _ => (200, "", plan.to_owned()),
    });
    let user = User::new()
        .with("EG_CONFIG_URL", &gateway.url)
        .with("EG_SPACE", "shop");
    (gateway, user)
}

#[test]
fn a_space_is_exported_as_yaml_or_json() {
    let (_gateway, user) = gateway(PLAN);
    assert_eq!(
        user.eg(&["export"]).out(),
        "functions:\n- functionId: f\n  n: 1.0\ncors: []\n"
    );
    assert_eq!(
        user.eg(&["export", "-o", "json"]).json()["functions"][0]["functionId"],
        "f"
    );
}

#[test]
fn what_is_applied_is_the_plan_that_was_shown() {
    let (gateway, user) = gateway(PLAN);
    let file = user.file("gateway.yaml", DOCUMENT);
    let ran = user
        .eg(&["apply", "-f", &file, "--prune", "--set", "team", "--yes"])
        .expect(0);
    assert_eq!(
        ran.out,
        "~ function f\n    provider.url: \"http://a\" -> \"http://b\"\n- cors GET%2F\n1 update, 1 delete\napplied\n"
    );
    let requests = gateway.requests();
    let lines: Vec<_> = requests.iter().map(|request| request.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "POST /v1/spaces/shop/apply?dryRun=true&prune=true&set=team",
            "POST /v1/spaces/shop/apply?prune=true&set=team"
        ]
    );
    assert_eq!(
        (requests[0].header("if-match"), requests[1].header("if-match")),
        (None, Some("\"v1\""))
    );
    let wanted = json!({
        "eventTypes": [{"name": "t"}], "functions": [{"functionId": "f", "type": "http", "provider": {"url": "http://b"}}],
    });
    for request in &requests {
        assert_eq!(serde_json::from_str::<Value>(&request.body).unwrap(), wanted);
    }
}

#[test]
fn nothing_is_deleted_unasked() {
    let (gateway, user) = gateway(PLAN);
    let ran = user
        .eg_reading(DOCUMENT, &["apply", "-f", "-", "--prune"])
        .expect(2);
    assert!(ran.err.contains("1 resources would be deleted"), "{}", ran.err);
    user.eg_reading(DOCUMENT, &["apply", "-f", "-", "--prune", "--dry-run"])
        .expect(0);
    assert!(
        gateway
            .requests()
            .iter()
            .all(|request| request.line.contains("dryRun=true"))
    );
}

#[test]
fn differences_have_an_exit_code() {
    let (_different, user) = gateway(PLAN);
    let ran = user.eg_reading(DOCUMENT, &["diff", "-f", "-"]).expect(10);
    assert!(
        ran.out.ends_with("1 update, 1 delete\n") && ran.err.is_empty(),
        "{}{}",
        ran.out,
        ran.err
    );
    let (same, user) = gateway(NO_PLAN);
    assert_eq!(
        user.eg_reading(DOCUMENT, &["diff", "-f", "-"]).out(),
        "1 unchanged\n"
    );
    assert_eq!(
        user.eg_reading(DOCUMENT, &["apply", "-f", "-"]).out(),
        "1 unchanged\n"
    );
    assert!(
        same.requests()
            .iter()
            .all(|request| request.line.contains("dryRun=true"))
    );
    let valid = user
        .eg_reading(DOCUMENT, &["validate", "-f", "-", "--strict"])
        .out();
    assert_eq!(valid, "the configuration can be applied: 1 unchanged\n");
    assert!(
        same.requests()[2]
            .line
            .ends_with("?dryRun=true&fieldValidation=strict")
    );
}

#[test]
fn every_error_is_told_with_its_place() {
    let gateway = StandIn::start(|_| {
        let errors =
            r#"{"errors":[{"message":"one","field":"functions[0].type"},{"message":"two","hint":"three"}]}"#;
        (400, "", errors.to_owned())
    });
    let user = User::new().with("EG_CONFIG_URL", &gateway.url);
    let ran = user.eg_reading(DOCUMENT, &["validate", "-f", "-"]).expect(3);
    assert_eq!(
        ran.err,
        "error: one\n  field: functions[0].type\nerror: two\n  hint: three\n"
    );
    let unknown = user
        .eg_reading("{functions: [], subscription: []}", &["apply", "-f", "-"])
        .expect(1);
    assert!(
        unknown
            .err
            .contains("\"subscription\" is no part of a configuration"),
        "{}",
        unknown.err
    );
    assert_eq!(gateway.requests().len(), 1);
}

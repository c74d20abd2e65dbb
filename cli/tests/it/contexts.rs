//! `login` and `context`, the access key, and what failures there are before and instead of an answer.

use crate::gateway_process::Gateway;
use crate::program::User;
use crate::stand_in::StandIn;

const SPACES: &str = r#"{"spaces":[]}"#;

fn open() -> StandIn {
    StandIn::start(|_| (200, "", SPACES.to_owned()))
}

#[test]
fn a_key_is_kept_for_its_gateway_and_shown_nowhere() {
    let gateway = open();
    let user = User::new();
    let login = user.eg_reading(
        "s3cret\n",
        &[
            "login",
            "one",
            "--config-url",
            &gateway.url,
            "--space",
            "shop",
            "--key-stdin",
        ],
    );
    let list = user.eg(&["context", "list"]);
    let json = user.eg(&["context", "list", "-o", "json"]);
    for ran in [&login, &list, &json] {
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(
            !format!("{}{}", ran.out, ran.err).contains("s3cret"),
            "{}",
            ran.out
        );
    }
    assert!(
        list.out.contains("kept") && list.out.contains("shop"),
        "{}",
        list.out
    );
    user.eg(&["get", "functions"]).expect(6);
    let requests = gateway.requests();
    assert_eq!(requests[0].line, "GET /v1/spaces?limit=1");
    assert_eq!(requests[1].line, "GET /v1/spaces/shop/functions");
    for request in &requests {
        assert_eq!(request.header("authorization"), Some("Bearer s3cret"));
        assert_eq!(request.header("x-event-gateway-error-details"), Some("true"));
    }
}

/// Such a key is for no list of spaces.
#[test]
fn a_key_of_a_space_is_tried_in_its_space() {
    let gateway = StandIn::start(|request| match request.line.as_str() {
        "GET /v1/spaces/shop/apply" => (405, "allow: POST\r\n", "Method Not Allowed\n".to_owned()),
        _ => (401, "", r#"{"errors":[{"message":"Unauthorized"}]}"#.to_owned()),
    });
    let user = User::new();
    let login = |space: &str| {
        user.eg_reading(
            "egk_live_x\n",
            &[
                "login",
                "--config-url",
                &gateway.url,
                "--space",
                space,
                "--key-stdin",
            ],
        )
    };
    login("shop").expect(0);
    let refused = login("other").expect(2);
    assert!(
        refused.err.contains("--space") && !refused.err.contains("egk_live_x"),
        "{}",
        refused.err
    );
    assert!(!format!("{:?}", gateway.requests()).contains("/v1/spaces?"));
}

#[test]
#[cfg(unix)]
fn only_the_owner_reads_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let user = User::new();
    user.eg_reading("s3cret\n", &["context", "set", "one", "--key-stdin"])
        .expect(0);
    let mode = std::fs::metadata(user.contexts_file())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_key_goes_to_no_other_gateway() {
    let other = open();
    let user = User::new();
    user.eg_reading(
        "s3cret\n",
        &[
            "context",
            "set",
            "one",
            "--config-url",
            "https://one.example",
            "--key-stdin",
        ],
    )
    .expect(0);
    user.eg(&["get", "spaces", "--config-url", &other.url]).expect(0);
    assert_eq!(other.requests()[0].header("authorization"), None);
    // One that is given now is meant for it.
    let given = User::new()
        .with("EG_KEY", "given")
        .with("EG_CONFIG_URL", &other.url);
    given.eg(&["get", "spaces"]).expect(0);
    assert_eq!(other.requests()[1].header("authorization"), Some("Bearer given"));
    let file = given.file("key", "from a file\n");
    given.eg(&["get", "spaces", "--key-file", &file]).expect(0);
    assert_eq!(
        other.requests()[2].header("authorization"),
        Some("Bearer from a file")
    );
}

#[test]
fn contexts_are_chosen_changed_and_forgotten() {
    let (one, two) = (open(), open());
    let user = User::new();
    user.eg(&["context", "set", "one", "--config-url", &one.url])
        .expect(0);
    user.eg(&["context", "set", "two", "--config-url", &two.url, "--space", "b"])
        .expect(0);
    user.eg(&["get", "spaces"]).expect(0);
    user.eg(&["get", "spaces", "--context", "two"]).expect(0);
    user.eg(&["context", "use", "two"]).expect(0);
    user.eg(&["get", "spaces"]).expect(0);
    assert_eq!((one.requests().len(), two.requests().len()), (1, 2));
    user.eg(&["context", "delete", "two"]).expect(0);
    let list = user.eg(&["context", "list", "-o", "json"]).json();
    assert_eq!(list[0]["name"], "one");
    assert_eq!(
        (list.as_array().unwrap().len(), &list[0]["current"]),
        (1, &serde_json::json!(false))
    );
    assert!(
        user.eg(&["context", "use", "two"])
            .expect(2)
            .err
            .contains("there is no context \"two\"")
    );
}

#[test]
fn a_login_that_the_gateway_refuses_is_not_kept() {
    let gateway = Gateway::start(&["--config-access-key=s3cret"]);
    let user = gateway.user();
    let refused = user.eg_reading("wrong\n", &["login", "--key-stdin"]).expect(5);
    assert!(
        refused.err.contains("Unauthorized") && refused.err.contains("EG_KEY"),
        "{}",
        refused.err
    );
    assert!(!user.contexts_file().exists());
    let login = user.eg_reading("s3cret\n", &["login", "--key-stdin"]).expect(0);
    assert!(login.out.contains(gateway.config_url()), "{}", login.out);
    user.eg(&["status"]).expect(0);
}

#[test]
fn who_does_not_answer_is_named() {
    let user = User::new().with("EG_CONFIG_URL", "http://127.0.0.1:1");
    let ran = user.eg(&["status"]).expect(6);
    assert!(
        ran.err.contains("http://127.0.0.1:1/v1/status cannot be reached"),
        "{}",
        ran.err
    );
    let foreign = StandIn::start(|_| (200, "", "<html>".to_owned()));
    let ran = User::new()
        .with("EG_CONFIG_URL", &foreign.url)
        .eg(&["get", "functions"])
        .expect(6);
    assert!(
        ran.err.contains("did not answer as a gateway does"),
        "{}",
        ran.err
    );
}

#[test]
fn wrong_arguments_are_told_with_the_usage() {
    let user = User::new();
    for arguments in [
        &["frobnicate"][..],
        &["get"],
        &["get", "functions", "--key", "s3cret"],
        &["dlq", "purge"],
    ] {
        let ran = user.eg(arguments).expect(2);
        assert!(ran.err.contains("error:") && ran.out.is_empty(), "{}", ran.err);
    }
    assert!(user.eg(&["--help"]).out().contains("Exit codes:"));
    assert!(
        user.eg(&["dlq", "purge", "--help"])
            .out()
            .contains("eg dlq purge --all --yes")
    );
    assert!(user.eg(&["--version"]).out().starts_with("eg "));
}

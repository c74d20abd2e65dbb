//! Resources of a gateway: registered, shown, described, deleted, and what is refused.

use serde_json::json;

use crate::gateway_process::Gateway;
use crate::stand_in::StandIn;

const DOCUMENTS: &str = "
functions:
- functionId: canary
  type: weighted
  provider: {weighted: [{functionId: welcome, weight: 1}]}
- functionId: welcome
  type: http
  provider: {url: 'https://user:s3cret@example.com/welcome?code=s3cret'}
  metadata: {team: accounts}
eventTypes:
- {name: user.created, authorizerId: welcome}
---
type: async
eventType: user.created
functionId: welcome
---
{method: GET, path: /hello, allowedOrigins: ['https://example.com']}
";

#[test]
fn files_are_registered_in_the_order_of_their_needs() {
    let gateway = Gateway::start(&[]);
    let user = gateway.user();
    let file = user.file("gateway.yaml", DOCUMENTS);
    let created = user.eg(&["create", "-f", &file]).out();
    assert_eq!(created.lines().count(), 5, "{created}");
    assert!(
        created.starts_with(
            "function welcome created\nfunction canary created\nevent type user.created created\n"
        ),
        "{created}"
    );

    let table = user.eg(&["get", "functions"]).out();
    assert!(table.contains("https://example.com/welcome"), "{table}");
    assert!(!table.contains("s3cret"), "{table}");
    let labelled = user
        .eg(&["get", "functions", "--label", "team=accounts", "-o", "json"])
        .json();
    assert_eq!(labelled[0]["functionId"], "welcome");
    assert_eq!(labelled.as_array().unwrap().len(), 1);
    let yaml = user.eg(&["get", "function", "welcome", "-o", "yaml"]).out();
    assert!(
        yaml.starts_with("space: default\nfunctionId: welcome\n"),
        "{yaml}"
    );
    let spaces = user.eg(&["get", "spaces"]).out();
    assert!(spaces.lines().nth(1).unwrap().starts_with("default"), "{spaces}");

    let described = user.eg(&["describe", "function", "welcome"]).out();
    assert!(
        described.contains("used by:") && described.contains("user.created"),
        "{described}"
    );
    let in_use = user.eg(&["delete", "function", "welcome"]).expect(3);
    assert!(
        in_use.err.contains("error: Function cannot be deleted"),
        "{}",
        in_use.err
    );

    let cors = user.eg(&["get", "cors", "-o", "json"]).json();
    user.eg(&["delete", "cors", cors[0]["corsId"].as_str().unwrap()])
        .expect(0);
    let subscriptions = user.eg(&["get", "subscriptions", "-o", "json"]).json();
    let id = subscriptions[0]["subscriptionId"].as_str().unwrap();
    user.eg(&["delete", "subscription", id]).expect(0);
    user.eg(&["delete", "subscription", id]).expect(4);
    let again = user.eg(&["delete", "subscription", id, "--ignore-missing"]).out();
    assert!(again.contains("was not there"), "{again}");
    user.eg(&["delete", "eventtypes", "user.created"]).expect(0);
    user.eg(&["delete", "functions", "canary", "welcome"]).expect(0);
    let nothing = user.eg(&["get", "functions"]).expect(0);
    assert_eq!(
        (nothing.out.as_str(), nothing.err.as_str()),
        ("", "there is no function\n")
    );
}

#[test]
fn flags_register_and_refusals_say_what_would_be_right() {
    let gateway = Gateway::start(&[]);
    let user = gateway.user();
    user.eg(&[
        "create",
        "space",
        "default",
        "--paths",
        "specific",
        "--unmatched",
        "404",
    ])
    .expect(0);
    assert_eq!(
        user.eg(&["get", "space", "default", "-o", "json"]).json()["unmatched"],
        404
    );
    user.eg(&["create", "eventtype", "http.request"]).expect(0);
    let sync = [
        "create",
        "subscription",
        "--type=sync",
        "--event-type=http.request",
        "--path=/a/:id",
        "--method=get",
    ];
    let missing = user.eg(&[&sync[..], &["--function=none"]].concat()).expect(3);
    assert!(
        missing
            .err
            .starts_with("error: Function \"none\" not found.\n  field: functionId\n"),
        "{}",
        missing.err
    );
    assert!(
        missing.err.contains("  hint: register it first"),
        "{}",
        missing.err
    );
    user.eg(&["create", "function", "f", "--url", "http://127.0.0.1:1/"])
        .expect(0);
    let created = user
        .eg(&[&sync[..], &["--function=f", "-o", "json"]].concat())
        .json();
    assert_eq!(
        (&created["method"], &created["path"]),
        (&json!("GET"), &json!("/a/:id"))
    );

    let without_scheme = user
        .eg(&["create", "function", "g", "--url", "localhost:8080"])
        .expect(3);
    assert!(
        without_scheme.err.contains("  rule: usable\n"),
        "{}",
        without_scheme.err
    );
    let doubtful = user
        .eg(&["create", "function", "g", "--url", "ftp://localhost/"])
        .expect(0);
    assert!(
        doubtful.err.starts_with("warning: unusable: "),
        "{}",
        doubtful.err
    );
    let file = user.file(
        "f.json",
        r#"{"functionId": "h", "type": "http", "provider": {"url": "http://a"}, "colour": "red"}"#,
    );
    user.eg(&["create", "-f", &file, "--strict"]).expect(3);

    let explained = user.eg(&["explain", "--path", "/a/7", "--method", "GET"]).out();
    assert!(
        explained.starts_with("http.request GET /a/7: 1 of 1 subscriptions are reached"),
        "{explained}"
    );
    let not = user.eg(&["explain", "--path", "/b", "--method", "GET"]).out();
    assert!(not.contains("path (wanted /a/:id)"), "{not}");
}

#[test]
fn lists_are_read_to_their_end() {
    let pages = StandIn::start(|request| {
        let page = if request.line.contains("next=b%2F1") {
            r#"{"spaces":[{"space":"bbb"}]}"#
        } else {
            r#"{"spaces":[{"space":"aaa","n":1.50}],"next":"b/1"}"#
        };
        (200, "", page.to_owned())
    });
    let user = crate::program::User::new().with("EG_CONFIG_URL", &pages.url);
    // Numbers are as they came.
    let out = user.eg(&["get", "spaces", "-o", "json"]).out();
    assert_eq!(
        out,
        "[\n  {\n    \"space\": \"aaa\",\n    \"n\": 1.50\n  },\n  {\n    \"space\": \"bbb\"\n  }\n]\n"
    );
}

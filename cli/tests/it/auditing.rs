//! `eg audit`, against a real gateway.

use crate::gateway_process::Gateway;

#[test]
fn records_are_shown_and_verified() {
    let gateway = Gateway::start(&["--audit-max-records=2"]);
    let user = gateway.user();
    assert_eq!(user.eg(&["audit", "list"]).out(), "");
    assert_eq!(user.eg(&["audit", "verify"]).out(), "no change is recorded\n");
    let newest = || {
        let verified = user.eg(&["audit", "verify"]).out();
        let (_, hash) = verified.trim_end().rsplit_once("newest hash: ").unwrap();
        (verified.clone(), hash.to_owned())
    };
    let apply = |name: &str| {
        let document = format!("eventTypes: [{{name: {name}}}]");
        user.eg_reading(&document, &["apply", "-f", "-"]).expect(0);
    };
    apply("first");
    let (_, first) = newest();
    apply("second");
    apply("third");
    let (verified, _) = newest();
    assert!(
        verified.starts_with("2 records hang together; earlier ones are not kept any more\n"),
        "{verified}"
    );
    // What the oldest names was there; what it does not name was not, or is forgotten.
    user.eg(&["audit", "verify", "--known", &first]).expect(0);
    apply("fourth");
    let forgotten = user.eg(&["audit", "verify", "--known", &first]).expect(11);
    assert!(
        forgotten.err.contains("the known hash is not there"),
        "{}",
        forgotten.err
    );
    let listed = user.eg(&["audit", "list", "--limit", "1"]).out();
    assert!(
        listed.contains("space.apply") && listed.contains("eventtype fourth"),
        "{listed}"
    );
    assert!(
        listed.contains("127.0.0.1") && listed.contains("anonymous"),
        "{listed}"
    );
    let json = user.eg(&["audit", "verify", "-o", "json"]).out();
    assert!(json.contains("\"trimmed\": true"), "{json}");
}

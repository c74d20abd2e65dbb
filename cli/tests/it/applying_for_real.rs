//! `export`, `diff` and `apply` between gateways.

use crate::gateway_process::Gateway;

const SPACE: &str = "
functions: [{functionId: f, type: http, provider: {url: 'http://127.0.0.1:1/'}}]
eventTypes: [{name: a}]
subscriptions: [{type: async, eventType: a, functionId: f}]
cors: [{method: GET, path: /a}]
";

#[test]
fn a_space_goes_from_one_gateway_to_another() {
    let (one, two) = (Gateway::start(&[]), Gateway::start(&[]));
    let (from, to) = (one.user(), two.user());
    let applied = from.eg_reading(SPACE, &["apply", "-f", "-"]).out();
    assert!(applied.ends_with("4 create\napplied\n"), "{applied}");
    let export = from.eg(&["export"]).out();
    to.eg_reading(&export, &["diff", "-f", "-"]).expect(10);
    to.eg_reading(&export, &["apply", "-f", "-"]).expect(0);
    assert_eq!(to.eg(&["export"]).out(), export);
    assert_eq!(
        to.eg_reading(&export, &["diff", "-f", "-", "--prune"]).out(),
        "4 unchanged\n"
    );
}

#[test]
fn what_a_file_no_longer_has_goes_when_it_is_said() {
    let gateway = Gateway::start(&[]);
    let user = gateway.user();
    user.eg_reading(SPACE, &["apply", "-f", "-"]).expect(0);
    let less = "eventTypes: [{name: a, metadata: {n: '1'}}]";
    let kept = user.eg_reading(less, &["diff", "-f", "-"]).expect(10).out;
    assert_eq!(kept.lines().next(), Some("~ eventtype a"), "{kept}");
    user.eg_reading(less, &["apply", "-f", "-", "--prune"]).expect(2);
    user.eg_reading(less, &["apply", "-f", "-", "--prune", "--yes"])
        .expect(0);
    assert_eq!(user.eg(&["get", "functions"]).expect(0).out, "");
    let wrong = user.eg_reading(
        "subscriptions: [{type: async, eventType: a, functionId: none}]",
        &["validate", "-f", "-"],
    );
    assert!(wrong.expect(3).err.contains("Function \"none\" not found."));
}

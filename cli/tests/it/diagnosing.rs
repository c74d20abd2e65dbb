//! `eg diagnose`, against a real gateway and one that is deployed.

use crate::gateway_process::Gateway;
use crate::program::User;
use crate::stand_in::StandIn;

#[test]
fn what_the_gateway_has_in_hand_is_shown() {
    let gateway = Gateway::start(&[]);
    let user = gateway.user();
    let shown = user.eg(&["diagnose"]).out();
    assert!(shown.starts_with("WHAT") && shown.contains("embedded"), "{shown}");
    assert!(!shown.contains("SUBSCRIPTION"), "{shown}");
    user.eg(&["create", "function", "f", "--url", "http://127.0.0.1:1/"])
        .expect(0);
    user.eg(&["create", "eventtype", "a"]).expect(0);
    user.eg(&[
        "create",
        "subscription",
        "--type=async",
        "--event-type=a",
        "--function=f",
    ])
    .expect(0);
    // Nobody listens there: the event waits for another attempt.
    user.eg(&["emit", "--type", "a", "--data", "1"]).expect(0);
    let json = user.eg(&["diagnose", "-o", "json"]).json();
    assert_eq!(json["scope"], "process");
    assert_eq!(json["queue"]["lanes"]["busiest"][0]["functionId"], "f");
    let shown = user.eg(&["diagnose"]).out();
    assert!(shown.contains("SUBSCRIPTION"), "{shown}");
    let yaml = user.eg(&["diagnose", "-o", "yaml"]).out();
    assert!(yaml.contains("\n  kind: embedded\n"), "{yaml}");
}

#[test]
fn what_an_instance_of_a_function_does_not_know_is_not_shown() {
    let gateway = StandIn::start(|_| {
        let body = r#"{"scope":"functionInstance","process":{"version":"1","uptimeSeconds":2,"isDraining":false},
            "queue":{"kind":"sqs","refused":0},"configBytesInFlight":0,
            "routes":{"isCopy":true,"ageSeconds":0.5,"latest":[{"space":"s","version":7,"ageSeconds":3,"sealedFunctions":0}]}}"#;
        (200, "", body.to_owned())
    });
    let user = User::new().with("EG_CONFIG_URL", &gateway.url);
    let shown = user.eg(&["diagnose"]).out();
    assert!(
        shown.contains("functionInstance") && shown.contains("sqs") && !shown.contains("deliveries"),
        "{shown}"
    );
    assert!(
        shown.contains("\nSPACE  VERSION  AGE S  SEALED\ns      7        3      0"),
        "{shown}"
    );
    assert_eq!(gateway.requests()[0].line, "GET /v1/diagnosis");
}

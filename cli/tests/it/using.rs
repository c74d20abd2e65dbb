//! `eg usage` and `eg quotas`, against a real gateway.

use crate::gateway_process::Gateway;
use crate::stand_in::StandIn;

#[test]
fn usage_and_quotas_are_shown() {
    let function = StandIn::start(|_| (200, "", "{}".to_owned()));
    let gateway = Gateway::start(&[
        r#"--plans={"free":{"functions":2,"events":{"rate":100}}}"#,
        "--default-plan=free",
    ]);
    let user = gateway.user();
    assert_eq!(user.eg(&["usage"]).out(), "");
    let empty = user.eg(&["usage", "--csv"]).out();
    assert_eq!(
        empty,
        "start,events,bytes,calls,deliveries,attempts,deadLetters\n"
    );
    user.eg(&["create", "function", "f", "--url", &function.url])
        .expect(0);
    user.eg(&["create", "eventtype", "a"]).expect(0);
    user.eg(&[
        "create",
        "subscription",
        "--type=sync",
        "--event-type=a",
        "--function=f",
    ])
    .expect(0);
    for _ in 0..2 {
        user.eg(&["emit", "--type", "a", "--data", "\"1234\""]).expect(0);
    }
    let json = user.eg(&["usage", "--by", "hour", "-o", "json"]).json();
    assert_eq!(
        (&json["total"]["events"], &json["total"]["calls"]),
        (&2.into(), &2.into())
    );
    let csv = user.eg(&["usage", "--csv"]).out();
    assert!(csv.ends_with("T00:00:00Z,2,12,2,0,0,0\n"), "{csv}");
    let table = user.eg(&["usage"]).out();
    assert!(
        table.starts_with("START") && table.contains("\ntotal "),
        "{table}"
    );
    user.eg(&["usage", "--from", "yesterday"]).expect(3);

    let quotas = user.eg(&["quotas"]).out();
    let row = |name: &str| -> Vec<String> {
        let line = quotas.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(row("functions"), ["functions", "2", "-", "1", "1", "free"]);
    assert_eq!(row("events")[1], "100.0/s", "{quotas}");
    assert_eq!(user.eg(&["quotas", "-o", "json"]).json()["plan"], "free");
}

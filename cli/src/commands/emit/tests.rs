//! Events that come of flags, files and lines.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Program {
    #[command(flatten)]
    arguments: Arguments,
}

fn complete(flags: &[&str], event: &str) -> Result<Value, Failure> {
    let program = Program::try_parse_from([&["emit"], flags].concat()).unwrap();
    program.arguments.complete(parsed(event)?).map(Value::Object)
}

#[test]
fn flags_make_an_event() {
    let flags = [
        "--type",
        "a",
        "--id",
        "1",
        "--subject",
        "s",
        "--ext",
        "region=eu",
        "--data",
        r#"{"n":1}"#,
    ];
    assert_eq!(
        complete(&flags, "{}").unwrap(),
        json!({
            "specversion": "1.0", "type": "a", "source": "eg", "id": "1", "subject": "s", "region": "eu", "data": {"n": 1}
        })
    );
    assert_eq!(
        complete(&["--type=a", "--data=plain"], "{}").unwrap()["data"],
        json!("plain")
    );
    let ids = [(); 2].map(|()| complete(&["--type=a"], "{}").unwrap()["id"].clone());
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn what_an_event_says_goes_before_flags() {
    let event = r#"{"specversion":"0.3","type":"b","source":"/s","id":"7","data":[1]}"#;
    let sent = complete(&["--type=a", "--source=x", "--id=1"], event).unwrap();
    assert_eq!(sent, serde_json::from_str::<Value>(event).unwrap());
    let old = r#"{"cloudEventsVersion":"0.1","eventType":"b","source":"/s","eventID":"7"}"#;
    assert_eq!(
        complete(&[], old).unwrap(),
        serde_json::from_str::<Value>(old).unwrap()
    );
}

#[test]
fn an_event_without_a_type_is_not_sent() {
    assert!(complete(&[], r#"{"data":1}"#).is_err());
    assert!(complete(&[], "[]").is_err());
    assert!(complete(&[], "{").is_err());
}

#[test]
fn one_refusal_of_many_is_partly() {
    let refused = || Err(Failure::Malformed("no".to_owned()));
    let result = |outcomes: Vec<Result<(), Failure>>| {
        let mut sent = Sent::default();
        for outcome in outcomes {
            sent.add(outcome);
        }
        sent.result().map_err(|failure| failure.to_string())
    };
    assert_eq!(result(vec![Ok(()), Ok(())]), Ok(()));
    assert_eq!(result(vec![refused()]), Err("no".to_owned()));
    assert_eq!(
        result(vec![refused(), Ok(())]),
        Err("1 of 2 events were not taken".to_owned())
    );
    assert_eq!(result(vec![]), Err("there was no event".to_owned()));
}

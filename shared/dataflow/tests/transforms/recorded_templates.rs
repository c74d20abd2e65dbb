//! What AWS delivered for input transformers, as recorded.

use std::fs;

use dataflow::transform::{Transform, TransformContext, TransformError, TransformLimits};
use serde_json::{Value, json};

use crate::corpora::corpus;

const DETAIL: &str = r#"{"command":"update-account","payload":{"acc_id":"0a787ecb-4015","sf_id":"baz"}}"#;

fn event(detail: &Value) -> Value {
    json!({
        "version": "0", "id": "<uuid:2>", "detail-type": "core.update-account-command",
        "source": "core.update-account-command", "account": "111111111111", "time": "date", "region": "<region>",
        "resources": [], "detail": detail,
    })
}

fn applied(transform: &Value, event: &Value) -> Result<String, TransformError> {
    let limits = TransformLimits::default();
    let context = TransformContext {
        rule_arn: "arn:<partition>:events:<region>:111111111111:rule/<bus-name>/<rule-name>",
        rule_name: "<rule-name>",
        ingestion_time: "date",
        now: None,
    };
    Transform::compile(&transform.to_string(), &limits)?.apply(&event.to_string(), &context, &limits)
}

fn transformer(paths: &Value, template: &str) -> Value {
    json!({"inputTransformer": {"InputPathsMap": paths, "InputTemplate": template}})
}

/// What goes in for a recording: transform and event for each queue of it. `None` for one that shows no transform.
fn inputs(name: &str) -> Option<Vec<(Value, Value)>> {
    let detail: Value = serde_json::from_str(DETAIL).unwrap();
    let without_command = json!({"payload": detail["payload"]});
    let plain = event(&detail);
    let path = |path: &str| json!({ "inputPath": path });
    let template = name
        .split_once('[')
        .map(|(_, rest)| rest.strip_suffix(']').unwrap().replace("\\n", "\n"));
    let strings =
        json!({"detail-type": "$.detail-type", "timestamp": "$.time", "command": "$.detail.command"});
    let of_strings = |template: &str| {
        let transform = transformer(&strings, template);
        vec![
            (transform.clone(), plain.clone()),
            (transform, event(&without_command)),
        ]
    };
    let short = name.rsplit("::").next()?;
    let short = name.split_once("::test_").map_or(short, |(_, rest)| rest);
    let test = name.split('[').next()?.rsplit("::").next()?;
    Some(match (test, template.as_deref()) {
        ("test_put_events_with_input_path", None) => vec![(path("$.detail"), plain)],
        ("test_put_events_with_input_path_nested", Some("event_detail0")) => {
            vec![(path("$.detail.payload"), plain)]
        }
        ("test_put_events_with_input_path_nested", Some(_)) => {
            let detail =
                json!({"payload": {"acc_id": "0a787ecb-4015", "payload": {"message": "baz", "id": "123"}}});
            vec![(path("$.detail.payload"), event(&detail))]
        }
        ("test_put_events_with_input_path_max_level_depth", None) => {
            vec![(path("$.detail.payload.sf_id"), plain)]
        }
        ("test_put_events_with_input_path_multiple_targets", None) => {
            vec![(path("$.detail"), plain.clone()), (path("$"), plain)]
        }
        ("test_put_events_with_input_transformer_input_template_string", None) => of_strings(
            "\"Event of <detail-type> type, at time <timestamp>, info extracted from detail <command>\"",
        ),
        ("test_put_events_with_input_transformer_input_template_string", Some(template)) => {
            of_strings(template)
        }
        ("test_put_events_with_input_transformer_input_template_json", None) => {
            of_strings("{\"detailType\": <detail-type>, \"time\": <timestamp>, \"command\": <command>}")
        }
        ("test_put_events_with_input_transformer_missing_keys", None) => {
            vec![(transformer(&strings, "\"<notdefinedkey>\""), plain)]
        }
        ("test_put_event_input_path_and_input_transformer", None) => {
            let mut both = transformer(&strings, "\"<command>\"");
            both["inputPath"] = json!("$.detail");
            vec![(both, plain)]
        }
        ("test_input_transformer_predefined_variables", Some(template)) => {
            vec![(transformer(&json!({}), template), plain)]
        }
        ("test_input_transformer_nested_keys_replacement", Some(template)) => {
            let paths = json!({
                "userId": "$.detail.payload.acc_id", "payload": "$.detail.payload", "systemstring": "$.detail.awsAccountId",
                "listsingle": "$.detail.listsingle", "listmulti": "$.detail.listmulti", "valid": "$.detail.valid",
            });
            let mut detail = detail;
            detail["listsingle"] = json!(["HIGH"]);
            detail["listmulti"] = json!(["ACTIVE", "INACTIVE"]);
            detail["valid"] = json!(true);
            vec![(transformer(&paths, template), event(&detail))]
        }
        _ => panic!("{short}: no input is known"),
    })
}

/// Whether what is made is what was recorded: JSON, or a text that AWS sends as it stands.
fn is_recorded(made: &str, recorded: &Value) -> bool {
    let made: Value = serde_json::from_str(made).unwrap();
    match recorded {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(recorded) => made == recorded,
            Err(_) => made == *recorded,
        },
        recorded => {
            // Recorded ids stand for those of each queue.
            let plain = |value: &Value| {
                let text = value.to_string();
                let text = text.replace("<uuid:3>", "<uuid:2>");
                text.replace("<ingestion-time>", "date")
            };
            plain(&made) == plain(recorded)
        }
    }
}

#[test]
fn all_recorded_templates_are_filled_as_aws_does() {
    let Some(path) = corpus("eventbridge_input_transformer.snapshot.json") else {
        return;
    };
    let recordings: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let recordings = recordings.as_object().unwrap();
    assert!(recordings.len() >= 30, "{}", recordings.len());
    for (name, recording) in recordings {
        let content = recording["recorded-content"].as_object().unwrap();
        let inputs = inputs(name).unwrap();
        if content.is_empty() || content.keys().any(|key| key.ends_with("error")) {
            // AWS refuses it, or delivers nothing and says nothing. Here it is an error.
            for (transform, event) in &inputs {
                assert!(applied(transform, event).is_err(), "{name}");
            }
            continue;
        }
        assert_eq!(content.len(), inputs.len(), "{name}");
        for ((queue, messages), (transform, event)) in content.iter().zip(&inputs) {
            let made = applied(transform, event).unwrap_or_else(|error| panic!("{name}: {error}"));
            let recorded = &messages[0]["Body"];
            assert!(
                is_recorded(&made, recorded),
                "{name}, {queue}: {made} instead of {recorded}"
            );
        }
    }
}

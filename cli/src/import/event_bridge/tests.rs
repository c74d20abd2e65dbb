//! Rules as `aws events` lists them, and as templates have them.

use super::*;

fn imported(file: &Value, targets: &[(&str, Value)], options: &Options) -> (Value, Vec<String>) {
    let targets = targets
        .iter()
        .map(|(name, answer)| ((*name).to_owned(), answer.clone()))
        .collect();
    let imported = import(file, &targets, options).unwrap();
    let unmapped = imported
        .unmapped
        .iter()
        .map(|one| format!("{}: {}", one.place, one.reason))
        .collect();
    (serde_json::to_value(&imported.document).unwrap(), unmapped)
}

const LAMBDA: &str = "arn:aws:lambda:eu-west-1:123456789012:function:mail";

#[test]
fn a_rule_is_a_subscription_for_each_target() {
    let pattern = r#"{"detail-type": ["order.paid"], "detail": {"amount": [{"numeric": [">", 100]}]}}"#;
    let rules = json!({"Rules": [{"Name": "paid", "EventPattern": pattern, "State": "ENABLED"}]});
    let targets = json!({"Targets": [
        {"Id": "1", "Arn": LAMBDA, "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 60}},
        {"Id": "2", "Arn": "arn:aws:sqs:eu-west-1:123456789012:orders", "InputPath": "$.detail"},
        {"Id": "3", "Arn": "arn:aws:kinesis:eu-west-1:123456789012:stream/log",
         "KinesisParameters": {"PartitionKeyPath": "$.detail.id"}, "Input": "{\"a\": 1}"},
        {"Id": "4", "Arn": "arn:aws:ecs:eu-west-1:123456789012:cluster/c"},
    ]});
    let (document, unmapped) = imported(&rules, &[("paid", targets)], &Options::default());
    assert_eq!(document["eventTypes"], json!([{"name": "order.paid"}]));
    assert_eq!(
        document["functions"],
        json!([
            {"functionId": "mail", "type": "awslambda", "provider": {"arn": LAMBDA, "region": "eu-west-1"}},
            {"functionId": "orders", "type": "awssqs",
             "provider": {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/orders", "region": "eu-west-1"}},
            {"functionId": "log", "type": "awskinesis",
             "provider": {"streamName": "log", "region": "eu-west-1", "partitionKey": "data.id"}},
        ])
    );
    let subscription = |id: &str, more: Value| {
        let mut subscription = json!({
            "type": "async", "eventType": "order.paid", "functionId": id, "path": "/", "method": "POST",
            "filters": [{"pattern": {"data": {"amount": [{"numeric": [">", 100]}]}}}], "metadata": {"rule": "paid"},
        });
        subscription
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        subscription
    };
    assert_eq!(
        document["subscriptions"],
        json!([
            subscription("mail", json!({"retry": {"maxAttempts": 4, "maxAgeSeconds": 60}})),
            subscription("orders", json!({"transform": {"jsonata": "data"}})),
            subscription("log", json!({"transform": {"jsonata": "{\"a\": 1}"}})),
        ])
    );
    assert_eq!(
        unmapped,
        ["rule paid, target 4: the gateway has no functions of ecs"]
    );
}

#[test]
fn templates_have_rules_with_their_targets() {
    let template = json!({"Resources": {
        "Function": {"Type": "AWS::Lambda::Function"},
        "Rule": {"Type": "AWS::Events::Rule", "Properties": {
            "EventPattern": {"detail-type": ["a"]},
            "Targets": [
                {"Id": "f", "Arn": {"Fn::GetAtt": ["Function", "Arn"]}, "DeadLetterConfig": {"Arn": "x"}},
                {"Id": "g", "Arn": {"Fn::GetAtt": "Other.Arn"}},
            ],
        }},
    }});
    let options = Options {
        resources: [("Function".to_owned(), LAMBDA.to_owned())].into(),
        ..Options::default()
    };
    let (document, unmapped) = imported(&template, &[], &options);
    assert_eq!(document["functions"][0]["provider"]["arn"], LAMBDA);
    assert_eq!(document["subscriptions"].as_array().unwrap().len(), 1);
    assert!(
        unmapped[0].starts_with("rule Rule, target f: DeadLetterConfig: "),
        "{unmapped:?}"
    );
    assert!(unmapped[1].contains("--resource Other=…"), "{unmapped:?}");
}

#[test]
fn rules_that_cannot_be_mapped_are_named() {
    let rules = json!({"Rules": [
        {"Name": "clock", "ScheduleExpression": "rate(1 day)", "Targets": []},
        {"Name": "off", "State": "DISABLED", "EventPattern": "{}", "Targets": []},
        {"Name": "lost", "EventPattern": "{\"detail-type\": [\"a\"]}"},
        {"Name": "all", "EventPattern": "{\"source\": [\"s\"]}", "Targets": [{"Id": "1", "Arn": LAMBDA}]},
    ]});
    let (document, unmapped) = imported(&rules, &[], &Options::default());
    assert_eq!(document["subscriptions"][0]["eventType"], "*");
    for (reason, part) in
        unmapped
            .iter()
            .zip(["rate(1 day)", "disabled", "--targets lost=FILE", "registered"])
    {
        assert!(reason.contains(part), "{reason}");
    }
    assert_eq!(unmapped.len(), 4);
    assert!(import(&json!({}), &BTreeMap::new(), &Options::default()).is_err());
}

#[test]
fn targets_of_one_name_are_told_apart() {
    let target = |service: &str| json!({"Id": service, "Arn": format!("arn:aws:{service}:us-east-1:1:x")});
    let rules = json!({"Rules": [
        {"Name": "r", "EventPattern": "{\"detail-type\": [\"a\"]}", "Targets": [target("sns"), target("sqs"), target("sns")]},
    ]});
    let (document, _) = imported(&rules, &[], &Options::default());
    let ids: Vec<_> = document["functions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["functionId"].clone())
        .collect();
    assert_eq!(ids, ["x", "x-2"]);
}

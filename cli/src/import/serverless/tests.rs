//! What a deployment with the plugin registers, of the services that tests/clients/plugin deploys.

use serde_json::json;

use super::*;

fn imported(yaml: &str, names: Names) -> (Value, Vec<String>) {
    let file: Value = serde_yaml_ng::from_str(yaml).unwrap();
    let options = Options {
        names,
        ..Options::default()
    };
    let imported = import(&file, &options).unwrap();
    let unmapped = imported
        .unmapped
        .iter()
        .map(|one| format!("{}: {}", one.place, one.reason))
        .collect();
    (serde_json::to_value(&imported.document).unwrap(), unmapped)
}

fn in_account() -> Names {
    Names {
        account: Some("123456789012".to_owned()),
        ..Names::default()
    }
}

const SHOP: &str = "
service: shop
custom:
  eventgateway: {url: http://localhost:4000, space: s1}
  eventTypes:
    http.request:
    order.placed: {authorizer: guard}
functions:
  guard: {events: []}
  list:
    events:
      - eventgateway: {type: sync, eventType: http.request, path: /items, method: get, cors: true}
      - schedule: rate(1 day)
  mail:
    events:
      - eventgateway: {type: async, eventType: order.placed}
      - eventgateway: {type: async, eventType: user.created, path: users}
  old:
    name: old-name
    events:
      - eventgateway: {event: http, path: old, cors: {origins: ['http://a'], allowCredentials: true}}
      - eventgateway: {event: user.created}
  unrelated:
    events: [{sns: topic}]
";

#[test]
fn a_service_is_what_the_plugin_registers() {
    let (document, unmapped) = imported(SHOP, in_account());
    let metadata = json!({"service": "shop", "stage": "dev"});
    let types: Vec<_> = document["eventTypes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].clone())
        .collect();
    assert_eq!(types, ["http.request", "order.placed", "user.created"]);
    assert_eq!(document["eventTypes"][1]["authorizerId"], "shop-dev-guard");
    let arn = |name: &str| format!("arn:aws:lambda:us-east-1:123456789012:function:{name}");
    let functions: Vec<_> = ["shop-dev-guard", "shop-dev-list", "shop-dev-mail", "old-name"]
        .iter()
        .map(|id| {
            json!({
                "functionId": id, "type": "awslambda", "provider": {"arn": arn(id), "region": "us-east-1"}, "metadata": metadata,
            })
        })
        .collect();
    assert_eq!(document["functions"], json!(functions));
    let slot = |mode: &str, event_type: &str, id: &str, path: &str, method: &str| {
        json!({
            "type": mode, "eventType": event_type, "functionId": id, "path": path, "method": method, "metadata": metadata,
        })
    };
    assert_eq!(
        document["subscriptions"],
        json!([
            slot("sync", "http.request", "shop-dev-list", "/s1/items", "GET"),
            slot("async", "order.placed", "shop-dev-mail", "/s1/", "POST"),
            slot("async", "user.created", "shop-dev-mail", "/s1/users", "POST"),
            slot("sync", "http.request", "old-name", "/s1/old", "GET"),
            slot("async", "user.created", "old-name", "/s1/", "POST"),
        ])
    );
    assert_eq!(
        document["cors"],
        json!([
            {"method": "GET", "path": "/s1/items", "metadata": metadata},
            {"method": "GET", "path": "/s1/old", "allowedOrigins": ["http://a"], "allowCredentials": true, "metadata": metadata},
        ])
    );
    assert_eq!(
        unmapped,
        [
            "functions.list.events[1].schedule: it is an event of AWS, not of the gateway",
            "functions.unrelated.events[0].sns: it is an event of AWS, not of the gateway",
        ]
    );
}

#[test]
fn what_refers_to_a_function_that_is_left_out_is_left_out() {
    let names = Names {
        function_arns: [(
            "list".to_owned(),
            "arn:aws:lambda:eu-west-1:1:function:list:7".to_owned(),
        )]
        .into(),
        ..Names::default()
    };
    let (document, unmapped) = imported(SHOP, names);
    let provider = json!({"arn": "arn:aws:lambda:eu-west-1:1:function:list", "region": "eu-west-1"});
    assert_eq!(document["functions"][0]["provider"], provider);
    assert_eq!(document["functions"].as_array().unwrap().len(), 1);
    assert_eq!(document["subscriptions"].as_array().unwrap().len(), 1);
    let unmapped = unmapped.join("\n");
    assert!(
        unmapped.contains("functions.mail: its ARN is not known: give --account, or --function-arn mail=…"),
        "{unmapped}"
    );
    assert!(
        unmapped.contains("subscription to user.created on /s1/users: function shop-dev-mail is left out"),
        "{unmapped}"
    );
    assert!(
        unmapped.contains("custom.eventTypes.order.placed: its authorizer shop-dev-guard is left out"),
        "{unmapped}"
    );
    assert!(!document["eventTypes"].to_string().contains("order.placed"));
}

#[test]
fn streams_and_queues_are_by_name() {
    let yaml = "
service: {name: shop}
functions:
  archive: {type: awsfirehose, inputs: {arn: x, deliveryStreamName: orders}, events: [{eventgateway: {event: a}}]}
  queue: {type: awssqs, inputs: {logicalId: Queue}, events: [{eventgateway: {event: a}}]}
  stream: {type: awskinesis, inputs: {logicalId: Stream}, events: [{eventgateway: {event: a}}]}
";
    let url = "https://sqs.us-east-1.amazonaws.com/1/q".to_owned();
    let names = Names {
        resources: [("Queue".to_owned(), url.clone())].into(),
        ..Names::default()
    };
    let (document, unmapped) = imported(yaml, names);
    assert_eq!(
        document["functions"][0]["provider"],
        json!({"deliveryStreamName": "orders", "region": "us-east-1"})
    );
    assert_eq!(
        document["functions"][1]["provider"],
        json!({"queueUrl": url, "region": "us-east-1"})
    );
    assert!(unmapped[0].contains("--resource Stream=…"), "{unmapped:?}");
    assert_eq!(document["subscriptions"][0]["path"], "/default/");
}

#[test]
fn other_files_are_refused() {
    assert!(import(&json!({"openapi": "3.1.0"}), &Options::default()).is_err());
}

//! Configurations of other products, registered with a gateway.

use crate::gateway_process::Gateway;
use crate::program::User;

const SERVICE: &str = "
service: shop
provider: {stage: \"${opt:stage, 'dev'}\", region: us-east-1}
custom:
  eventgateway: {url: localhost}
functions:
  list:
    events:
      - eventgateway: {type: sync, eventType: http.request, path: /items, method: GET, cors: true}
      - schedule: rate(1 day)
resources:
  Outputs: {Arn: !GetAtt Queue.Arn}
";

#[test]
fn a_service_becomes_resources_of_a_gateway() {
    let gateway = Gateway::start(&[]);
    let user = gateway.user();
    let import = [
        "import",
        "serverless",
        "-",
        "--account",
        "123456789012",
        "--stage",
        "prod",
    ];
    let imported = user.eg_reading(SERVICE, &import).expect(0);
    assert!(
        imported.err.contains("functions.list.events[1].schedule: "),
        "{}",
        imported.err
    );
    user.eg_reading(SERVICE, &[&import[..], &["--strict"]].concat())
        .expect(1);
    user.eg_reading(&imported.out, &["create", "--strict", "-f", "-"])
        .expect(0);
    let subscriptions = user.eg(&["get", "subscriptions"]).out();
    assert!(
        subscriptions.contains("/default/items") && subscriptions.contains("shop-prod-list"),
        "{subscriptions}"
    );
    assert!(user.eg(&["get", "cors"]).out().contains("/default/items"));
}

#[test]
fn rules_become_resources_of_a_gateway() {
    let gateway = Gateway::start(&[]);
    let user = gateway.user();
    let template = "
Resources:
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [shop], detail-type: [Order Paid], detail: {amount: [{numeric: ['>', 100]}]}}
      Targets:
        - Id: mail
          Arn: !GetAtt Mail.Arn
          InputTransformer: {InputPathsMap: {id: $.detail.id}, InputTemplate: '{\"id\": <id>}'}
        - {Id: queue, Arn: 'arn:aws:sqs:us-east-1:123456789012:orders', RetryPolicy: {MaximumRetryAttempts: 2}}
";
    let arn = "Mail=arn:aws:lambda:us-east-1:123456789012:function:mail";
    let import = [
        "import",
        "eventbridge",
        "-",
        "--type-name",
        "Order Paid=order.paid",
        "--resource",
        arn,
    ];
    let imported = user.eg_reading(template, &import).out();
    user.eg_reading(&imported, &["create", "--strict", "-f", "-"])
        .expect(0);
    let subscriptions = user.eg(&["get", "subscriptions", "-o", "json"]).json();
    assert_eq!(subscriptions.as_array().unwrap().len(), 2);
    assert_eq!(subscriptions[0]["eventType"], "order.paid");
}

#[test]
fn operations_become_resources_of_a_gateway() {
    let gateway = Gateway::start(&[]);
    let user = gateway.user();
    let api = "
openapi: 3.1.0
info: {title: Pets}
servers: [{url: 'https://pets.example/v1'}]
paths:
  /pets: {get: {}, post: {}}
  /pets/{id}: {get: {}}
";
    let imported = user
        .eg_reading(api, &["import", "openapi", "-", "--path-prefix", "/shop"])
        .out();
    user.eg_reading(&imported, &["create", "--strict", "-f", "-"])
        .expect(0);
    assert_eq!(
        user.eg(&["get", "subscriptions", "-o", "json"])
            .json()
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let explained = user
        .eg(&["explain", "--path", "/shop/pets/7", "--method", "GET"])
        .out();
    assert!(explained.contains("1 of 3"), "{explained}");
}

#[test]
fn other_files_are_named() {
    let user = User::new();
    for kind in ["serverless", "eventbridge", "openapi"] {
        let ran = user.eg_reading("{foo: 1}", &["import", kind, "-"]).expect(1);
        assert!(ran.err.starts_with("error: -: "), "{}", ran.err);
    }
}

//! The example rules of EventBridge's documentation, as docs/filters.md has them: `detail-type` is `type`, and `detail` is
//! `data`.

use serde_json::{Value, value::RawValue};

use crate::{FilterLimits, Filters, Scalar, Subject};

/// An event in its JSON form.
struct Event {
    attributes: Vec<(String, String)>,
    data: String,
}

impl Event {
    fn new(json: &str) -> Self {
        let members: serde_json::Map<String, Value> = serde_json::from_str(json).unwrap();
        let mut event = Self {
            attributes: Vec::new(),
            data: "null".to_owned(),
        };
        for (name, value) in members {
            match value {
                Value::String(text) => event.attributes.push((name, text)),
                data => event.data = data.to_string(),
            }
        }
        event
    }
}

impl Subject for Event {
    fn attribute(&self, name: &str) -> Option<Scalar<'_>> {
        let (_, value) = self.attributes.iter().find(|(other, _)| other == name)?;
        Some(Scalar::String(value.into()))
    }

    fn each_attribute(&self, visit: &mut dyn FnMut(&str, Scalar<'_>)) {
        for (name, value) in &self.attributes {
            visit(name, Scalar::String(value.into()));
        }
    }

    fn data(&self) -> Option<&RawValue> {
        serde_json::from_str(&self.data).ok()
    }
}

/// A rule, an event that it lets pass and one that it does not.
const RULES: &[(&str, &str, &str)] = &[
    (
        r#"{"source": ["aws.ec2"], "type": ["EC2 Instance State-change Notification"], "data": {"state": ["terminated"]}}"#,
        r#"{"source": "aws.ec2", "type": "EC2 Instance State-change Notification", "data": {"instance-id": "i-0123", "state": "terminated"}}"#,
        r#"{"source": "aws.ec2", "type": "EC2 Instance State-change Notification", "data": {"instance-id": "i-0123", "state": "running"}}"#,
    ),
    (
        r#"{"time": [{"prefix": "2017-10-02"}]}"#,
        r#"{"time": "2017-10-02T18:43:48Z"}"#,
        r#"{"time": "2017-10-03T18:43:48Z"}"#,
    ),
    (
        r#"{"data": {"FileName": [{"suffix": ".png"}]}}"#,
        r#"{"data": {"FileName": "example.png"}}"#,
        r#"{"data": {"FileName": "example.PNG"}}"#,
    ),
    (
        r#"{"type": [{"equals-ignore-case": "ec2 instance state-change notification"}]}"#,
        r#"{"type": "EC2 Instance State-change Notification"}"#,
        r#"{"type": "EC2 Instance"}"#,
    ),
    (
        r#"{"data": {"state": [{"anything-but": ["stopped", "overloaded"]}]}}"#,
        r#"{"data": {"state": "running"}}"#,
        r#"{"data": {"state": "overloaded"}}"#,
    ),
    (
        r#"{"data": {"state": [{"anything-but": {"prefix": "init"}}]}}"#,
        r#"{"data": {"state": "running"}}"#,
        r#"{"data": {"state": "initializing"}}"#,
    ),
    (
        r#"{"data": {"c-count": [{"numeric": [">", 0, "<=", 5]}], "d-count": [{"numeric": ["<", 10]}], "x-limit": [{"numeric": ["=", 3.018e2]}]}}"#,
        r#"{"data": {"c-count": 5, "d-count": 3, "x-limit": 301.8}}"#,
        r#"{"data": {"c-count": 5, "d-count": 10, "x-limit": 301.8}}"#,
    ),
    (
        r#"{"data": {"sourceIPAddress": [{"cidr": "10.0.0.0/24"}]}}"#,
        r#"{"data": {"sourceIPAddress": "10.0.0.17"}}"#,
        r#"{"data": {"sourceIPAddress": "10.0.1.17"}}"#,
    ),
    (
        r#"{"type": ["EC2 Instance State-change Notification"], "data": {"c-count": [{"exists": false}]}}"#,
        r#"{"type": "EC2 Instance State-change Notification", "data": {"state": "pending"}}"#,
        r#"{"type": "EC2 Instance State-change Notification", "data": {"c-count": {"c1": 1}, "c-count": 7}}"#,
    ),
    (
        r#"{"data": {"EventBusArn": [{"wildcard": "arn:aws:events:us-east-1:*:event-bus/*"}]}}"#,
        r#"{"data": {"EventBusArn": "arn:aws:events:us-east-1:123456789012:event-bus/orders"}}"#,
        r#"{"data": {"EventBusArn": "arn:aws:events:us-east-2:123456789012:event-bus/orders"}}"#,
    ),
    (
        r#"{"data": {"$or": [{"c-count": [{"numeric": [">", 0, "<=", 5]}]}, {"d-count": [{"numeric": ["<", 10]}]}, {"x-limit": [{"numeric": ["=", 3.018e2]}]}]}}"#,
        r#"{"data": {"c-count": 7, "d-count": 3}}"#,
        r#"{"data": {"c-count": 7, "d-count": 30}}"#,
    ),
    (
        r#"{"time": [{"prefix": "2017-10-02"}], "data": {"state": [{"anything-but": "initializing"}], "c-count": [{"numeric": [">", 0, "<=", 5]}], "x-limit": [{"anything-but": [100, 200, 300]}]}}"#,
        r#"{"time": "2017-10-02T18:43:48Z", "data": {"state": "running", "c-count": 5, "x-limit": 301.8}}"#,
        r#"{"time": "2017-10-02T18:43:48Z", "data": {"state": "running", "c-count": 5, "x-limit": 300}}"#,
    ),
];

#[test]
fn rules_of_eventbridge_are_carried_over() {
    for (rule, passes, fails) in RULES {
        let json = format!(r#"[{{"pattern": {rule}}}]"#);
        let filters = Filters::compile(&json, &FilterLimits::default()).unwrap();
        assert!(filters.matches(&Event::new(passes)), "{rule} {passes}");
        assert!(!filters.matches(&Event::new(fails)), "{rule} {fails}");
    }
}

/// The documentation has the rules as they are here.
#[test]
fn the_documented_rules_are_these() {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/filters.md")).unwrap();
    for (rule, _, _) in RULES {
        assert!(page.contains(rule), "{rule}");
    }
}

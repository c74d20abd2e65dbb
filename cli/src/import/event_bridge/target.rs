//! Targets of rules as functions, with what they make of an event.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::import::document::name_of;

/// A target as a function, and what belongs to its subscription.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) type_name: &'static str,
    pub(super) provider: Value,
    pub(super) transform: Option<Value>,
    pub(super) retry: Option<Value>,
    /// What of it has no place here.
    pub(super) left_out: Vec<String>,
}

impl Target {
    /// `resources` are ARNs by logical ids.
    pub(super) fn of(target: &Value, resources: &BTreeMap<String, String>) -> Result<Self, String> {
        let arn = arn(&target["Arn"], resources)?;
        let parts: Vec<_> = arn.splitn(6, ':').collect();
        let [_, _, service, region, account, resource] = parts.as_slice() else {
            return Err(format!("\"{arn}\" is no ARN"));
        };
        let after = |prefix: &str| resource.strip_prefix(prefix);
        let mut left_out = Vec::new();
        let (type_name, provider, name) = match *service {
            "lambda" => {
                let name = after("function:")
                    .unwrap_or(resource)
                    .split(':')
                    .next()
                    .unwrap_or_default();
                ("awslambda", json!({"arn": arn, "region": region}), name)
            }
            "sqs" => {
                let url = format!("https://sqs.{region}.amazonaws.com/{account}/{resource}");
                if !target["SqsParameters"].is_null() {
                    left_out.push("its message group is a text there and a path into the event here: set messageGroupId".to_owned());
                }
                ("awssqs", json!({"queueUrl": url, "region": region}), *resource)
            }
            "sns" => ("awssns", json!({"topicArn": arn, "region": region}), *resource),
            "kinesis" => {
                let name = after("stream/").unwrap_or(resource);
                let mut provider = json!({"streamName": name, "region": region});
                if let Some(path) = target["KinesisParameters"]["PartitionKeyPath"].as_str() {
                    provider["partitionKey"] = json!(path_here(path));
                }
                ("awskinesis", provider, name)
            }
            "firehose" => {
                let name = after("deliverystream/").unwrap_or(resource);
                (
                    "awsfirehose",
                    json!({"deliveryStreamName": name, "region": region}),
                    name,
                )
            }
            "states" if resource.starts_with("stateMachine:") => {
                let name = after("stateMachine:").unwrap_or(resource);
                (
                    "awsstepfunctions",
                    json!({"stateMachineArn": arn, "region": region}),
                    name,
                )
            }
            "events" if resource.starts_with("event-bus/") => {
                let name = after("event-bus/").unwrap_or(resource);
                (
                    "awseventbridge",
                    json!({"eventBusName": name, "region": region}),
                    name,
                )
            }
            "events" => return Err(
                "an API destination is a function of type http: register it with its URL and authorization"
                    .to_owned(),
            ),
            other => return Err(format!("the gateway has no functions of {other}")),
        };
        for (member, reason) in [
            (
                "DeadLetterConfig",
                "dead letters are kept by the gateway: `eg dlq list`",
            ),
            (
                "RoleArn",
                "it is called as the gateway's own identity, or that of its provider",
            ),
        ] {
            if !target[member].is_null() {
                left_out.push(format!("{member}: {reason}"));
            }
        }
        Ok(Self {
            name: name_of(name),
            type_name,
            provider,
            transform: transform(target)?,
            retry: retry(&target["RetryPolicy"]),
            left_out,
        })
    }
}

/// An ARN as it is, or of a resource of the template that refers to it.
fn arn(value: &Value, resources: &BTreeMap<String, String>) -> Result<String, String> {
    if let Some(arn) = value.as_str() {
        return Ok(arn.to_owned());
    }
    let attribute = &value["Fn::GetAtt"];
    let reference = value["Ref"].as_str().or_else(|| attribute[0].as_str());
    let logical = reference.or_else(|| attribute.as_str().and_then(|text| text.split('.').next()));
    let logical = logical.ok_or("its ARN is made by the template: put it in")?;
    let known = resources.get(logical).cloned();
    known.ok_or_else(|| {
        format!("CloudFormation knows the ARN of {logical}: give it with --resource {logical}=…")
    })
}

/// What the target gets in place of the event.
fn transform(target: &Value) -> Result<Option<Value>, String> {
    if let Some(constant) = target["Input"].as_str() {
        // JSON is an expression of JSONata that is itself.
        let is_json = serde_json::from_str::<Value>(constant).is_ok();
        return if is_json {
            Ok(Some(json!({"jsonata": constant})))
        } else {
            Err("its Input is no JSON".to_owned())
        };
    }
    if let Some(path) = target["InputPath"].as_str() {
        let here = path_here(path);
        let is_plain = here
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "._".contains(character));
        return match (here.as_str(), is_plain) {
            ("$", _) => Ok(None),
            (_, true) => Ok(Some(json!({"jsonata": here}))),
            _ => Err(format!("its InputPath {path} has to be written in JSONata")),
        };
    }
    let transformer = &target["InputTransformer"];
    Ok((!transformer.is_null()).then(|| json!({"inputTransformer": transformer})))
}

/// `$.detail.x` as `data.x`.
fn path_here(path: &str) -> String {
    let path = path.strip_prefix("$.").unwrap_or(path);
    let (first, rest) = path.split_at(path.find('.').unwrap_or(path.len()));
    let first = match first {
        "detail" => "data",
        "detail-type" => "type",
        other => other,
    };
    format!("{first}{rest}")
}

fn retry(policy: &Value) -> Option<Value> {
    let mut retry = json!({});
    if let Some(retries) = policy["MaximumRetryAttempts"].as_u64() {
        // The first attempt counts here.
        retry["maxAttempts"] = json!(retries.saturating_add(1));
    }
    if let Some(seconds) = policy["MaximumEventAgeInSeconds"].as_u64() {
        retry["maxAgeSeconds"] = json!(seconds);
    }
    retry
        .as_object()
        .is_some_and(|members| !members.is_empty())
        .then_some(retry)
}

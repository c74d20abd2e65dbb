//! What the functions of a `serverless.yml` are called by: Lambda functions by ARN, and streams and queues.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Names in AWS that a deployment would find out.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Number of the account of Lambda functions.
    pub(crate) account: Option<String>,
    /// ARNs of Lambda functions, by their keys in the file.
    pub(crate) function_arns: BTreeMap<String, String>,
    /// Names or URLs of resources, by their logical ids.
    pub(crate) resources: BTreeMap<String, String>,
}

/// The type and the provider of a function.
pub(super) fn provider(
    key: &str,
    id: &str,
    function: &Value,
    region: &str,
    names: &Names,
) -> Result<(&'static str, Value), String> {
    let (type_name, member) = match function["type"].as_str() {
        None => return lambda(key, id, region, names),
        Some("awsfirehose") => ("awsfirehose", "deliveryStreamName"),
        Some("awskinesis") => ("awskinesis", "streamName"),
        Some("awssqs") => ("awssqs", "queueUrl"),
        Some(other) => return Err(format!("the plugin knows no functions of type {other}")),
    };
    let inputs = &function["inputs"];
    let given = inputs[member].as_str().map(str::to_owned);
    let logical = inputs["logicalId"].as_str();
    let known = logical.and_then(|logical| names.resources.get(logical).cloned());
    match (given.or(known), logical) {
        (Some(name), _) => Ok((type_name, json!({member: name, "region": region}))),
        (None, Some(logical)) => Err(format!(
            "CloudFormation knows the {member} of {logical}: give it with --resource {logical}=…"
        )),
        (None, None) => Err(format!("its inputs have neither \"logicalId\" nor \"{member}\"")),
    }
}

/// A Lambda function without its version, so that it is always the latest.
fn lambda(key: &str, id: &str, region: &str, names: &Names) -> Result<(&'static str, Value), String> {
    let arn = match (names.function_arns.get(key), &names.account) {
        (Some(arn), _) => arn.split(':').take(7).collect::<Vec<_>>().join(":"),
        (None, Some(account)) => format!("arn:aws:lambda:{region}:{account}:function:{id}"),
        (None, None) => {
            return Err(format!(
                "its ARN is not known: give --account, or --function-arn {key}=…"
            ));
        }
    };
    let region = arn
        .split(':')
        .nth(3)
        .filter(|region| !region.is_empty())
        .unwrap_or(region);
    Ok(("awslambda", json!({"arn": arn, "region": region})))
}

//! The kinds of resources: how the API names them, and what people see of them in a list.

use clap::ValueEnum;
use serde_json::Value;

use crate::api::{encoded_segment, segment};

/// A kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Spaces and their settings.
    #[value(name = "spaces", alias = "space")]
    Space,
    /// Event types.
    #[value(name = "eventtypes", aliases = ["eventtype", "event-type", "event-types", "et"])]
    EventType,
    /// Functions.
    #[value(name = "functions", aliases = ["function", "fn"])]
    Function,
    /// Subscriptions.
    #[value(name = "subscriptions", aliases = ["subscription", "sub", "subs"])]
    Subscription,
    /// CORS configurations.
    #[value(name = "cors")]
    Cors,
}

impl Kind {
    /// In the singular, as in a sentence.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Space => "space",
            Self::EventType => "event type",
            Self::Function => "function",
            Self::Subscription => "subscription",
            Self::Cors => "CORS configuration",
        }
    }

    /// Segment of its paths; of a space there is none below the space.
    pub(crate) fn segment(self) -> &'static str {
        match self {
            Self::Space => "",
            Self::EventType => "eventtypes",
            Self::Function => "functions",
            Self::Subscription => "subscriptions",
            Self::Cors => "cors",
        }
    }

    /// Member of a list, and of documents, that holds resources of this kind.
    pub(crate) fn member(self) -> &'static str {
        match self {
            Self::Space => "spaces",
            Self::EventType => "eventTypes",
            Self::Function => "functions",
            Self::Subscription => "subscriptions",
            Self::Cors => "cors",
        }
    }

    /// Member of a resource that holds its id.
    pub(crate) fn id_member(self) -> &'static str {
        match self {
            Self::Space => "space",
            Self::EventType => "name",
            Self::Function => "functionId",
            Self::Subscription => "subscriptionId",
            Self::Cors => "corsId",
        }
    }

    /// Path of a resource below its space.
    pub(crate) fn item(self, id: &str) -> String {
        let id = match self {
            Self::Cors => encoded_segment(id),
            _ => segment(id),
        };
        format!("{}/{id}", self.segment())
    }

    /// Headings of a list.
    pub(crate) fn headings(self) -> &'static [&'static str] {
        match self {
            Self::Space => &[
                "SPACE",
                "EVENT TYPES",
                "FUNCTIONS",
                "SUBSCRIPTIONS",
                "CORS",
                "SETTINGS",
            ],
            Self::EventType => &["NAME", "AUTHORIZER", "LABELS"],
            Self::Function => &["FUNCTION", "TYPE", "TARGET", "LABELS"],
            Self::Subscription => &[
                "SUBSCRIPTION",
                "TYPE",
                "EVENT TYPE",
                "METHOD",
                "PATH",
                "FUNCTION",
                "STATE",
            ],
            Self::Cors => &["CORS", "METHOD", "PATH", "ORIGINS"],
        }
    }

    /// A row of a list.
    pub(crate) fn row(self, resource: &Value) -> Vec<String> {
        let text = |name: &str| text_of(&resource[name]);
        match self {
            Self::Space => {
                let settings = resource["hasSettings"].as_bool().unwrap_or(false);
                let counts = ["space", "eventTypes", "functions", "subscriptions", "cors"].map(text);
                counts
                    .into_iter()
                    .chain([if settings { "own" } else { "" }.to_owned()])
                    .collect()
            }
            Self::EventType => vec![text("name"), text("authorizerId"), labels(resource)],
            Self::Function => vec![
                text("functionId"),
                text("type"),
                target(&resource["provider"]),
                labels(resource),
            ],
            Self::Subscription => {
                let state = if resource["paused"] == true {
                    "paused"
                } else {
                    "active"
                };
                let columns = [
                    "subscriptionId",
                    "type",
                    "eventType",
                    "method",
                    "path",
                    "functionId",
                ]
                .map(text);
                columns.into_iter().chain([state.to_owned()]).collect()
            }
            Self::Cors => vec![
                text("corsId"),
                text("method"),
                text("path"),
                joined(&resource["allowedOrigins"]),
            ],
        }
    }
}

/// A value as people write it.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn joined(list: &Value) -> String {
    let texts = list.as_array().into_iter().flatten().map(text_of);
    texts.collect::<Vec<_>>().join(",")
}

fn labels(resource: &Value) -> String {
    let labels = resource["metadata"].as_object().into_iter().flatten();
    let pairs = labels.map(|(name, value)| format!("{name}={}", text_of(value)));
    pairs.collect::<Vec<_>>().join(",")
}

/// Where a function's calls go, without anything in a URL that may be secret.
fn target(provider: &Value) -> String {
    const NAMES: [&str; 10] = [
        "url",
        "arn",
        "queueUrl",
        "streamName",
        "deliveryStreamName",
        "topicArn",
        "stateMachineArn",
        "eventBusName",
        "topic",
        "action",
    ];
    let named = NAMES.iter().find_map(|name| provider[*name].as_str());
    let Some(target) = named else { return String::new() };
    let Some((scheme, rest)) = target.split_once("://") else {
        return target.to_owned();
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_have_a_cell_for_each_heading() {
        for kind in Kind::value_variants() {
            assert_eq!(kind.row(&json!({})).len(), kind.headings().len(), "{kind:?}");
        }
    }

    #[test]
    fn lists_show_no_secrets_of_urls() {
        let shown = |url: &str| target(&json!({ "url": url }));
        assert_eq!(
            shown("https://user:pa@ss@host:1/path?code=s3cret#x"),
            "https://host:1/path"
        );
        assert_eq!(shown("https://host?code=s3cret"), "https://host");
        assert_eq!(target(&json!({"arn": "arn:aws:lambda:x"})), "arn:aws:lambda:x");
    }

    #[test]
    fn ids_are_encoded_once() {
        assert_eq!(Kind::Function.item("a/b"), "functions/a%2Fb");
        assert_eq!(Kind::Cors.item("GET%2Fa"), "cors/GET%2Fa");
    }
}

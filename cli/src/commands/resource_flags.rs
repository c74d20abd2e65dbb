//! Resources as flags: what `eg create` takes of each kind, and the body that comes of it.

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use crate::commands::labels::pair;
use crate::failure::Failure;
use crate::kind::Kind;

/// A resource to register.
#[derive(Debug, Subcommand)]
pub(crate) enum Resource {
    /// Settings of a space; what is not given stays as it is
    #[command(
        after_help = "Examples:\n  eg create space shop --description Orders --paths specific --unmatched 404"
    )]
    Space(Space),
    /// An event type
    #[command(
        name = "eventtype",
        alias = "event-type",
        after_help = "Examples:\n  eg create eventtype user.created --authorizer check --label team=accounts"
    )]
    EventType(EventType),
    /// A function: by URL, by the ARN of a Lambda function, or of any type with its members
    #[command(after_help = "Examples:
  eg create function welcome --url https://example.com/welcome
  eg create function resize --arn arn:aws:lambda:us-east-1:123456789012:function:resize
  eg create function orders --type awssqs --set region=us-east-1 \\
      --set queueUrl=https://sqs.us-east-1.amazonaws.com/123456789012/orders")]
    Function(Function),
    /// A subscription
    #[command(after_help = "Examples:
  eg create subscription --type async --event-type user.created --function welcome
  eg create subscription --type sync --event-type http.request --function welcome \\
      --path /hello/:name --method GET
  eg create subscription --type async --event-type 'order.*' --function audit \\
      --filter '{\"exact\": {\"region\": \"eu\"}}'")]
    Subscription(Subscription),
    /// A CORS configuration
    #[command(
        after_help = "Examples:\n  eg create cors --method GET --path /hello/:name --origin 'https://*.example.com'"
    )]
    Cors(Cors),
}

#[derive(Debug, Args)]
pub(crate) struct Space {
    /// Its name.
    name: String,
    /// What it is for.
    #[arg(long)]
    description: Option<String>,
    /// `strict` or `specific`.
    #[arg(long)]
    paths: Option<String>,
    /// Status of what reaches nobody: 202 or 404.
    #[arg(long, value_name = "STATUS")]
    unmatched: Option<u16>,
    /// A label; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    label: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub(crate) struct EventType {
    /// Its name.
    name: String,
    /// Function that is asked before an event is passed on.
    #[arg(long, value_name = "FUNCTION")]
    authorizer: Option<String>,
    /// A label; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    label: Vec<(String, String)>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("target").required(true))]
pub(crate) struct Function {
    /// Its id.
    id: String,
    /// URL of an HTTP function.
    #[arg(long, group = "target")]
    url: Option<String>,
    /// ARN of a Lambda function; its region is taken from it.
    #[arg(long, group = "target")]
    arn: Option<String>,
    /// Any other type; its members are given with --set.
    #[arg(long = "type", value_name = "TYPE", group = "target")]
    type_name: Option<String>,
    /// A member of the provider, as JSON or as text; dots lead into objects; may be repeated.
    #[arg(long, value_name = "MEMBER=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// A label; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    label: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// The function answers the caller.
    Sync,
    /// The event is queued.
    Async,
}

#[derive(Debug, Args)]
pub(crate) struct Subscription {
    /// Whether the function answers the caller, or the event is queued.
    #[arg(long = "type", value_name = "TYPE")]
    mode: Mode,
    /// Event type, or a pattern: `order.*`, `*`.
    #[arg(long, value_name = "NAME")]
    event_type: String,
    /// The function.
    #[arg(long, value_name = "ID")]
    function: String,
    /// Path that events come in on [default: /].
    #[arg(long)]
    path: Option<String>,
    /// Method that they come in with [default: POST].
    #[arg(long)]
    method: Option<String>,
    /// Function that is asked before an event is passed on.
    #[arg(long, value_name = "FUNCTION")]
    authorizer: Option<String>,
    /// A filter, as JSON; may be repeated.
    #[arg(long, value_name = "JSON", value_parser = json_value)]
    filter: Vec<Value>,
    /// Events with the same key are delivered in their order.
    #[arg(long)]
    ordered: bool,
    /// A label; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    label: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub(crate) struct Cors {
    /// Method of the requests that it is for.
    #[arg(long)]
    method: String,
    /// Path of the requests that it is for.
    #[arg(long)]
    path: String,
    /// An origin that is allowed [default: *]; may be repeated.
    #[arg(long)]
    origin: Vec<String>,
    /// A method that is allowed; may be repeated.
    #[arg(long, value_name = "METHOD")]
    allow_method: Vec<String>,
    /// A header that is allowed; may be repeated.
    #[arg(long, value_name = "NAME")]
    allow_header: Vec<String>,
    /// The origins may send credentials.
    #[arg(long)]
    allow_credentials: bool,
    /// A label; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    label: Vec<(String, String)>,
}

impl Resource {
    /// The kind, and the body that registers it.
    pub(crate) fn body(self) -> Result<(Kind, Value), Failure> {
        Ok(match self {
            Self::Space(space) => (
                Kind::Space,
                object([
                    ("space", json!(space.name)),
                    ("description", json!(space.description)),
                    ("paths", json!(space.paths)),
                    ("unmatched", json!(space.unmatched)),
                    ("labels", labels(space.label)),
                ]),
            ),
            Self::EventType(event_type) => (
                Kind::EventType,
                object([
                    ("name", json!(event_type.name)),
                    ("authorizerId", json!(event_type.authorizer)),
                    ("metadata", labels(event_type.label)),
                ]),
            ),
            Self::Function(function) => (Kind::Function, function.body()?),
            Self::Subscription(subscription) => (
                Kind::Subscription,
                object([
                    (
                        "type",
                        json!(if subscription.mode == Mode::Sync {
                            "sync"
                        } else {
                            "async"
                        }),
                    ),
                    ("eventType", json!(subscription.event_type)),
                    ("functionId", json!(subscription.function)),
                    ("path", json!(subscription.path)),
                    ("method", json!(subscription.method)),
                    ("authorizerId", json!(subscription.authorizer)),
                    ("filters", list(subscription.filter)),
                    (
                        "ordered",
                        if subscription.ordered {
                            json!(true)
                        } else {
                            Value::Null
                        },
                    ),
                    ("metadata", labels(subscription.label)),
                ]),
            ),
            Self::Cors(cors) => (
                Kind::Cors,
                object([
                    ("method", json!(cors.method)),
                    ("path", json!(cors.path)),
                    ("allowedOrigins", list(cors.origin)),
                    ("allowedMethods", list(cors.allow_method)),
                    ("allowedHeaders", list(cors.allow_header)),
                    (
                        "allowCredentials",
                        if cors.allow_credentials {
                            json!(true)
                        } else {
                            Value::Null
                        },
                    ),
                    ("metadata", labels(cors.label)),
                ]),
            ),
        })
    }
}

impl Function {
    fn body(self) -> Result<Value, Failure> {
        let mut provider = Map::new();
        let type_name = match (self.url, self.arn, self.type_name) {
            (Some(url), ..) => {
                provider.insert("url".to_owned(), json!(url));
                "http".to_owned()
            }
            (_, Some(arn), _) => {
                let region = arn.split(':').nth(3).filter(|region| !region.is_empty());
                let region =
                    region.ok_or_else(|| Failure::Usage(format!("{arn} is no ARN with a region")))?;
                provider.insert("region".to_owned(), json!(region));
                provider.insert("arn".to_owned(), json!(arn));
                "awslambda".to_owned()
            }
            (.., Some(name)) => name,
            (None, None, None) => {
                return Err(Failure::Usage(
                    "one of --url, --arn and --type is needed".to_owned(),
                ));
            }
        };
        for (path, value) in self.set {
            set(&mut provider, &path, value)?;
        }
        Ok(object([
            ("functionId", json!(self.id)),
            ("type", json!(type_name)),
            ("provider", Value::Object(provider)),
            ("metadata", labels(self.label)),
        ]))
    }
}

/// Sets a member at a path with dots. What is no JSON is a text.
fn set(object: &mut Map<String, Value>, path: &str, value: String) -> Result<(), Failure> {
    match path.split_once('.') {
        None => {
            let value = serde_json::from_str(&value).unwrap_or(Value::String(value));
            object.insert(path.to_owned(), value);
            Ok(())
        }
        Some((name, rest)) => match object.entry(name).or_insert_with(|| json!({})) {
            Value::Object(inner) => set(inner, rest, value),
            _ => Err(Failure::Usage(format!("--set {path}: \"{name}\" is no object"))),
        },
    }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let given = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(given.map(|(name, value)| (name.to_owned(), value)).collect())
}

fn labels(pairs: Vec<(String, String)>) -> Value {
    if pairs.is_empty() {
        return Value::Null;
    }
    Value::Object(
        pairs
            .into_iter()
            .map(|(name, value)| (name, Value::String(value)))
            .collect(),
    )
}

fn list<T: Into<Value>>(items: Vec<T>) -> Value {
    if items.is_empty() {
        Value::Null
    } else {
        Value::Array(items.into_iter().map(Into::into).collect())
    }
}

fn json_value(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|err| format!("no JSON: {err}"))
}

#[cfg(test)]
mod tests;

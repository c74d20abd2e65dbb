//! `eg import`: configurations of other products as documents for `eg apply`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::commands::labels::pair;
use crate::console::{Console, visible};
use crate::documents::{self, to_json};
use crate::failure::Failure;
use crate::import::document::Imported;
use crate::import::{event_bridge, open_api, serverless};
use crate::output::{Format, write_value};

/// Write configurations of other products as a document for `eg apply`; what has no place in it is listed with the reason
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// `serverless.yml` with the plugin serverless-event-gateway-plugin
    #[command(after_help = "Examples:
  eg import serverless serverless.yml --account 123456789012 > gateway.yaml
  eg import serverless serverless.yml \\
      --function-arn hello=arn:aws:lambda:us-east-1:123456789012:function:hello > gateway.yaml")]
    Serverless(Serverless),
    /// Rules of EventBridge: the answer of `aws events list-rules`, or a template with them
    #[command(
        name = "eventbridge",
        after_help = "Examples:
  aws events list-rules > rules.json
  aws events list-targets-by-rule --rule paid > paid.json
  eg import eventbridge rules.json --targets paid=paid.json > gateway.yaml"
    )]
    EventBridge(EventBridge),
    /// OpenAPI 3: its operations as sync subscriptions
    #[command(
        name = "openapi",
        after_help = "Examples:
  eg import openapi pets.yaml --path-prefix /pets-api > gateway.yaml
  eg import openapi pets.yaml --function pets | eg diff -f -"
    )]
    OpenApi(OpenApi),
}

#[derive(Debug, Args)]
pub(crate) struct Serverless {
    /// The file, or `-` for standard input.
    file: PathBuf,
    /// Stage, if not that of the file.
    #[arg(long)]
    stage: Option<String>,
    /// Region, if not that of the file.
    #[arg(long)]
    region: Option<String>,
    /// Number of the AWS account with the Lambda functions.
    #[arg(long)]
    account: Option<String>,
    /// ARN of a Lambda function, by its key in the file; may be repeated.
    #[arg(long, value_name = "KEY=ARN", value_parser = pair)]
    function_arn: Vec<(String, String)>,
    /// Name or URL of a stream or queue, by its logical id; may be repeated.
    #[arg(long, value_name = "ID=NAME", value_parser = pair)]
    resource: Vec<(String, String)>,
    /// What paths begin with [default: / and the space, as the plugin has it].
    #[arg(long, value_name = "PATH")]
    path_prefix: Option<String>,
    #[command(flatten)]
    strictness: Strictness,
}

#[derive(Debug, Args)]
pub(crate) struct EventBridge {
    /// The file, or `-` for standard input.
    file: PathBuf,
    /// File with the answer of `aws events list-targets-by-rule` for a rule; may be repeated.
    #[arg(long, value_name = "RULE=FILE", value_parser = pair)]
    targets: Vec<(String, String)>,
    /// Event type that stands for a detail-type; may be repeated.
    #[arg(long, value_name = "DETAIL-TYPE=NAME", value_parser = pair)]
    type_name: Vec<(String, String)>,
    /// ARN of a resource of the template, by its logical id; may be repeated.
    #[arg(long, value_name = "ID=ARN", value_parser = pair)]
    resource: Vec<(String, String)>,
    #[command(flatten)]
    strictness: Strictness,
}

#[derive(Debug, Args)]
pub(crate) struct OpenApi {
    /// The file, or `-` for standard input.
    file: PathBuf,
    /// Function that takes the requests of all operations as events.
    #[arg(long, value_name = "ID", conflicts_with = "url")]
    function: Option<String>,
    /// URL of the service, which is called as it is [default: the first of `servers`].
    #[arg(long)]
    url: Option<String>,
    /// What paths begin with at the gateway.
    #[arg(long, value_name = "PATH", default_value = "")]
    path_prefix: String,
    #[command(flatten)]
    strictness: Strictness,
}

#[derive(Debug, Args)]
struct Strictness {
    /// Fail if anything is left out.
    #[arg(long)]
    strict: bool,
}

pub(crate) fn run(command: Command, format: Format, console: &mut Console) -> Result<(), Failure> {
    let (file, imported, strictness) = match command {
        Command::Serverless(arguments) => {
            let options = serverless::Options {
                stage: arguments.stage,
                region: arguments.region,
                path_prefix: arguments.path_prefix,
                names: serverless::Names {
                    account: arguments.account,
                    function_arns: arguments.function_arn.into_iter().collect(),
                    resources: arguments.resource.into_iter().collect(),
                },
            };
            let file = read(&arguments.file, console)?;
            (
                arguments.file,
                serverless::import(&file, &options),
                arguments.strictness,
            )
        }
        Command::EventBridge(arguments) => {
            let options = event_bridge::Options {
                type_names: arguments.type_name.into_iter().collect(),
                resources: arguments.resource.into_iter().collect(),
            };
            let mut targets = BTreeMap::new();
            for (rule, path) in arguments.targets {
                targets.insert(rule, read(Path::new(&path), console)?);
            }
            let file = read(&arguments.file, console)?;
            (
                arguments.file,
                event_bridge::import(&file, &targets, &options),
                arguments.strictness,
            )
        }
        Command::OpenApi(arguments) => {
            let options = open_api::Options {
                function: arguments.function,
                url: arguments.url,
                path_prefix: arguments.path_prefix,
            };
            let file = read(&arguments.file, console)?;
            (
                arguments.file,
                open_api::import(&file, &options),
                arguments.strictness,
            )
        }
    };
    let imported = imported.map_err(|reason| Failure::Malformed(format!("{}: {reason}", file.display())))?;
    write(&imported, strictness.strict, format, console)
}

fn write(imported: &Imported, is_strict: bool, format: Format, console: &mut Console) -> Result<(), Failure> {
    let json = serde_json::to_string(&imported.document)
        .map_err(|err| Failure::Malformed(format!("cannot be written: {err}")))?;
    write_value(console, format, &json)?;
    for one in &imported.unmapped {
        console.note(format_args!(
            "note: {}: {}",
            visible(&one.place),
            visible(&one.reason)
        ));
    }
    match imported.unmapped.len() {
        left_out if is_strict && left_out > 0 => {
            Err(Failure::Partly(format!("{left_out} things are left out")))
        }
        _ => Ok(()),
    }
}

/// A file in YAML or JSON. Tags of YAML, which templates are full of, are the functions that they stand for.
fn read(path: &Path, console: &mut Console) -> Result<Value, Failure> {
    let untagged = untagged(documents::read_one(path, console)?);
    let json = to_json(&untagged)?;
    serde_json::from_str(&json).map_err(|err| Failure::Malformed(format!("{}: {err}", path.display())))
}

fn untagged(value: serde_yaml_ng::Value) -> serde_yaml_ng::Value {
    use serde_yaml_ng::{Mapping, Value};
    match value {
        Value::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            let name = match name.trim_start_matches('!') {
                "Ref" => "Ref".to_owned(),
                other => format!("Fn::{other}"),
            };
            Value::Mapping(Mapping::from_iter([(name.into(), untagged(tagged.value))]))
        }
        Value::Sequence(items) => Value::Sequence(items.into_iter().map(untagged).collect()),
        Value::Mapping(members) => Value::Mapping(
            members
                .into_iter()
                .map(|(name, member)| (name, untagged(member)))
                .collect(),
        ),
        other => other,
    }
}

//! `eg create`: registers resources, from flags or from files.

use std::path::PathBuf;

use clap::Args;
use http::Method;
use serde_yaml_ng::Value;

use crate::api::segment;
use crate::commands::resource_flags::Resource;
use crate::documents::{self, to_json};
use crate::failure::Failure;
use crate::kind::Kind;
use crate::output::{Format, write_value};
use crate::session::Session;
use crate::wanted::{Wanted, resources};

/// Register resources: one from flags, or those of files
///
/// Files are YAML or JSON and may hold several documents. Each is a resource as the API has it, a list of them, or an object of
/// lists as `eg export` writes it. They are registered in the order in which they need each other.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  eg create -f gateway.yaml
  eg create function welcome --url https://example.com/welcome
  eg create eventtype user.created
  eg create subscription --type async --event-type user.created --function welcome"
)]
pub(crate) struct Arguments {
    /// File with resources, or `-` for standard input; may be repeated.
    #[arg(long, short, value_name = "FILE", required = true)]
    file: Vec<PathBuf>,
    /// Refuse members that the gateway does not know, and what cannot work.
    #[arg(long)]
    strict: bool,
    #[command(subcommand)]
    resource: Option<Resource>,
}

pub(crate) fn run(arguments: Arguments, session: &mut Session<'_>) -> Result<(), Failure> {
    if let Some(resource) = arguments.resource {
        let (kind, body) = resource.body()?;
        let body = serde_yaml_ng::to_value(body)
            .map_err(|err| Failure::Malformed(format!("the flags make no resource: {err}")))?;
        return register(&Wanted { kind, body }, false, session);
    }
    let mut wanted = Vec::new();
    for file in &arguments.file {
        for document in documents::read(file, session.console)? {
            let found = resources(document)
                .map_err(|reason| Failure::Malformed(format!("{}: {reason}", file.display())))?;
            wanted.extend(found);
        }
    }
    wanted.sort_by_key(Wanted::rank);
    for one in &wanted {
        register(one, arguments.strict, session)?;
    }
    Ok(())
}

fn register(wanted: &Wanted, is_strict: bool, session: &mut Session<'_>) -> Result<(), Failure> {
    let kind = wanted.kind;
    let strict = if is_strict { "?fieldValidation=strict" } else { "" };
    let body = to_json(&wanted.body)?;
    let answer = if kind == Kind::Space {
        let Some(name) = wanted.body.get("space").and_then(Value::as_str) else {
            return Err(Failure::Malformed(
                "settings of a space without \"space\", its name".to_owned(),
            ));
        };
        // What is not said stays as it is.
        session.ask(
            Method::PATCH,
            &format!("/v1/spaces/{}{strict}", segment(name)),
            Some(body),
        )?
    } else {
        let path = session.api.in_space(&format!("{}{strict}", kind.segment()));
        session.ask(Method::POST, &path, Some(body))?
    };
    let text = answer.text();
    if session.format != Format::Table {
        return write_value(session.console, session.format, &text);
    }
    let created: serde_json::Value = session.read(kind.segment(), &text)?;
    let id = crate::kind::text_of(&created[kind.id_member()]);
    session.console.line(format_args!("{} {id} created", kind.noun()))
}

//! `eg validate`, `eg diff` and `eg apply`: a space made to be what files say.

use std::path::PathBuf;

use clap::Args;
use http::Method;

use crate::api::query;
use crate::commands::plan::Plan;
use crate::console::Console;
use crate::documents::{self, to_json};
use crate::failure::Failure;
use crate::output::{Format, write_value};
use crate::session::Session;
use crate::wanted::{as_one, resources};

/// Say whether files can be applied to the space; nothing is changed
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  eg validate -f gateway.yaml\n  eg validate -f gateway.yaml --strict")]
pub(crate) struct ValidateArguments {
    #[command(flatten)]
    files: Files,
}

/// Show what applying files would change; nothing is changed, and the exit code is 10 if something would be
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  eg diff -f gateway.yaml\n  eg diff -f gateway.yaml --prune -o json")]
pub(crate) struct DiffArguments {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    scope: Scope,
}

/// Make the space what files say: all of it, or nothing
///
/// Files are YAML or JSON and may hold several documents: objects of lists as `eg export` writes them, lists of resources, or single
/// ones. What is shown is what is done: if others change the space in between, nothing is.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  eg apply -f gateway.yaml
  eg apply -f gateway.yaml --prune --set shop --yes
  eg export --space staging | eg apply --space production -f -")]
pub(crate) struct ApplyArguments {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    scope: Scope,
    /// Show what would be changed, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

#[derive(Debug, Args)]
struct Files {
    /// File with the configuration, or `-` for standard input; may be repeated.
    #[arg(long, short, value_name = "FILE", required = true)]
    file: Vec<PathBuf>,
    /// Refuse members that the gateway does not know, and what cannot work.
    #[arg(long)]
    strict: bool,
}

#[derive(Debug, Default, Args)]
struct Scope {
    /// Delete what the files do not have.
    #[arg(long)]
    prune: bool,
    /// Name of the part of the space that the files are: nothing else is touched.
    #[arg(long, value_name = "NAME")]
    set: Option<String>,
    /// Take resources of no set into this one.
    #[arg(long, requires = "set")]
    adopt: bool,
}

pub(crate) fn validate(arguments: &ValidateArguments, session: &mut Session<'_>) -> Result<(), Failure> {
    let document = arguments.files.document(session)?;
    let (plan, json) = dry_run(&arguments.files, &Scope::default(), document, session)?;
    session.done(
        &format!("the configuration can be applied: {}", plan.summary()),
        &json,
    )
}

pub(crate) fn diff(arguments: &DiffArguments, session: &mut Session<'_>) -> Result<(), Failure> {
    let document = arguments.files.document(session)?;
    let (plan, json) = dry_run(&arguments.files, &arguments.scope, document, session)?;
    session.done(&plan.described(), &json)?;
    if plan.is_empty() {
        Ok(())
    } else {
        session.console.flush().and(Err(Failure::Different))
    }
}

pub(crate) fn apply(arguments: &ApplyArguments, session: &mut Session<'_>) -> Result<(), Failure> {
    let document = arguments.files.document(session)?;
    let (plan, json) = dry_run(&arguments.files, &arguments.scope, document.clone(), session)?;
    if arguments.dry_run || plan.is_empty() {
        return session.done(&plan.described(), &json);
    }
    if session.format == Format::Table {
        session.console.line(plan.described())?;
    }
    if !arguments.yes {
        if session.console.is_interactive() {
            let space = session.api.connection.space.clone();
            if !session
                .console
                .confirms(&format!("Apply this to space {space}?"))?
            {
                return Err(Failure::Usage("nothing was changed".to_owned()));
            }
        } else if plan.deletions() > 0 {
            let message = format!(
                "{} resources would be deleted: say so with --yes",
                plan.deletions()
            );
            return Err(Failure::Usage(message));
        }
    }
    let path = path(&arguments.files, &arguments.scope, false, session);
    // What it warns of was said with the plan.
    let answer =
        session
            .api
            .configuration_if(Method::POST, &path, plan.version.as_deref(), Some(document))?;
    match session.format {
        Format::Table => session.console.line("applied"),
        format => write_value(session.console, format, &answer.text()),
    }
}

impl Files {
    fn document(&self, session: &mut Session<'_>) -> Result<String, Failure> {
        document_of(&self.file, session.console)
    }
}

/// One document of all files, as it is sent.
pub(crate) fn document_of(files: &[PathBuf], console: &mut Console) -> Result<String, Failure> {
    let mut wanted = Vec::new();
    for file in files {
        let malformed = |reason: String| Failure::Malformed(format!("{}: {reason}", file.display()));
        for document in documents::read(file, console)? {
            wanted.extend(resources(document).map_err(malformed)?);
        }
    }
    to_json(&as_one(wanted).map_err(Failure::Malformed)?)
}

fn dry_run(
    files: &Files,
    scope: &Scope,
    document: String,
    session: &mut Session<'_>,
) -> Result<(Plan, String), Failure> {
    let path = path(files, scope, true, session);
    let json = session.ask(Method::POST, &path, Some(document))?.text();
    Ok((session.read(&path, &json)?, json))
}

fn path(files: &Files, scope: &Scope, is_dry_run: bool, session: &Session<'_>) -> String {
    let parameters = [
        ("dryRun", is_dry_run.then_some("true")),
        ("prune", scope.prune.then_some("true")),
        ("set", scope.set.as_deref()),
        ("adopt", scope.adopt.then_some("true")),
        ("fieldValidation", files.strict.then_some("strict")),
    ];
    session.api.in_space(&format!("apply{}", query(&parameters)))
}

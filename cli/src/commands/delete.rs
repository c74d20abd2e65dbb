//! `eg delete`: removes resources.

use clap::Args;
use http::{Method, StatusCode};
use serde_json::json;

use crate::commands::get::item_path;
use crate::failure::Failure;
use crate::kind::Kind;
use crate::session::Session;

/// Delete resources; of a space its settings, which are as the gateway's then
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  eg delete function welcome
  eg delete cors GET%2Fhello
  eg delete eventtypes user.created user.deleted --ignore-missing")]
pub(crate) struct Arguments {
    /// Kind of the resources.
    kind: Kind,
    /// Their ids.
    #[arg(required = true)]
    ids: Vec<String>,
    /// Those that are not there are no failure.
    #[arg(long)]
    ignore_missing: bool,
}

pub(crate) fn run(arguments: &Arguments, session: &mut Session<'_>) -> Result<(), Failure> {
    let kind = arguments.kind;
    for id in &arguments.ids {
        let path = item_path(kind, id, session);
        let is_gone = match session.ask(Method::DELETE, &path, None) {
            Err(failure) if arguments.ignore_missing && failure.is_status(StatusCode::NOT_FOUND) => false,
            answer => answer.map(|_| true)?,
        };
        let sentence = match (is_gone, kind) {
            (false, _) => format!("{} {id} was not there", kind.noun()),
            (true, Kind::Space) => format!("settings of space {id} deleted"),
            (true, _) => format!("{} {id} deleted", kind.noun()),
        };
        session.done(
            &sentence,
            &json!({kind.id_member(): id, "deleted": is_gone}).to_string(),
        )?;
    }
    Ok(())
}

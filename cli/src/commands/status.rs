//! `eg status`: whether a gateway answers.

use clap::Args;
use http::Method;
use serde_json::json;

use crate::failure::Failure;
use crate::session::Session;

/// Say whether the gateway answers and takes the access key
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  eg status\n  eg status --context staging")]
pub(crate) struct Arguments {}

pub(crate) fn run(session: &mut Session<'_>) -> Result<(), Failure> {
    session.ask(Method::GET, "/v1/status", None)?;
    session.ask(Method::GET, "/v1/spaces?limit=1", None)?;
    let connection = &session.api.connection;
    let (url, space) = (connection.config_url.clone(), connection.space.clone());
    let answer =
        json!({"configUrl": url, "eventsUrl": connection.events_url, "space": space, "status": "ok"});
    session.done(
        &format!("{url} answers; the space is \"{space}\""),
        &answer.to_string(),
    )
}

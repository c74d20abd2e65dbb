//! `eg pause` and `eg resume`: whether the events of an async subscription are delivered or wait.

use clap::Args;
use http::Method;
use serde_json::json;

use crate::failure::Failure;
use crate::kind::Kind;
use crate::session::Session;

/// Let the events of an async subscription wait
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  eg pause YXN5bmMsdXNlci5jcmVhdGVkLHdlbGNvbWUsJTJGLFBPU1Q --reason 'database is moved'"
)]
pub(crate) struct PauseArguments {
    /// Id of the subscription.
    subscription_id: String,
    /// Why, for people.
    #[arg(long)]
    reason: Option<String>,
}

/// Deliver the events of a subscription again, those that waited too
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  eg resume YXN5bmMsdXNlci5jcmVhdGVkLHdlbGNvbWUsJTJGLFBPU1Q")]
pub(crate) struct ResumeArguments {
    /// Id of the subscription.
    subscription_id: String,
}

pub(crate) fn pause(arguments: &PauseArguments, session: &mut Session<'_>) -> Result<(), Failure> {
    let body = arguments
        .reason
        .as_ref()
        .map(|reason| json!({"reason": reason}).to_string());
    change(&arguments.subscription_id, "pause", body, session)
}

pub(crate) fn resume(arguments: &ResumeArguments, session: &mut Session<'_>) -> Result<(), Failure> {
    change(&arguments.subscription_id, "resume", None, session)
}

fn change(id: &str, action: &str, body: Option<String>, session: &mut Session<'_>) -> Result<(), Failure> {
    let path = session
        .api
        .in_space(&format!("{}/{action}", Kind::Subscription.item(id)));
    let text = session.ask(Method::POST, &path, body)?.text();
    session.done(&format!("subscription {id}: {action}d"), &text)
}

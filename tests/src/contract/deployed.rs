//! The cases of the contract against a deployed gateway: all but those that need what a deployment has not, or that an
//! emulator in between distorts.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use futures::{StreamExt as _, stream};
use tokio::net::TcpSocket;

use super::{
    case::Case,
    report::{CaseFailure, DeployedReport},
    run::run_case,
};
use crate::{
    client::{Deployed, Host},
    target::RecordingTarget,
};

/// Cases that run at the same time: they mostly wait for their writes to take effect.
const CONCURRENCY: usize = 16;

/// Name of this host in reports.
const HOST: &str = "deployed";

/// Cases that do not hold through the function URLs of a deployment, with the reason.
const EXCEPTIONS: [(&str, &str); 21] = [
    ("C-001", DEFAULT_CONTENT_TYPE),
    ("C-008", "the deployed Configuration API wants its access key"),
    ("C-270", HOST_IS_THE_FUNCTION),
    ("C-272", DECODED_PATH),
    ("C-275", "the emulator writes queries anew"),
    ("C-280", DECODED_PATH),
    ("C-350", DEFAULT_CONTENT_TYPE),
    ("C-456", HOST_IS_THE_FUNCTION),
    ("X-182", ONE_PROCESS),
    ("X-192", HOST_IS_THE_FUNCTION),
    ("X-1213", UTF_8_BODIES),
    (
        "X-1214",
        "repeated request headers are joined before they come here",
    ),
    ("X-1402", DEFAULT_CONTENT_TYPE),
    ("X-1571", DECODED_PATH),
    ("X-1584", DECODED_PATH),
    ("X-1614", UTF_8_BODIES),
    ("X-1640", LIMITS_OF_INSTANCES),
    ("X-1642", LIMITS_OF_INSTANCES),
    ("X-1750", LIMITS_OF_INSTANCES),
    ("X-2360", ONE_PROCESS),
    ("X-2462", "the deployment does not count what spaces use"),
];
const DEFAULT_CONTENT_TYPE: &str = "Lambda adds a content type to answers without one";
const HOST_IS_THE_FUNCTION: &str = "the host names the function, so it cannot be another";
const DECODED_PATH: &str = "the emulator decodes paths";
const UTF_8_BODIES: &str = "the emulator takes bodies for UTF-8";
const LIMITS_OF_INSTANCES: &str = "each instance counts its own calls, and keeps its own decisions";
const ONE_PROCESS: &str = "needs the metrics of one process";

/// Runs what can be run; an error means that the suite itself could not run.
pub async fn run_deployed(cases: Vec<Case>, gateway: &Deployed) -> anyhow::Result<DeployedReport> {
    let began = Instant::now();
    let closed = TcpSocket::new_v4()?;
    closed.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let closed_port = closed.local_addr()?.port();
    let target = Arc::new(RecordingTarget::start().await?);
    for (id, _) in EXCEPTIONS {
        let is_needed = cases.iter().any(|case| case.id == id && lacks(case).is_none());
        anyhow::ensure!(is_needed, "no case needs the exception of {id}");
    }

    let mut report = DeployedReport::default();
    let mut jobs = Vec::new();
    for case in cases {
        let exception = EXCEPTIONS.iter().find(|(id, _)| *id == case.id);
        match lacks(&case).or(exception.map(|(_, reason)| *reason)) {
            Some(reason) => report.left_out.entry(reason).or_default().push(case.id),
            None => jobs.push(case),
        }
    }
    let (alone, together): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|case| case.exclusive);
    for (jobs, concurrency) in [(together, CONCURRENCY), (alone, 1)] {
        let attempts = stream::iter(jobs).map(|case| attempt(case, gateway, target.clone(), closed_port));
        let mut outcomes = attempts.buffer_unordered(concurrency);
        while let Some(outcome) = outcomes.next().await {
            match outcome {
                Ok(()) => report.passed += 1,
                Err(failure) => report.failures.push(failure),
            }
        }
    }
    report.took = began.elapsed();
    Ok(report)
}

/// What a case needs that a deployment has not.
fn lacks(case: &Case) -> Option<&'static str> {
    if case.needs_connection() {
        Some("needs a connection to the gateway itself")
    } else if case.spawn.is_some() {
        Some("needs a gateway with other settings")
    } else if case.hosted {
        Some("needs hosted domains")
    } else if case.reads_metrics() {
        Some(ONE_PROCESS)
    } else {
        None
    }
}

/// A task of its own: a panic fails its case and no other.
async fn attempt(
    case: Case,
    gateway: &Deployed,
    target: Arc<RecordingTarget>,
    closed_port: u16,
) -> Result<(), CaseFailure> {
    let host = Host::Deployed(gateway.for_another_client());
    let (id, title) = (case.id.clone(), case.title.clone());
    let task = tokio::spawn(async move { run_case(&case, &host, HOST, &target, closed_port).await });
    task.await.unwrap_or_else(|error| {
        Err(CaseFailure {
            id,
            title,
            host: HOST,
            step: "the runner".to_owned(),
            differences: vec![error.to_string()],
        })
    })
}

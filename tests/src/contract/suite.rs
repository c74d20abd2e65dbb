//! Runs all cases through all hosts: side by side first, then those that must be alone.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use futures::{StreamExt as _, stream};
use tokio::net::TcpSocket;

use super::{
    case::Case,
    lambda_exceptions::LAMBDA_EXCEPTIONS,
    report::{CaseFailure, Report},
    run::run_case,
};
use crate::{
    host::{HostKind, LocalGateway},
    target::RecordingTarget,
};

/// Cases that run at the same time; they mostly wait.
const CONCURRENCY: usize = 8;

/// Domains of the gateway for hosted cases.
const HOSTED_DOMAINS: &str = "--hosted-domains=eventgateway.io,eventgateway-dev.io,slsgateway.com";

/// Their functions are on loopback, which a hosted gateway refuses otherwise.
const LOOPBACK_FUNCTIONS: &str = "--target-allow=127.0.0.0/8,::1";

/// One case on one host.
#[derive(Clone)]
struct Job {
    case: Arc<Case>,
    kind: HostKind,
}

/// What all jobs share.
struct Bench {
    target: RecordingTarget,
    self_hosted: LocalGateway,
    hosted: LocalGateway,
    closed_port: u16,
    /// Bound but not listening, so that nothing else takes the port and connections to it are refused.
    _closed: TcpSocket,
}

/// Runs the cases; an error means that the suite itself could not run.
pub async fn run_suite(cases: Vec<Case>) -> anyhow::Result<Report> {
    let began = Instant::now();
    let bench = Arc::new(Box::pin(Bench::start()).await?);
    let tcp_only = cases
        .iter()
        .filter(|case| case.needs_connection())
        .map(|case| case.id.clone())
        .collect();
    for exception in LAMBDA_EXCEPTIONS {
        let is_needed = cases
            .iter()
            .any(|case| case.id == exception.id && !case.needs_connection());
        anyhow::ensure!(is_needed, "no case needs the exception of {}", exception.id);
    }
    let jobs = cases.into_iter().map(Arc::new).flat_map(|case| {
        let hosts = HostKind::ALL
            .into_iter()
            .filter(|kind| runs_through(*kind, &case));
        hosts
            .map(|kind| Job {
                case: Arc::clone(&case),
                kind,
            })
            .collect::<Vec<_>>()
    });
    let (alone, together): (Vec<_>, Vec<_>) = jobs.partition(|job| job.case.exclusive);
    let mut report = Report {
        tcp_only,
        lambda_exceptions: LAMBDA_EXCEPTIONS.to_vec(),
        passed: HostKind::ALL.map(|kind| (kind.name(), 0)).into(),
        ..Report::default()
    };
    for (jobs, concurrency) in [(together, CONCURRENCY), (alone, 1)] {
        let attempts = stream::iter(jobs).map(|job| attempt(Arc::clone(&bench), job));
        let mut outcomes = attempts.buffer_unordered(concurrency);
        while let Some((kind, outcome)) = outcomes.next().await {
            match outcome {
                Ok(()) => report
                    .passed
                    .iter_mut()
                    .filter(|(host, _)| *host == kind.name())
                    .for_each(|(_, n)| *n += 1),
                Err(failure) => report.failures.push(failure),
            }
        }
    }
    if let Some(bench) = Arc::into_inner(bench) {
        bench.self_hosted.shutdown().await;
        bench.hosted.shutdown().await;
    }
    report.took = began.elapsed();
    Ok(report)
}

fn runs_through(kind: HostKind, case: &Case) -> bool {
    match kind {
        HostKind::Tcp => true,
        HostKind::InProcess => !case.needs_connection(),
        HostKind::Lambda => {
            !case.needs_connection() && LAMBDA_EXCEPTIONS.iter().all(|exception| exception.id != case.id)
        }
    }
}

impl Bench {
    async fn start() -> anyhow::Result<Self> {
        let closed = TcpSocket::new_v4()?;
        closed.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        Ok(Self {
            target: RecordingTarget::start().await?,
            self_hosted: Box::pin(LocalGateway::start::<&str>(&[])).await?,
            hosted: Box::pin(LocalGateway::start(&[HOSTED_DOMAINS, LOOPBACK_FUNCTIONS])).await?,
            closed_port: closed.local_addr()?.port(),
            _closed: closed,
        })
    }

    async fn run(&self, job: &Job) -> Result<(), CaseFailure> {
        let Job { case, kind } = job;
        let Some(spawn) = &case.spawn else {
            let gateway = if case.hosted {
                &self.hosted
            } else {
                &self.self_hosted
            };
            return run_case(
                case,
                &gateway.host(*kind),
                kind.name(),
                &self.target,
                self.closed_port,
            )
            .await;
        };
        // Boxed: it holds all settings.
        let gateway = match Box::pin(LocalGateway::start(&spawn.flags)).await {
            Ok(gateway) => gateway,
            Err(error) => {
                return Err(failure(
                    job,
                    format!("start of a gateway with {:?}", spawn.flags),
                    format!("{error:#}"),
                ));
            }
        };
        let outcome = run_case(
            case,
            &gateway.host(*kind),
            kind.name(),
            &self.target,
            self.closed_port,
        )
        .await;
        gateway.shutdown().await;
        outcome
    }
}

/// A task of its own per job: a panic fails its case and no other.
async fn attempt(bench: Arc<Bench>, job: Job) -> (HostKind, Result<(), CaseFailure>) {
    let kind = job.kind;
    let task = tokio::spawn({
        let job = job.clone();
        async move { bench.run(&job).await }
    });
    let outcome = task
        .await
        .unwrap_or_else(|error| Err(failure(&job, "the runner".to_owned(), error.to_string())));
    (kind, outcome)
}

fn failure(job: &Job, step: String, difference: String) -> CaseFailure {
    CaseFailure {
        id: job.case.id.clone(),
        title: job.case.title.clone(),
        host: job.kind.name(),
        step,
        differences: vec![difference],
    }
}

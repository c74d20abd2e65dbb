//! A gateway to test, started in this process from the command line flags that the binary understands.

use std::ffi::OsString;

use event_gateway::RunningGateway;
use setup::Settings;
use tempfile::TempDir;

use crate::client::Host;

/// The ways to reach a [`LocalGateway`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKind {
    /// Its routers.
    InProcess,
    /// Its listeners.
    Tcp,
    /// Its routers as functions of AWS Lambda.
    Lambda,
}

impl HostKind {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 3] = [Self::InProcess, Self::Tcp, Self::Lambda];

    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::InProcess => "in-process",
            Self::Tcp => "tcp",
            Self::Lambda => "lambda",
        }
    }
}

/// A running gateway with an empty store of its own on free loopback ports.
#[derive(Debug)]
pub struct LocalGateway {
    running: RunningGateway,
    /// Removed when the gateway is dropped.
    _data: TempDir,
}

impl LocalGateway {
    /// Starts a gateway with these flags beyond ports and data directory.
    pub async fn start<S: AsRef<str>>(flags: &[S]) -> anyhow::Result<Self> {
        let data = tempfile::tempdir()?;
        let mut directory = OsString::from("--embed-data-dir=");
        directory.push(data.path());
        // The last is the host of the functions on AWS Lambda.
        let fixed = [
            "event-gateway",
            "--dev",
            "--events-port=0",
            "--config-port=0",
            "--config-hosts=tests.lambda-url.eu-central-1.on.aws",
        ];
        let mut arguments: Vec<OsString> = fixed.into_iter().map(OsString::from).collect();
        arguments.push(directory);
        arguments.extend(flags.iter().map(|flag| OsString::from(flag.as_ref())));
        let running = event_gateway::start(&Settings::try_from_args(arguments)?).await?;
        Ok(Self { running, _data: data })
    }

    /// The gateway as this kind of host.
    pub fn host(&self, kind: HostKind) -> Host {
        match kind {
            HostKind::InProcess => {
                let (events, config) = self.running.routers();
                Host::InProcess { events, config }
            }
            HostKind::Tcp => Host::Tcp {
                events: self.running.events_addr,
                config: self.running.config_addr,
            },
            HostKind::Lambda => {
                let (events, config) = self.running.routers();
                Host::Lambda {
                    events: lambda::http::service(events),
                    config: lambda::http::service(config),
                }
            }
        }
    }

    /// Ends the gateway; returns when it has.
    pub async fn shutdown(self) {
        self.running.shutdown().await;
    }
}

//! From settings to a gateway that answers, and to its end.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use api::config::{ConfigApi, Diagnosis};
use api::events::EventsApi;
use api::{BytesInFlight, ClientConnections};
use axum::Router;
use gateway::{Gateway, OwnConfigApi};
use records::AccessLog;
use setup::Parts;
use setup::settings::{ConfigListener, Settings};
use setup::telemetry::{self, TelemetryError};
use setup::wiring::WiringError;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use traces::Tracer;

use crate::certificate::TlsError;
use crate::connection::{self, ConnectionSettings, serve};
use crate::data_folder;
use crate::listener::{ListenError, listen, listen_on_loopback};
use crate::tls::{self, ListenerTls};

/// Interval in which recorded histogram values are folded into their buckets.
const METRICS_UPKEEP: Duration = Duration::from_secs(1);

/// Time in which is written at the end what spaces used.
const USAGE_END: Duration = Duration::from_secs(2);

/// Time in which the last lines of the access log are written.
const ACCESS_LOG_END: Duration = Duration::from_secs(1);

/// Time in which the last spans are sent.
const SPANS_END: Duration = Duration::from_secs(2);

/// A gateway that serves both APIs.
#[derive(Debug)]
pub struct RunningGateway {
    /// Where the Events API can be reached from this machine.
    pub events_addr: SocketAddr,
    /// Where the Configuration API can be reached from this machine.
    pub config_addr: SocketAddr,
    /// URLs of both APIs, events first.
    pub urls: [String; 2],
    gateway: Gateway,
    events: EventsApi,
    config: Router,
    stop: watch::Sender<bool>,
    servers: [JoinHandle<()>; 2],
    workers: JoinHandle<()>,
    stream_tail: Option<JoinHandle<()>>,
    upkeep: JoinHandle<()>,
    orphans: JoinHandle<()>,
    usage: JoinHandle<()>,
    erasures: JoinHandle<()>,
    renewals: Vec<JoinHandle<()>>,
    access_log: Option<AccessLog>,
    tracer: Tracer,
    diagnosis: Diagnosis,
    shutdown_timeout: Duration,
}

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A plugin of the original was asked for.
    #[error(
        "plugins of the original event gateway are Go programs and cannot be loaded: remove the flag -plugin"
    )]
    Plugin,
    /// A port cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A listener has no address.
    #[error("a listener has no address")]
    Address(#[source] std::io::Error),
    /// A certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Store or targets cannot be set up.
    #[error(transparent)]
    Wiring(#[from] WiringError),
    /// Metrics cannot be set up.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
}

/// Opens the store, binds the ports and starts to serve.
pub async fn start(settings: &Settings) -> Result<RunningGateway, StartError> {
    if !settings.former.plugin.is_empty() {
        return Err(StartError::Plugin);
    }
    let listen_on = &settings.listen;
    // Ports first: a second gateway on the same machine learns of its mistake before it looks for its store.
    let events_listener = listen("Events", listen_on.events_address(), listen_on.events_port)?;
    let config_place = settings.config_listener();
    let config_listener = match config_place {
        ConfigListener::Loopback => listen_on_loopback("Config", listen_on.config_port)?,
        ConfigListener::At(address) => listen("Config", address, listen_on.config_port)?,
    };
    let [events_tls, config_tls] = acceptors(settings)?;
    let events_addr = events_listener.reachable_address().map_err(StartError::Address)?;
    let config_addr = config_listener.reachable_address().map_err(StartError::Address)?;
    let own_config_api = OwnConfigApi::at(config_listener.addresses().map_err(StartError::Address)?);
    let urls = [
        url(events_tls.is_some(), events_addr),
        url(config_tls.is_some(), config_addr),
    ];

    let counts = settings.metrics.is_on();
    let recorder = counts.then(telemetry::metrics_recorder).transpose()?;
    let parts = Box::pin(Parts::open_beside(settings, own_config_api)).await?;
    warn_of_openness(settings, config_place);
    let gateway = parts.gateway()?;
    let events = parts.events_api(gateway.clone());
    let most_connections = settings.limits.max_connections;
    let clients = [(); 2].map(|()| ClientConnections::new(most_connections));
    let config_api = config_api(&parts, settings, &gateway, &clients)?;
    let diagnosis = config_api.diagnosis.clone();
    let [events_clients, config_clients] = clients;
    let erasures = erasing(&config_api);
    let (in_flight, config_in_flight) = (gateway.in_flight(), config_api.limits.in_flight);
    let config = api::config::router(config_api);

    let renewals = renewals(&[&events_tls, &config_tls], listen_on.tls_reload_interval);
    let (stop, stopping) = watch::channel(false);
    let limits = &settings.limits;
    let events_timeouts = (limits.events_read_timeout, limits.events_write_timeout);
    let config_timeouts = (limits.config_read_timeout, limits.config_write_timeout);
    let servers = [
        tokio::spawn(serve(
            events_listener,
            {
                let events = events.clone();
                move |origin| connection::events(&events, origin)
            },
            connections(settings, events_clients, events_tls, events_timeouts, in_flight),
            stopping.clone(),
        )),
        tokio::spawn(serve(
            config_listener,
            {
                let config = config.clone();
                move |origin| connection::config(&config, origin)
            },
            connections(
                settings,
                config_clients,
                config_tls,
                config_timeouts,
                config_in_flight,
            ),
            stopping,
        )),
    ];
    let workers = tokio::spawn(run_workers(gateway.clone(), settings.queue.workers()));
    let stream_tail = parts
        .stream_tail()
        .await?
        .map(|tail| tokio::spawn(tail.run(stop.subscribe())));
    let upkeep = tokio::spawn(keep_up(move || {
        if let Some(recorder) = &recorder {
            recorder.run_upkeep();
        }
    }));
    let orphans = tokio::spawn(give_up_orphans(gateway.clone()));
    let usage = tokio::spawn(run_usage(gateway.clone()));
    let shutdown_timeout = listen_on.shutdown_timeout;
    Ok(RunningGateway {
        events_addr,
        config_addr,
        urls,
        gateway,
        events,
        config,
        stop,
        servers,
        workers,
        stream_tail,
        upkeep,
        orphans,
        usage,
        erasures,
        renewals,
        access_log: parts.access_log(),
        tracer: parts.tracer(),
        diagnosis,
        shutdown_timeout,
    })
}

async fn run_workers(gateway: Gateway, workers: usize) {
    gateway.run_workers(workers).await;
}

async fn give_up_orphans(gateway: Gateway) {
    gateway.give_up_orphans().await;
}

async fn run_usage(gateway: Gateway) {
    gateway.run_usage().await;
}

/// Has what was recorded of metrics folded, again and again.
async fn keep_up(fold: impl Fn()) {
    loop {
        tokio::time::sleep(METRICS_UPKEEP).await;
        fold();
    }
}

/// What encrypts the connections of the Events API and of the Configuration API, where they are encrypted.
fn acceptors(settings: &Settings) -> Result<[Option<ListenerTls>; 2], TlsError> {
    let listen_on = &settings.listen;
    let speaks_http2 = settings.speaks_http2();
    let events = tls::acceptor(
        ["--events-tls-cert", "--events-tls-key"],
        listen_on.events_tls_cert.as_deref(),
        listen_on.events_tls_key.as_deref(),
        speaks_http2,
    )?;
    let config = tls::acceptor(
        ["--config-tls-cert", "--config-tls-key"],
        listen_on.config_tls_cert.as_deref(),
        listen_on.config_tls_key.as_deref(),
        speaks_http2,
    )?;
    Ok([events, config])
}

/// The Configuration API, with the engine beside it to ask what authorizers would answer, which events were the last, what has been
/// counted and what is in hand.
fn config_api(
    parts: &Parts<'_>,
    settings: &Settings,
    gateway: &Gateway,
    [events, config]: &[ClientConnections; 2],
) -> Result<ConfigApi, TelemetryError> {
    let mut config_api = parts.config_api(Some(settings.access.config_hosts.clone()))?;
    config_api.authorizers = Some(gateway.authorizer_inquiry());
    config_api.recent_events = gateway.recent_events();
    config_api.metrics = config_api.metrics.with_engine(gateway.clone());
    let diagnosis = config_api.diagnosis;
    config_api.diagnosis = diagnosis.of_gateway(gateway.clone(), events.clone(), config.clone());
    Ok(config_api)
}

/// What removes tenants whose time to be deleted has come.
fn erasing(config_api: &ConfigApi) -> JoinHandle<()> {
    let config_api = config_api.clone();
    tokio::spawn(async move { config_api.erase_overdue_tenants().await })
}

/// The URL of an API as the start-up line has it.
fn url(is_tls: bool, address: SocketAddr) -> String {
    let scheme = if is_tls { "https" } else { "http" };
    format!("{scheme}://localhost:{}", address.port())
}

/// Says what is open though nobody has said that it should be: functions' addresses, and the Configuration API; also
/// where the latter is not open though it seems so. Functions on AWS say none of it: each instance would say it again.
fn warn_of_openness(settings: &Settings, listener: ConfigListener) {
    data_folder::warn_if_open(settings);
    if settings.is_guard_left_off() {
        tracing::warn!(
            "Functions may have any address, also in the gateway's own network: if others register functions, set \
             --target-guard=on."
        );
    }
    if settings.access.has_key() {
        return;
    }
    match listener {
        ConfigListener::At(address) if !address.is_loopback() => tracing::warn!(
            "The Configuration API has no access key and is open to whoever reaches {address}: set \
             --config-access-key, or remove --config-bind-address."
        ),
        ConfigListener::Loopback if !settings.listen.is_bind_address_left_out() => tracing::warn!(
            "The Configuration API has no access key, so that --bind-address is not for it: it listens for this \
             machine only. Set --config-access-key or --config-bind-address."
        ),
        ConfigListener::At(_) | ConfigListener::Loopback => {}
    }
}

/// What reads the certificates of the listeners anew, where they have some.
fn renewals(listeners: &[&Option<ListenerTls>], interval: Duration) -> Vec<JoinHandle<()>> {
    let certificates = listeners.iter().filter_map(|tls| tls.as_ref());
    let renewed = certificates.filter(|_| !interval.is_zero());
    renewed
        .map(|tls| tokio::spawn(tls.certificate.clone().renew(interval)))
        .collect()
}

fn connections(
    settings: &Settings,
    connections: ClientConnections,
    tls: Option<ListenerTls>,
    (read_timeout, write_timeout): (Duration, Duration),
    in_flight: BytesInFlight,
) -> ConnectionSettings {
    let limits = &settings.limits;
    ConnectionSettings {
        tls: tls.map(|tls| tls.acceptor),
        max_header_bytes: limits.max_header_bytes,
        connections,
        max_streams: if settings.speaks_http2() {
            limits.max_streams_per_connection
        } else {
            0
        },
        read_timeout,
        write_timeout,
        least_rate: limits.least_rate(),
        in_flight,
        in_flight_http2: limits.http2_in_flight(),
        request_ids: settings.answer_options().request_ids,
    }
}

impl RunningGateway {
    /// Both APIs as routers, events first, to be called without a socket. Behind its port the Events API has none.
    pub fn routers(&self) -> (Router, Router) {
        (self.events.clone().into_router(), self.config.clone())
    }

    /// What is asked for what the gateway has in hand.
    pub fn diagnosis(&self) -> &Diagnosis {
        &self.diagnosis
    }

    /// Ends the gateway (docs/contract.md §2.10): new events get 503, requests in progress are answered, deliveries that
    /// were begun are finished, all within the time that the settings allow. What waits on disk or in SQS stays there;
    /// what waits in memory is delivered as well.
    pub async fn shutdown(self) {
        let Self {
            gateway,
            stop,
            servers: [events, config],
            workers,
            stream_tail,
            upkeep,
            orphans,
            usage,
            erasures,
            renewals,
            access_log,
            tracer,
            shutdown_timeout,
            ..
        } = self;
        orphans.abort();
        erasures.abort();
        gateway.drain();
        let _ = stop.send(true);
        let ended = within(shutdown_timeout, async {
            // What is still to be queued: by requests, and by dead letters that are redriven. A stream may go on for
            // long after its request has queued all that it ever will, so it must not keep the queue open.
            gateway.drained().await;
            let _ = config.await;
            gateway.queue().close();
            let _ = tokio::join!(events, workers, gateway.upgraded_ended());
            if let Some(stream_tail) = stream_tail {
                let _ = stream_tail.await;
            }
        });
        if !ended.await {
            tracing::error!(
                backlog = gateway.queue().backlog(),
                "The time to shut down is over."
            );
        }
        upkeep.abort();
        usage.abort();
        if let Some(usage) = gateway.usage() {
            // Whatever was not done in time has been counted as far as it came.
            within(USAGE_END, usage.flush()).await;
        }
        renewals.iter().for_each(JoinHandle::abort);
        if let Some(access_log) = access_log {
            access_log.flush(ACCESS_LOG_END).await;
        }
        tracer.flush(SPANS_END).await;
    }
}

/// Whether something ends within a time.
async fn within(time: Duration, work: impl Future<Output = ()>) -> bool {
    tokio::time::timeout(time, work).await.is_ok()
}

//! Whether requests and deliveries have spans, of how many of them, and where these are sent. Variables that OpenTelemetry
//! names are read by those names, so that what sets them for all programs of a machine sets them here.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use traces::{OtlpEndpoint, OtlpEndpointError, OtlpHeaders, OtlpSettings, SinkSettings, TracerSettings};

use super::{SampleShare, Switch, milliseconds};
use crate::VERSION;

/// Spans of requests and deliveries.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Traces")]
pub struct SpanSettings {
    /// Base URL of what takes spans by OTLP over HTTP, such as `http://localhost:4318`; without it there are none.
    #[arg(
        long = "otlp-endpoint",
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        default_value = "",
        hide_default_value = true,
        hide_env_values = true,
        value_name = "URL"
    )]
    pub place: SpanPlace,
    /// Headers that go with spans, as name=value,name=value with values percent-encoded; prefer the variable.
    #[arg(
        long = "otlp-headers",
        env = "OTEL_EXPORTER_OTLP_HEADERS",
        default_value = "",
        hide_default_value = true,
        hide_env_values = true,
        value_name = "HEADERS"
    )]
    pub headers: OtlpHeaders,
    /// What the gateway is called among services.
    #[arg(
        long = "otlp-service-name",
        env = "OTEL_SERVICE_NAME",
        default_value = "event-gateway",
        value_name = "NAME"
    )]
    pub service: String,
    /// Send spans to the daemon of AWS X-Ray instead, and be part of the traces of AWS Lambda.
    #[arg(
        long = "xray",
        env = "EVENT_GATEWAY_XRAY",
        default_value = "off",
        hide_possible_values = true,
        value_name = "on|off"
    )]
    pub xray: Switch,
    /// UDP address of the daemon of AWS X-Ray.
    #[arg(
        long = "xray-daemon",
        env = "AWS_XRAY_DAEMON_ADDRESS",
        default_value = "127.0.0.1:2000",
        value_name = "ADDRESS"
    )]
    pub xray_daemon: XRayDaemon,
    /// Share of the traces that begin in the gateway which are recorded, from 0 to 1; others are as their callers decided.
    #[arg(
        long = "trace-sample-ratio",
        env = "EVENT_GATEWAY_TRACE_SAMPLE_RATIO",
        default_value = "0.05",
        value_name = "SHARE"
    )]
    pub share: SampleShare,
    /// Spans that wait to be sent; further ones are left out and counted.
    #[arg(
        id = "otlp_backlog",
        long = "otlp-backlog",
        env = "OTEL_BSP_MAX_QUEUE_SIZE",
        default_value_t = 2048,
        value_name = "COUNT"
    )]
    pub backlog: usize,
    /// Spans that are sent together.
    #[arg(
        long = "otlp-batch",
        env = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        default_value_t = 512,
        value_name = "COUNT"
    )]
    pub batch: usize,
    /// Time for which spans wait for others to be sent with, in milliseconds.
    #[arg(long = "otlp-interval", env = "OTEL_BSP_SCHEDULE_DELAY", default_value = "5000", value_parser = milliseconds, value_name = "MS")]
    pub interval: Duration,
    /// Time in which spans have to be taken, in milliseconds.
    #[arg(long = "otlp-timeout", env = "OTEL_EXPORTER_OTLP_TIMEOUT", default_value = "10000", value_parser = milliseconds, value_name = "MS")]
    pub timeout: Duration,
}

/// What takes spans, if anything does. An empty variable says nothing, as OpenTelemetry has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanPlace(pub Option<OtlpEndpoint>);

impl FromStr for SpanPlace {
    type Err = OtlpEndpointError;

    fn from_str(text: &str) -> Result<Self, OtlpEndpointError> {
        let text = text.trim();
        let endpoint = (!text.is_empty()).then(|| text.parse()).transpose()?;
        Ok(Self(endpoint))
    }
}

/// Where the daemon of AWS X-Ray is: an address, or `tcp:ADDRESS udp:ADDRESS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XRayDaemon(pub SocketAddr);

/// A text that is no such place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an IP address with a port, such as 127.0.0.1:2000, or udp:ADDRESS among others")]
pub struct NoDaemon;

impl FromStr for XRayDaemon {
    type Err = NoDaemon;

    fn from_str(text: &str) -> Result<Self, NoDaemon> {
        let udp = text.split_whitespace().find_map(|part| part.strip_prefix("udp:"));
        udp.unwrap_or(text).parse().map(Self).map_err(|_| NoDaemon)
    }
}

impl SpanSettings {
    /// Whether there are spans.
    pub fn is_on(&self) -> bool {
        self.place.0.is_some() || self.xray.is_on()
    }

    /// Whether requests are parts of the traces of AWS Lambda.
    pub fn joins_xray(&self) -> bool {
        self.xray.is_on()
    }

    /// How spans are recorded and sent; `None` where there are none.
    pub fn tracer(&self) -> Option<TracerSettings> {
        let service = self.service.clone();
        let sink = if self.xray.is_on() {
            let daemon = self.xray_daemon.0;
            SinkSettings::XRay { daemon, service }
        } else {
            SinkSettings::Otlp(OtlpSettings {
                endpoint: self.place.0.clone()?,
                headers: self.headers.clone(),
                timeout: self.timeout,
                service,
                version: VERSION,
            })
        };
        Some(TracerSettings {
            share: self.share.0,
            backlog: self.backlog,
            batch: self.batch,
            interval: self.interval,
            sink,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    fn settings(flags: &[&str]) -> Settings {
        Settings::try_from_args(["event-gateway"].iter().chain(flags)).unwrap()
    }

    #[test]
    fn there_are_none_unless_something_takes_them() {
        for flags in [&[][..], &["--otlp-endpoint="], &["--otlp-endpoint", " "]] {
            let settings = settings(flags);
            assert!(!settings.spans.is_on() && settings.spans.tracer().is_none());
            assert!(!settings.traces().context);
        }
        let settings = settings(&["--otlp-endpoint=http://localhost:4318"]);
        assert!(settings.spans.is_on() && settings.traces().context);
        let tracer = settings.spans.tracer().unwrap();
        assert_eq!((tracer.share, tracer.backlog, tracer.batch), (0.05, 2048, 512));
        let SinkSettings::Otlp(otlp) = tracer.sink else {
            panic!("{tracer:?}");
        };
        assert_eq!(otlp.service, "event-gateway");
    }

    #[test]
    fn the_daemon_of_xray_is_where_aws_says() {
        for (flag, want) in [
            ("--xray=on", "127.0.0.1:2000"),
            ("--xray-daemon=169.254.79.129:2000", "169.254.79.129:2000"),
            (
                "--xray-daemon=tcp:127.0.0.1:2000 udp:127.0.0.2:2001",
                "127.0.0.2:2001",
            ),
        ] {
            let settings = settings(&["--otlp-endpoint=http://localhost:4318", "--xray=on", flag]);
            let SinkSettings::XRay { daemon, .. } = settings.spans.tracer().unwrap().sink else {
                panic!("{flag}");
            };
            assert_eq!(daemon.to_string(), want);
        }
        assert_eq!("localhost:2000".parse::<XRayDaemon>(), Err(NoDaemon));
    }

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        for flag in [
            "--otlp-headers=api-key:s3cret",
            "--otlp-endpoint=http://s3cret@localhost",
        ] {
            let error = Settings::try_from_args(["event-gateway", flag]).unwrap_err();
            let text = error.to_string();
            // What was written on the command line is the operator's own; the reason says nothing of it.
            let (_, reason) = text.split_once("': ").unwrap();
            assert!(!reason.contains("s3cret"), "{text}");
        }
        let flag = "--otlp-headers=api-key=s3cret";
        let shown = format!("{:?}", settings(&[flag]).spans);
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

//! Whether requests and deliveries have spans, of how many of them, and where these are sent. Variables that OpenTelemetry
//! names are read by those names, so that what sets them for all programs of a machine sets them here.

use std::convert::Infallible;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use traces::{OtlpEndpoint, OtlpEndpointError, OtlpHeaders, OtlpSettings, SinkSettings, TracerSettings};

use super::{SampleShare, Switch, milliseconds};
use crate::VERSION;

/// Where the daemon of AWS X-Ray is unless it is said.
const XRAY_DAEMON: &str = "127.0.0.1:2000";

/// What the gateway is called among services unless it is said.
const SERVICE: &str = "event-gateway";

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
        default_value = SERVICE,
        value_parser = or_default(SERVICE.to_owned(), str::parse),
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
        default_value = XRAY_DAEMON,
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
        default_value = "2048",
        value_parser = or_default(2048_usize, str::parse),
        value_name = "COUNT"
    )]
    pub backlog: usize,
    /// Spans that are sent together.
    #[arg(
        long = "otlp-batch",
        env = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        default_value = "512",
        value_parser = or_default(512_usize, str::parse),
        value_name = "COUNT"
    )]
    pub batch: usize,
    /// Time for which spans wait for others to be sent with, in milliseconds.
    #[arg(long = "otlp-interval", env = "OTEL_BSP_SCHEDULE_DELAY", default_value = "5000", value_parser = or_default(Duration::from_secs(5), milliseconds), value_name = "MS")]
    pub interval: Duration,
    /// Time in which spans have to be taken, in milliseconds.
    #[arg(long = "otlp-timeout", env = "OTEL_EXPORTER_OTLP_TIMEOUT", default_value = "10000", value_parser = or_default(Duration::from_secs(10), milliseconds), value_name = "MS")]
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

/// Where the daemon of AWS X-Ray is: `ADDRESS`, or `tcp:ADDRESS udp:ADDRESS`. It is looked up where spans are sent there: the
/// variable is there for other programs as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XRayDaemon(pub String);

impl FromStr for XRayDaemon {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let udp = text.split_whitespace().find_map(|part| part.strip_prefix("udp:"));
        let daemon = Some(udp.unwrap_or(text.trim())).filter(|daemon| !daemon.is_empty());
        Ok(Self(daemon.unwrap_or(XRAY_DAEMON).to_owned()))
    }
}

/// What a text says, and the default for an empty one: to OpenTelemetry an empty variable is none.
fn or_default<T: Clone, E>(
    default: T,
    read: impl Fn(&str) -> Result<T, E> + Clone,
) -> impl Fn(&str) -> Result<T, E> + Clone {
    move |text| match text.trim() {
        "" => Ok(default.clone()),
        text => read(text),
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
            let daemon = self.xray_daemon.0.clone();
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
            ("--xray-daemon=xray:2000", "xray:2000"),
            ("--xray-daemon=", "127.0.0.1:2000"),
        ] {
            let settings = settings(&["--otlp-endpoint=http://localhost:4318", "--xray=on", flag]);
            let SinkSettings::XRay { daemon, .. } = settings.spans.tracer().unwrap().sink else {
                panic!("{flag}");
            };
            assert_eq!(daemon, want);
        }
    }

    #[test]
    fn empty_variables_are_none() {
        let empty = [
            "--otlp-service-name=",
            "--otlp-headers=",
            "--otlp-backlog=",
            "--otlp-batch= ",
            "--otlp-interval=",
            "--otlp-timeout=",
        ];
        let (given, usual) = (settings(&empty).spans, settings(&[]).spans);
        assert_eq!(format!("{given:?}"), format!("{usual:?}"));
    }

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        for flag in [
            "--otlp-headers=api-key:s3cret",
            "--otlp-endpoint=http://s3cret@localhost",
        ] {
            let error = Settings::try_from_args(["event-gateway", flag]).unwrap_err();
            let text = error.to_string();
            assert!(text.contains("--otlp-") && !text.contains("s3cret"), "{text}");
        }
        let flag = "--otlp-headers=api-key=s3cret";
        let shown = format!("{:?}", settings(&[flag]).spans);
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

//! Which requests are noted in the access log, where, and how.

use std::path::PathBuf;
use std::str::FromStr;

use api::{AccessLogFormat, LoggedRequests};
use clap::{Args, ValueEnum};

/// The access log.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Access log")]
pub struct AccessLogSettings {
    /// Which requests have a line in the access log: none, all, or those that fail.
    #[arg(
        long = "access-log",
        env = "EVENT_GATEWAY_ACCESS_LOG",
        default_value = "off",
        hide_possible_values = true,
        value_name = "off|all|failures"
    )]
    pub requests: AccessLogSetting,
    /// Form of its lines: json or combined.
    #[arg(
        long = "access-log-format",
        env = "EVENT_GATEWAY_ACCESS_LOG_FORMAT",
        default_value = "json",
        hide_possible_values = true,
        value_name = "FORMAT"
    )]
    pub format: FormatSetting,
    /// Share of the requests that do not fail which have a line, from 0 to 1.
    #[arg(
        long = "access-log-sample",
        env = "EVENT_GATEWAY_ACCESS_LOG_SAMPLE",
        default_value = "1",
        value_name = "SHARE"
    )]
    pub sample: SampleShare,
    /// File that lines are added to; stderr unless set.
    #[arg(
        long = "access-log-file",
        env = "EVENT_GATEWAY_ACCESS_LOG_FILE",
        value_name = "FILE"
    )]
    pub file: Option<PathBuf>,
    /// Lines that wait to be written; further ones are left out and counted.
    #[arg(
        long = "access-log-backlog",
        env = "EVENT_GATEWAY_ACCESS_LOG_BACKLOG",
        default_value_t = 4096,
        value_name = "COUNT"
    )]
    pub backlog: usize,
}

/// Which requests have a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AccessLogSetting {
    /// None.
    Off,
    /// All.
    All,
    /// Those that fail.
    Failures,
}

/// Form of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatSetting {
    /// JSON objects.
    Json,
    /// The combined format of web servers.
    Combined,
}

/// A share of requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleShare(pub f64);

/// A text that is no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number from 0 to 1")]
pub struct NoShare;

impl FromStr for SampleShare {
    type Err = NoShare;

    fn from_str(text: &str) -> Result<Self, NoShare> {
        let share: f64 = text.parse().map_err(|_| NoShare)?;
        (0.0..=1.0).contains(&share).then_some(Self(share)).ok_or(NoShare)
    }
}

impl AccessLogSettings {
    /// Whether any request may have a line.
    pub fn is_on(&self) -> bool {
        self.requests().is_some()
    }

    /// Which requests have a line, if any have.
    pub fn requests(&self) -> Option<LoggedRequests> {
        match self.requests {
            AccessLogSetting::Off => None,
            AccessLogSetting::All => Some(LoggedRequests::All),
            AccessLogSetting::Failures => Some(LoggedRequests::Failures),
        }
    }

    /// Form of the lines.
    pub fn format(&self) -> AccessLogFormat {
        match self.format {
            FormatSetting::Json => AccessLogFormat::Json,
            FormatSetting::Combined => AccessLogFormat::Combined,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_from_nothing_to_all() {
        for (text, want) in [
            ("0", Ok(SampleShare(0.0))),
            ("1", Ok(SampleShare(1.0))),
            ("0.01", Ok(SampleShare(0.01))),
            ("1.1", Err(NoShare)),
            ("-1", Err(NoShare)),
            ("NaN", Err(NoShare)),
            ("half", Err(NoShare)),
        ] {
            assert_eq!(text.parse(), want, "{text}");
        }
    }
}

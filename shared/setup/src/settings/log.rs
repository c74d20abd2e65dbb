//! What is logged and how.

use std::str::FromStr;

use clap::Args;
use tracing::level_filters::LevelFilter;

/// Logging.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Logging")]
pub struct LogSettings {
    /// Development mode: readable logs, none left out.
    #[arg(
        long = "dev",
        env = "EVENT_GATEWAY_DEV",
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        action = clap::ArgAction::Set,
        value_name = "true|false"
    )]
    pub dev: bool,
    /// Least level that is logged: debug, info, warn or error.
    #[arg(
        long = "log-level",
        env = "EVENT_GATEWAY_LOG_LEVEL",
        default_value = "info",
        value_name = "LEVEL"
    )]
    pub log_level: LogLevel,
    /// Form of the log: text or json; json unless in development mode.
    #[arg(long = "log-format", env = "EVENT_GATEWAY_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

impl LogSettings {
    /// The form of the log.
    pub fn format(&self) -> LogFormat {
        self.log_format.unwrap_or(if self.dev {
            LogFormat::Text
        } else {
            LogFormat::Json
        })
    }
}

/// Least level that is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLevel(pub LevelFilter);

/// A word that is no log level or format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of {0}")]
pub struct UnknownWord(&'static str);

impl FromStr for LogLevel {
    type Err = UnknownWord;

    /// Takes the original's names, and `err`, which its help promised (Q31), in any letter case.
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Ok(Self(match text.to_ascii_lowercase().as_str() {
            "debug" => LevelFilter::DEBUG,
            "info" => LevelFilter::INFO,
            "warn" => LevelFilter::WARN,
            "err" | "error" | "dpanic" | "panic" | "fatal" => LevelFilter::ERROR,
            _ => return Err(UnknownWord("debug, info, warn, error")),
        }))
    }
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people: time, level, message and fields between tabs.
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(UnknownWord("text, json")),
        }
    }
}

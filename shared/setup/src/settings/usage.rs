//! Whether it is counted what spaces use, and what is kept of it.

use std::time::Duration;

use clap::Args;
use gateway::UsageSettings as CountingSettings;

use super::{Switch, milliseconds};

/// What spaces use.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Usage")]
pub struct UsageSettings {
    /// Count what spaces use, by the hour.
    #[arg(
        long = "usage",
        env = "EVENT_GATEWAY_USAGE",
        default_value = "on",
        hide_possible_values = true,
        value_name = "on|off"
    )]
    pub usage: Switch,
    /// Time between two writes of what was counted, in milliseconds; with 0 a function on AWS Lambda writes with each
    /// invocation.
    #[arg(long = "usage-interval", env = "EVENT_GATEWAY_USAGE_INTERVAL", default_value = "10000", value_parser = milliseconds, value_name = "MS")]
    pub usage_interval: Duration,
    /// How long it is kept what spaces used, in milliseconds, 92 days unless set.
    #[arg(long = "usage-max-age", env = "EVENT_GATEWAY_USAGE_MAX_AGE", default_value = "7948800000", value_parser = milliseconds, value_name = "MS")]
    pub usage_max_age: Duration,
    /// Most rows in memory, each of what a space used in an hour.
    #[arg(
        long = "usage-max-rows",
        env = "EVENT_GATEWAY_USAGE_MAX_ROWS",
        default_value_t = 100_000,
        value_name = "COUNT"
    )]
    pub usage_max_rows: usize,
}

impl UsageSettings {
    /// How it is counted, if it is.
    pub(crate) fn counting(&self) -> Option<CountingSettings> {
        self.usage.is_on().then_some(CountingSettings {
            interval: self.usage_interval,
            most_rows: self.usage_max_rows,
        })
    }
}

#[cfg(test)]
mod tests {
    use store::USUAL_USAGE_AGE;

    use super::super::Settings;
    use super::*;

    #[test]
    fn it_is_counted_unless_it_is_off() {
        let settings = |args: &[&str]| {
            let args = ["event-gateway"].iter().chain(args).copied();
            Settings::try_from_args(args).unwrap().usage
        };
        let usual = settings(&[]);
        assert_eq!(usual.usage_max_age, USUAL_USAGE_AGE);
        let counting = usual.counting().unwrap();
        assert_eq!(
            (counting.interval, counting.most_rows),
            (Duration::from_secs(10), 100_000)
        );
        assert_eq!(settings(&["--usage=off"]).counting(), None);
        let often = settings(&["--usage-interval=0", "--usage-max-rows=7"])
            .counting()
            .unwrap();
        assert_eq!((often.interval, often.most_rows), (Duration::ZERO, 7));
    }
}

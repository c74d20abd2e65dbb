//! What spaces of a plan may have and do, and how many of them a tenant may have.

use std::time::Duration;

use serde::Deserialize;

use super::{FillRate, Quota};
use crate::resource::{CallRate, RATE_BOUNDS, RateLimit};

/// What spaces of a plan may have and do. What it leaves out is as the gateway is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct QuotaPlan {
    /// Events that a space takes.
    pub events: Option<QuotaRate>,
    /// Attempts to deliver events to its async subscriptions.
    pub deliveries: Option<QuotaRate>,
    /// Deliveries that may wait, in an embedded queue.
    pub waiting: Option<usize>,
    /// Calls of functions that clients wait for at a time, in each process.
    pub sync_calls: Option<usize>,
    /// Event types that may be registered.
    pub event_types: Option<usize>,
    /// Functions that may be registered.
    pub functions: Option<usize>,
    /// Subscriptions that may be made.
    pub subscriptions: Option<usize>,
    /// CORS configurations that may be made.
    pub cors: Option<usize>,
    /// Keys that may be made.
    pub keys: Option<usize>,
    /// Spaces that a tenant on the plan may have.
    pub spaces: Option<usize>,
    /// Bytes that all that is registered may have, as JSON.
    pub configuration_bytes: Option<usize>,
}

impl QuotaPlan {
    /// How many there may be of what is counted one by one; `None` where the plan does not say, and for rates.
    pub fn count(&self, quota: Quota) -> Option<usize> {
        match quota {
            Quota::Events | Quota::Deliveries => None,
            Quota::Waiting => self.waiting,
            Quota::SyncCalls => self.sync_calls,
            Quota::EventTypes => self.event_types,
            Quota::Functions => self.functions,
            Quota::Subscriptions => self.subscriptions,
            Quota::Cors => self.cors,
            Quota::Keys => self.keys,
            Quota::ConfigurationBytes => self.configuration_bytes,
        }
    }

    /// How many there may be a second, of what has a rate.
    pub fn rate(&self, quota: Quota) -> Option<QuotaRate> {
        match quota {
            Quota::Events => self.events,
            Quota::Deliveries => self.deliveries,
            Quota::Waiting
            | Quota::SyncCalls
            | Quota::EventTypes
            | Quota::Functions
            | Quota::Subscriptions
            | Quota::Cors
            | Quota::Keys
            | Quota::ConfigurationBytes => None,
        }
    }
}

/// So many a second on average, and at once after a while without any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "GivenRate")]
pub struct QuotaRate {
    rate: CallRate,
    burst: u32,
}

/// A rate as a plan has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenRate {
    rate: f64,
    burst: Option<u32>,
}

impl TryFrom<GivenRate> for QuotaRate {
    type Error = String;

    fn try_from(given: GivenRate) -> Result<Self, String> {
        let (least, most) = (RATE_BOUNDS.0, f64::from(RATE_BOUNDS.1));
        if !(least..=most).contains(&given.rate) {
            return Err(format!("rate must be {least} to {most}"));
        }
        if given
            .burst
            .is_some_and(|burst| !(1..=RATE_BOUNDS.1).contains(&burst))
        {
            return Err(format!("burst must be 1 to {most}"));
        }
        let limit = RateLimit {
            rate: Some(given.rate.into()),
            burst: given.burst,
            concurrency: None,
        };
        Ok(Self {
            rate: given.rate.into(),
            burst: limit.burst(),
        })
    }
}

impl QuotaRate {
    /// How many a second, on average.
    pub fn per_second(&self) -> f64 {
        self.rate.into()
    }

    /// How many at once after a while without any.
    pub fn burst(&self) -> u32 {
        self.burst
    }

    /// Time between two of them.
    pub fn interval(&self) -> Duration {
        self.rate.interval()
    }

    /// How a bucket for it fills.
    pub fn fill_rate(&self) -> FillRate {
        FillRate::new(self.rate.interval(), self.burst)
    }
}

//! How many calls a subscription or a function takes: on average, at once, and at a time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::json::{JsonError, Object};
use crate::validation::Violations;

/// Most calls a second, at once and at a time that a limit may name.
const MOST: u32 = 1_000_000;
/// Fewest calls a second: one in about a quarter of an hour, which is as long as a delivery usually waits.
const FEWEST_PER_SECOND: f64 = 0.001;

/// The bounds of rates and bursts.
pub(crate) const RATE_BOUNDS: (f64, u32) = (FEWEST_PER_SECOND, MOST);

/// The limit of a subscription or a function. What it leaves open is not limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RateLimit {
    /// Calls a second, on average; 0.001 to 1000000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, minimum = 0.001, maximum = 1_000_000, nullable = false)]
    pub rate: Option<CallRate>,
    /// Calls at once after a while without any; 1 to 1000000, as many as in a second by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000, nullable = false)]
    pub burst: Option<u32>,
    /// Calls at a time; 1 to 1000000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000, nullable = false)]
    pub concurrency: Option<u32>,
}

/// Calls a second, in thousandths, so that two are the same or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "f64", into = "f64")]
pub struct CallRate(u32);

impl CallRate {
    /// Time between two calls.
    pub fn interval(self) -> Duration {
        Duration::from_secs_f64(1000.0 / f64::from(self.0))
    }

    /// Calls in a second, at least one.
    fn in_a_second(self) -> u32 {
        self.0.div_ceil(1000).max(1)
    }
}

impl From<f64> for CallRate {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it lies between the bounds"
    )]
    fn from(per_second: f64) -> Self {
        let bounded = per_second.clamp(FEWEST_PER_SECOND, f64::from(MOST));
        Self((bounded * 1000.0).round() as u32)
    }
}

impl From<CallRate> for f64 {
    fn from(rate: CallRate) -> Self {
        Self::from(rate.0) / 1000.0
    }
}

impl RateLimit {
    /// Calls at once after a while without any.
    pub fn burst(&self) -> u32 {
        self.burst.or(self.rate.map(CallRate::in_a_second)).unwrap_or(1)
    }

    /// Reads the member `rateLimit`, and notes what is out of bounds. `None` when nothing is set.
    pub(crate) fn decode(
        resource: &Object<'_>,
        violations: &mut Violations,
    ) -> Result<Option<Self>, JsonError> {
        let Some(object) = resource.object("rateLimit")? else {
            return Ok(None);
        };
        let rate = object.number("rate")?;
        let burst = object.integer("burst")?;
        let concurrency = object.integer("concurrency")?;
        let outside = |number: f64, least: f64| {
            if number < least {
                Some("min")
            } else {
                (number > f64::from(MOST)).then_some("max")
            }
        };
        let outside_counts = |count: i64| match count {
            ..1 => Some("min"),
            count => (count > i64::from(MOST)).then_some("max"),
        };
        // A burst is how a rate may be used up.
        let is_missing = burst.is_some() && rate.is_none();
        let broken_rate = rate.and_then(|rate| outside(rate, FEWEST_PER_SECOND));
        violations
            .check("RateLimit.Rate", broken_rate.or(is_missing.then_some("required")))
            .check("RateLimit.Burst", burst.and_then(outside_counts))
            .check("RateLimit.Concurrency", concurrency.and_then(outside_counts));
        let count = |count: Option<i64>| count.and_then(|count| count.try_into().ok());
        let limit = Self {
            rate: rate.map(CallRate::from),
            burst: count(burst),
            concurrency: count(concurrency),
        };
        Ok((limit != Self::default()).then_some(limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(member: &str) -> Result<Option<RateLimit>, String> {
        let body = format!(r#"{{"rateLimit":{member}}}"#);
        let object = Object::from_slice(body.as_bytes()).unwrap();
        let mut violations = Violations::of("Function");
        let limit = RateLimit::decode(&object, &mut violations).map_err(|err| err.to_string())?;
        violations.into_result().map_err(|err| err.to_string())?;
        Ok(limit)
    }

    #[test]
    fn limits_are_shown_as_they_were_set() {
        for (member, want) in [
            (r#"{"rate":5}"#, r#"{"rate":5.0}"#),
            (r#"{"rate":0.5,"burst":3}"#, r#"{"rate":0.5,"burst":3}"#),
            (r#"{"concurrency":2}"#, r#"{"concurrency":2}"#),
        ] {
            let limit = decode(member).unwrap().unwrap();
            let json = serde_json::to_string(&limit).unwrap();
            assert_eq!(json, want);
            assert_eq!(serde_json::from_str::<RateLimit>(&json).unwrap(), limit);
        }
        assert_eq!(decode("{}"), Ok(None));
        assert_eq!(decode("null"), Ok(None));
    }

    #[test]
    fn what_is_out_of_bounds_is_named() {
        for (member, want) in [
            (r#"{"rate":0}"#, "'Rate' failed on the 'min' tag"),
            (r#"{"rate":1000001}"#, "'Rate' failed on the 'max' tag"),
            (r#"{"burst":2}"#, "'Rate' failed on the 'required' tag"),
            (r#"{"rate":1,"burst":0}"#, "'Burst' failed on the 'min' tag"),
            (r#"{"concurrency":-1}"#, "'Concurrency' failed on the 'min' tag"),
        ] {
            let text = decode(member).unwrap_err();
            assert!(text.contains(want), "{member} {text}");
        }
        assert!(decode(r#"{"rate":"1"}"#).is_err());
        assert!(decode("1").is_err());
    }

    #[test]
    fn bursts_and_intervals() {
        for (member, burst, millis) in [
            (r#"{"rate":10}"#, 10, 100),
            (r#"{"rate":0.5}"#, 1, 2000),
            (r#"{"rate":10,"burst":1}"#, 1, 100),
        ] {
            let limit = decode(member).unwrap().unwrap();
            assert_eq!(limit.burst(), burst, "{member}");
            let interval = limit.rate.unwrap().interval();
            assert_eq!(interval.as_millis(), millis, "{member}");
        }
    }
}

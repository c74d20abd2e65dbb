//! Policies of request bodies, with their bounds.

use super::{MOST_AGE, MOST_ATTEMPTS, MOST_DELAY, RetryPolicy, Seconds};
use crate::json::{JsonError, Object};
use crate::validation::Violations;

impl RetryPolicy {
    /// Reads the member `retry` of a subscription, and notes what is out of bounds. `None` when nothing is set.
    pub(crate) fn decode(
        object: &Object<'_>,
        violations: &mut Violations,
    ) -> Result<Option<Self>, JsonError> {
        let max_attempts = object.integer("maxAttempts")?;
        let max_age = object.integer("maxAgeSeconds")?;
        let min_delay = object.number("minDelay")?;
        let max_delay = object.number("maxDelay")?;

        let policy = Self {
            max_attempts: max_attempts.and_then(|attempts| attempts.try_into().ok()),
            max_age_seconds: max_age.and_then(|age| age.try_into().ok()),
            min_delay: min_delay.and_then(Seconds::from_number),
            max_delay: max_delay.and_then(Seconds::from_number),
        };
        let is_shorter = policy.max_delay < policy.min_delay;
        let broken_order = (max_delay.is_some() && is_shorter).then_some("gtefield=MinDelay");
        violations
            .check(
                "Retry.MaxAttempts",
                max_attempts.and_then(|attempts| outside(attempts, 1, MOST_ATTEMPTS.into())),
            )
            .check(
                "Retry.MaxAgeSeconds",
                max_age.and_then(|age| outside(age, 1, MOST_AGE.as_secs().cast_signed())),
            )
            .check("Retry.MinDelay", min_delay.and_then(outside_delays))
            .check(
                "Retry.MaxDelay",
                max_delay.and_then(outside_delays).or(broken_order),
            );
        Ok((policy != Self::default()).then_some(policy))
    }
}

/// The rule that a number breaks if it must lie within two bounds.
fn outside<N: PartialOrd + Copy>(number: N, least: N, most: N) -> Option<&'static str> {
    if number < least {
        Some("min")
    } else {
        (number > most).then_some("max")
    }
}

fn outside_delays(seconds: f64) -> Option<&'static str> {
    outside(seconds, 0.0, MOST_DELAY.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> Result<Option<RetryPolicy>, String> {
        let object = Object::from_slice(text.as_bytes()).unwrap();
        let mut violations = Violations::of("Subscription");
        let policy = RetryPolicy::decode(&object, &mut violations).map_err(|err| err.to_string())?;
        violations.into_result().map_err(|err| err.to_string())?;
        Ok(policy)
    }

    #[test]
    fn what_is_set_comes_back_as_it_was() {
        for (given, want) in [
            (r#"{"maxAttempts":1}"#, r#"{"maxAttempts":1}"#),
            (
                r#"{"maxAttempts":1000,"maxAgeSeconds":1209600}"#,
                r#"{"maxAttempts":1000,"maxAgeSeconds":1209600}"#,
            ),
            (r#"{"maxAgeSeconds":1}"#, r#"{"maxAgeSeconds":1}"#),
            (
                r#"{"maxDelay":43200,"minDelay":43200.0}"#,
                r#"{"minDelay":43200,"maxDelay":43200}"#,
            ),
            (r#"{"minDelay":0,"maxDelay":0}"#, r#"{"minDelay":0,"maxDelay":0}"#),
            (
                r#"{"MINDELAY":0.29,"maxattempts":9,"other":[]}"#,
                r#"{"maxAttempts":9,"minDelay":0.29}"#,
            ),
            (r#"{"maxDelay":0.05,"minDelay":null}"#, r#"{"maxDelay":0.05}"#),
            // The defaults follow what is set: neither breaks the order of the two bounds.
            (r#"{"minDelay":3600}"#, r#"{"minDelay":3600}"#),
        ] {
            let policy = decode(given).unwrap().unwrap();
            assert_eq!(serde_json::to_string(&policy).unwrap(), want);
            assert_eq!(serde_json::from_str::<RetryPolicy>(want).unwrap(), policy);
        }
        for nothing in ["{}", "null", r#"{"maxAttempts":null}"#, r#"{"attempts":3}"#] {
            assert_eq!(decode(nothing), Ok(None), "{nothing}");
        }
    }

    #[test]
    fn bounds() {
        for (given, broken) in [
            (r#"{"maxAttempts":0}"#, &[("MaxAttempts", "min")][..]),
            (r#"{"maxAttempts":-1}"#, &[("MaxAttempts", "min")]),
            (r#"{"maxAttempts":1001}"#, &[("MaxAttempts", "max")]),
            (r#"{"maxAttempts":4294967297}"#, &[("MaxAttempts", "max")]),
            (r#"{"maxAgeSeconds":0}"#, &[("MaxAgeSeconds", "min")]),
            (r#"{"maxAgeSeconds":1209601}"#, &[("MaxAgeSeconds", "max")]),
            (r#"{"minDelay":-0.0001}"#, &[("MinDelay", "min")]),
            (r#"{"minDelay":43200.001}"#, &[("MinDelay", "max")]),
            (r#"{"maxDelay":-1}"#, &[("MaxDelay", "min")]),
            (r#"{"maxDelay":1e300}"#, &[("MaxDelay", "max")]),
            (
                r#"{"minDelay":2,"maxDelay":1.999}"#,
                &[("MaxDelay", "gtefield=MinDelay")],
            ),
            (
                r#"{"minDelay":-1,"maxDelay":-2}"#,
                &[("MinDelay", "min"), ("MaxDelay", "min")],
            ),
            (
                r#"{"maxAttempts":0,"maxAgeSeconds":0,"minDelay":1e9,"maxDelay":1}"#,
                &[
                    ("MaxAttempts", "min"),
                    ("MaxAgeSeconds", "min"),
                    ("MinDelay", "max"),
                    ("MaxDelay", "gtefield=MinDelay"),
                ],
            ),
        ] {
            let want: Vec<_> = broken
                .iter()
                .map(|(field, tag)| {
                    format!(
                        "Key: 'Subscription.Retry.{field}' Error:Field validation for '{field}' failed on the '{tag}' tag"
                    )
                })
                .collect();
            assert_eq!(decode(given).unwrap_err(), want.join("\n"), "{given}");
        }
    }

    #[test]
    fn nothing_is_coerced() {
        for (given, found, field, wanted) in [
            (r#"{"maxAttempts":"3"}"#, "string", "maxAttempts", "int"),
            (r#"{"maxAttempts":3.0}"#, "number", "maxAttempts", "int"),
            (r#"{"maxAgeSeconds":true}"#, "bool", "maxAgeSeconds", "int"),
            (r#"{"minDelay":"1"}"#, "string", "minDelay", "float64"),
            (r#"{"minDelay":1e400}"#, "number", "minDelay", "float64"),
            (r#"{"maxDelay":{}}"#, "object", "maxDelay", "float64"),
        ] {
            let want =
                format!("json: cannot unmarshal {found} into Go struct field {field} of type {wanted}");
            assert_eq!(decode(given).unwrap_err(), want, "{given}");
        }
    }
}

//! What a Lambda function says of its own failure. `FunctionError` is `Unhandled` of nearly all of them and tells nobody
//! what to mend; `errorType` and `errorMessage` of the payload do.

use bytes::Bytes;
use domain::retry::FailureClass;
use serde::Deserialize;

use crate::aws::AwsIdentity;
use crate::error::InvokeError;
use crate::http::Redaction;

/// Most characters of what the function says that are told.
const MOST_DETAIL: usize = 512;

/// The payload of a failure; runtimes add traces.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failed {
    #[serde(default)]
    error_type: Option<String>,
    #[serde(default)]
    error_message: Option<String>,
}

/// What must not be shown of a function's words: the credentials that it was called with.
pub(super) fn redaction(identity: &AwsIdentity) -> Redaction {
    let mut redaction = Redaction::default();
    for secret in identity.secrets() {
        redaction.add(secret);
    }
    redaction
}

/// The error of a call whose function failed. `kind` is its `FunctionError`.
pub(super) fn failed(kind: &str, payload: &Bytes, redaction: &Redaction) -> InvokeError {
    InvokeError::FunctionFailed {
        detail: detail(kind, payload, redaction),
        class: FailureClass::Transient,
        retry_after: None,
        response: redaction.last_response(None, payload),
    }
}

/// The kind of a failure and, where it says so, its type and message in one line.
pub(super) fn detail(kind: &str, payload: &[u8], redaction: &Redaction) -> String {
    let Ok(failed) = serde_json::from_slice::<Failed>(payload) else {
        return kind.to_owned();
    };
    let said = [failed.error_type, failed.error_message];
    let said: Vec<String> = said
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .collect();
    // Redacted before it is cut, and after escapes are read: neither must hide a part of a secret.
    let said = redaction.beginning(&said.join(": ").into());
    let said = String::from_utf8_lossy(&said);
    let said = said
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter });
    let said: String = said.take(MOST_DETAIL).collect();
    if said.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind}: {said}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_say_what_the_function_said() {
        let identity = AwsIdentity {
            secret_access_key: "SECRET/KEY".to_owned(),
            ..AwsIdentity::default()
        };
        let redaction = redaction(&identity);
        for (payload, want) in [
            (
                r#"{"errorType":"TypeError","errorMessage":"x is\nno function","trace":["a"]}"#,
                "Unhandled: TypeError: x is no function",
            ),
            (r#"{"errorMessage":"no luck"}"#, "Unhandled: no luck"),
            (
                r#"{"errorType":"Runtime.ExitError","errorMessage":null}"#,
                "Unhandled: Runtime.ExitError",
            ),
            (r#"{"errorMessage":"got SECRET\/KEY"}"#, "Unhandled: got *****"),
            (r#"{"errorType":"","errorMessage":""}"#, "Unhandled"),
            (r#"{"errorMessage":7}"#, "Unhandled"),
            ("{}", "Unhandled"),
            ("null", "Unhandled"),
            ("Task timed out", "Unhandled"),
            ("", "Unhandled"),
        ] {
            assert_eq!(
                detail("Unhandled", payload.as_bytes(), &redaction),
                want,
                "{payload}"
            );
        }
        let long = format!(r#"{{"errorMessage":"{}"}}"#, "ä".repeat(100_000));
        let detail = detail("Handled", long.as_bytes(), &redaction);
        assert_eq!(detail.chars().count(), "Handled: ".len() + MOST_DETAIL);
    }

    #[test]
    fn what_is_kept_of_a_failure_is_redacted() {
        let identity = AwsIdentity {
            session_token: "TOKEN".to_owned(),
            ..AwsIdentity::default()
        };
        let payload = Bytes::from_static(br#"{"errorMessage":"of TOKEN"}"#);
        let error = failed("Unhandled", &payload, &redaction(&identity));
        let response = error.last_response().unwrap();
        assert_eq!(response.body, r#"{"errorMessage":"of *****"}"#);
        assert!(!format!("{error} {error:?}").contains("TOKEN"), "{error:?}");
    }

    #[test]
    fn reading_is_linear() {
        let payload = |n| format!(r#"{{"errorType":"T","errorMessage":"{}"}}"#, r"\n".repeat(n));
        let redaction = Redaction::default();
        scaling::assert_linear("a long message", 400, payload, |payload| {
            detail("Unhandled", payload.as_bytes(), &redaction)
        });
    }
}

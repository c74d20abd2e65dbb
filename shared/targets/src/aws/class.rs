//! What an error of AWS says about another attempt. The code decides; where it is none of these, the status does.
//!
//! | code | class | why |
//! |---|---|---|
//! | any with `Throttl` in it, those of [`THROTTLES`], status 429 | throttled | AWS asks for fewer calls |
//! | any that passes and comes with `Retry-After` | throttled | the same |
//! | [`EXPIRED`], function with its own credentials | permanent | nobody renews them |
//! | [`EXPIRED`], credentials of the gateway | transient | the default chain renews them |
//! | those of [`PASSING`] | transient | the next attempt may do better, whatever the status |
//! | those of [`LASTING`] | permanent | the function cannot start as it is configured, although the status is 502 |
//! | status 408, 409, 423, 425 and from 500 up | transient | timeouts, conflicts, states and limits that pass |
//! | other status from 400 up to 499 | permanent | refused credentials, unknown resources, invalid or too large calls |

use std::time::Duration;

use domain::retry::FailureClass;

/// Codes that ask for fewer calls beside those with `Throttl` in them.
const THROTTLES: [&str; 9] = [
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "LimitExceededException",
    "ExecutionLimitExceeded",
    "BandwidthLimitExceeded",
    "SlowDown",
    "PriorRequestNotComplete",
    // Firehose says so when the limits of a stream are exceeded.
    "ServiceUnavailableException",
];
/// Codes of failures that pass although their status does not say so: a clock that is set right, a key whose state
/// changes, a file system or a start of a function that broke. Services write codes of KMS in ways of their own.
const PASSING: [&str; 11] = [
    "RequestExpired",
    "RequestTimeTooSkewed",
    "RequestTimeout",
    "RequestTimeoutException",
    "KMSInvalidStateException",
    "KMSInvalidState",
    "KmsInvalidState",
    "KmsInvalidStateException",
    "KMS.InvalidStateException",
    "EFSIOException",
    "SnapStartException",
];
/// Codes of failures that last although their status is that of a broken server.
const LASTING: [&str; 8] = [
    "EC2AccessDeniedException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSNotFoundException",
    "InvalidRuntimeException",
    "InvalidSecurityGroupIDException",
    "InvalidSubnetIDException",
    "InvalidZipFileException",
];
/// Codes of temporary credentials that are used up.
const EXPIRED: [&str; 2] = ["ExpiredTokenException", "ExpiredToken"];
/// Client errors that may be over at the next try.
const PASSING_STATUSES: [u16; 4] = [408, 409, 423, 425];

/// What decides on the class of an error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signs<'a> {
    pub(super) code: &'a str,
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    /// Whether the function has credentials of its own, rather than those of the gateway.
    pub(super) own_credentials: bool,
}

/// The class that these signs stand for.
pub(super) fn of(signs: Signs<'_>) -> FailureClass {
    let Signs { code, status, .. } = signs;
    let is_throttle = code.contains("Throttl") || THROTTLES.contains(&code) || status == 429;
    if is_throttle {
        FailureClass::Throttled
    } else if is_permanent(signs) {
        FailureClass::Permanent
    } else if signs.retry_after.is_some() {
        FailureClass::Throttled
    } else {
        FailureClass::Transient
    }
}

fn is_permanent(signs: Signs<'_>) -> bool {
    let Signs { code, status, .. } = signs;
    if EXPIRED.contains(&code) {
        signs.own_credentials
    } else if PASSING.contains(&code) {
        false
    } else {
        LASTING.contains(&code) || ((400..500).contains(&status) && !PASSING_STATUSES.contains(&status))
    }
}

#[cfg(test)]
mod tests {
    use FailureClass::{Permanent, Throttled, Transient};

    use super::*;

    fn class(code: &str, status: u16) -> FailureClass {
        of(Signs {
            code,
            status,
            retry_after: None,
            own_credentials: true,
        })
    }

    #[test]
    fn codes_and_statuses() {
        for (code, status, want) in [
            ("ThrottlingException", 400, Throttled),
            ("KMSThrottlingException", 400, Throttled),
            ("EC2ThrottledException", 502, Throttled),
            ("RequestThrottled", 403, Throttled),
            ("ProvisionedThroughputExceededException", 400, Throttled),
            ("TooManyRequestsException", 429, Throttled),
            ("ServiceUnavailableException", 503, Throttled),
            ("Anything", 429, Throttled),
            ("ResourceConflictException", 409, Transient),
            ("ResourceNotReadyException", 502, Transient),
            ("ENILimitReachedException", 502, Transient),
            ("SubnetIPAddressLimitReachedException", 502, Transient),
            ("EFSIOException", 410, Transient),
            ("EFSMountTimeoutException", 408, Transient),
            ("EFSMountFailureException", 403, Permanent),
            ("SnapStartException", 400, Transient),
            ("SnapStartNotReadyException", 409, Transient),
            ("KMSInvalidStateException", 502, Transient),
            ("KMS.InvalidStateException", 400, Transient),
            ("KMSDisabledException", 502, Permanent),
            ("KMSAccessDeniedException", 502, Permanent),
            ("InvalidZipFileException", 502, Permanent),
            ("ExecutionLimitExceeded", 400, Throttled),
            ("KmsInvalidStateException", 400, Transient),
            ("KMSInvalidState", 400, Transient),
            ("StateMachineDeleting", 400, Permanent),
            ("AuthorizationError", 403, Permanent),
            ("RequestExpired", 400, Transient),
            ("RequestTimeout", 400, Transient),
            ("ResourceNotFoundException", 404, Permanent),
            ("ValidationException", 400, Permanent),
            ("RequestTooLargeException", 413, Permanent),
            ("InvalidSignatureException", 403, Permanent),
            ("InternalFailure", 500, Transient),
            ("", 500, Transient),
            ("", 400, Permanent),
        ] {
            assert_eq!(class(code, status), want, "{code} {status}");
        }
    }

    #[test]
    fn credentials_of_the_gateway_are_renewed() {
        for code in EXPIRED {
            let signs = |own_credentials| Signs {
                code,
                status: 403,
                retry_after: None,
                own_credentials,
            };
            assert_eq!(
                (of(signs(true)), of(signs(false))),
                (Permanent, Transient),
                "{code}"
            );
        }
    }

    #[test]
    fn a_named_time_asks_for_fewer_calls() {
        let class = |status| {
            of(Signs {
                code: "ServiceException",
                status,
                retry_after: Some(Duration::from_secs(1)),
                own_credentials: true,
            })
        };
        assert_eq!((class(503), class(403)), (Throttled, Permanent));
    }
}

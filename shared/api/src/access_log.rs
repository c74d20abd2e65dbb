//! Which requests have a line in the access log, and in which form.

use records::AccessLog;

mod entry;
mod logged_body;

pub(crate) use entry::Entry;
pub(crate) use logged_body::logged_body;

/// How requests are noted in the access log. A handle: clones share the log.
#[derive(Debug, Clone)]
pub struct AccessLogging {
    /// The log.
    pub log: AccessLog,
    /// Which requests have a line.
    pub requests: LoggedRequests,
    /// The share of them that has one, from 0 to 1; failures have one always.
    pub share: f64,
    /// What a line looks like.
    pub format: AccessLogFormat,
}

/// Which requests have a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoggedRequests {
    /// All.
    All,
    /// Those that are answered with a status from 400 up, or not to the end.
    Failures,
}

/// What a line looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessLogFormat {
    /// A JSON object, as the lines of the rest of the log are.
    Json,
    /// The combined format of web servers, with the id of the request and two times after it.
    Combined,
}

impl AccessLogging {
    /// Whether a request is to have a line.
    pub(crate) fn wants(&self, is_failure: bool) -> bool {
        match self.requests {
            _ if is_failure => true,
            LoggedRequests::All => self.share >= 1.0 || fastrand::f64() < self.share,
            LoggedRequests::Failures => false,
        }
    }

    /// Notes a request.
    pub(crate) fn note(&self, entry: &Entry) {
        self.log.note(match self.format {
            AccessLogFormat::Json => entry.json(),
            AccessLogFormat::Combined => entry.combined(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_never_left_out() {
        let logging = |requests, share| AccessLogging {
            log: AccessLog::at_once(),
            requests,
            share,
            format: AccessLogFormat::Json,
        };
        for (requests, share, want) in [
            (LoggedRequests::All, 1.0, true),
            (LoggedRequests::All, 0.0, false),
            (LoggedRequests::Failures, 1.0, false),
        ] {
            assert_eq!(logging(requests, share).wants(false), want);
            assert!(logging(requests, share).wants(true));
        }
        let half = logging(LoggedRequests::All, 0.5);
        let wanted = (0..10_000).filter(|_| half.wants(false)).count();
        assert!((4_000..6_000).contains(&wanted), "{wanted}");
    }
}

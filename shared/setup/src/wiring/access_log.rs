//! The access log, which both APIs share.

use api::AccessLogging;
use records::AccessLog;

use super::WiringError;
use crate::settings::AccessLogSettings;

/// How the process ends: what lives on has a thread for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// It lives on between requests.
    GoesOn,
    /// It is stopped whenever it has answered.
    StopsBetweenRequests,
}

/// Opens it, if there is to be one.
pub(super) fn open(settings: &AccessLogSettings, life: Life) -> Result<Option<AccessLogging>, WiringError> {
    let Some(requests) = settings.requests() else {
        return Ok(None);
    };
    let log = match (&settings.file, life) {
        (Some(file), _) => AccessLog::to_file(file, settings.backlog).map_err(WiringError::AccessLog)?,
        (None, Life::GoesOn) => AccessLog::to_stderr(settings.backlog).map_err(WiringError::AccessLog)?,
        (None, Life::StopsBetweenRequests) => AccessLog::at_once(),
    };
    Ok(Some(AccessLogging {
        log,
        requests,
        share: settings.sample.0,
        format: settings.format(),
    }))
}

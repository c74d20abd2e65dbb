//! What is kept of the records of changes.

use std::time::Duration;

use clap::Args;
use store::AuditLimits;

use super::milliseconds;

/// Records of changes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Configuration store")]
pub struct AuditSettings {
    /// Records of changes that the embedded store keeps of each space; with 0 no store records any.
    #[arg(
        long = "audit-max-records",
        env = "EVENT_GATEWAY_AUDIT_MAX_RECORDS",
        default_value_t = 10_000,
        value_name = "COUNT"
    )]
    pub audit_max_records: u64,
    /// Bytes of the records of changes that the embedded store keeps of each space.
    #[arg(
        long = "audit-max-bytes",
        env = "EVENT_GATEWAY_AUDIT_MAX_BYTES",
        default_value_t = 64 * 1024 * 1024,
        value_name = "BYTES"
    )]
    pub audit_max_bytes: u64,
    /// How long records of changes are kept, in milliseconds, 400 days unless set; 0 is no limit.
    #[arg(long = "audit-max-age", env = "EVENT_GATEWAY_AUDIT_MAX_AGE", default_value = "34560000000", value_parser = milliseconds, value_name = "MS")]
    pub audit_max_age: Duration,
}

impl AuditSettings {
    /// What is kept; `None` where nothing is recorded.
    pub(crate) fn limits(&self) -> Option<AuditLimits> {
        (self.audit_max_records > 0).then(|| AuditLimits {
            records: self.audit_max_records,
            bytes: self.audit_max_bytes,
            age: (!self.audit_max_age.is_zero()).then_some(self.audit_max_age),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    #[test]
    fn changes_are_recorded_unless_none_is_to_be_kept() {
        let limits = |args: &[&str]| {
            let args = ["event-gateway"].iter().chain(args).copied();
            Settings::try_from_args(args).unwrap().audit.limits()
        };
        assert_eq!(limits(&[]), Some(AuditLimits::USUAL));
        assert_eq!(limits(&["--audit-max-records=0"]), None);
        let endless = [
            "--audit-max-age=0",
            "--audit-max-records=5",
            "--audit-max-bytes=7",
        ];
        let endless = limits(&endless).unwrap();
        assert_eq!((endless.records, endless.bytes, endless.age), (5, 7, None));
    }
}

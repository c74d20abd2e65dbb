//! What is recorded of the changes of a space, as it is kept and read.

use std::time::Duration;

/// What is kept of the records of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditLimits {
    /// Most records of a space, of which there is at least one. A table does not count them.
    pub records: u64,
    /// Most bytes of the texts of a space's records, of which there is at least one. A table does not count them.
    pub bytes: u64,
    /// How long they are kept; `None` without a limit. A table may keep them some days longer.
    pub age: Option<Duration>,
}

/// Most bytes of the texts of a page, unless one record has more.
pub(crate) const PAGE_BYTES: usize = 1024 * 1024;

/// Records of a space, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// Not more than were asked for.
    pub records: Vec<KeptRecord>,
    /// Whether there are older ones.
    pub has_more: bool,
}

/// A record as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRecord {
    /// The version of the space that it led to.
    pub version: u64,
    /// Its text, in the form of RFC 8785.
    pub text: String,
    /// SHA-256 of the text, in hexadecimal digits.
    pub hash: String,
}

impl AuditLimits {
    /// 10,000 records, or 64 MiB of them, for 400 days.
    pub const USUAL: Self = Self {
        records: 10_000,
        bytes: 64 * 1024 * 1024,
        age: Some(Duration::from_hours(400 * 24)),
    };
}

impl AuditPage {
    /// Makes a page of records, the newest first, of which one more than wanted is looked at.
    pub(crate) fn of<E>(
        records: impl Iterator<Item = Result<KeptRecord, E>>,
        limit: usize,
    ) -> Result<Self, E> {
        let (mut page, mut bytes) = (Vec::new(), 0);
        for record in records {
            let record = record?;
            bytes += record.text.len();
            if page.len() == limit || (bytes > PAGE_BYTES && !page.is_empty()) {
                return Ok(Self {
                    records: page,
                    has_more: true,
                });
            }
            page.push(record);
        }
        Ok(Self {
            records: page,
            has_more: false,
        })
    }
}

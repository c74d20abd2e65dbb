//! What is recorded of each change of a configuration: who made it, from where, and what is different since. The records of
//! a space are a chain: each has the hash of the one before it, so that none can be changed or taken out of the middle
//! without a trace (docs/security.md).

mod actor;
mod author;
mod change;
mod difference;
mod made;
mod record;
mod trail;

pub use actor::Actor;
pub use author::Author;
pub use change::{AuditedChange, ChangeOperation, ChangedResource};
pub use difference::{Difference, ValueDigest};
pub use made::MadeRecords;
pub use record::{AuditHead, AuditRecord, SealedRecord};
pub use trail::AuditTrail;

#[cfg(test)]
mod tests;

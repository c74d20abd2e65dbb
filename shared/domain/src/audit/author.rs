//! On whose behalf a configuration is changed.

use std::net::IpAddr;

use super::actor::Actor;
use super::made::MadeRecords;
use super::record::SealedRecord;

/// On whose behalf something is written, and by which request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Who.
    pub actor: Actor,
    /// Address of the client, where it is known.
    pub address: Option<IpAddr>,
    /// Id of the request.
    pub request_id: Option<String>,
    /// What was asked for, such as `space.apply`; the change itself says where nothing was.
    pub operation: Option<String>,
    /// Who is told of the records that are made, if anybody.
    pub made: Option<MadeRecords>,
}

impl Author {
    /// The gateway itself, which nobody asked.
    pub fn gateway() -> Self {
        Self {
            actor: Actor::Gateway,
            address: None,
            request_id: None,
            operation: None,
            made: None,
        }
    }

    /// Records of the author's are in effect.
    pub fn note(&self, records: impl IntoIterator<Item = SealedRecord>) {
        if let Some(made) = &self.made {
            for record in records {
                made.note(record);
            }
        }
    }
}

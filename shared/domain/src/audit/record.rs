//! A record, and the chain that it is part of.

use std::net::IpAddr;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::actor::Actor;
use super::change::{AuditedChange, ChangedResource};
use crate::canonical_json::canonical;
use crate::ids::Space;
use crate::timestamp::Timestamp;

/// What is recorded of one write of a space.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    /// The space.
    #[schema(value_type = String)]
    pub space: Space,
    /// How many changes of resources it has seen with these: that before is less by as many as are in this record.
    pub version: u64,
    /// When, in RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub time: Timestamp,
    /// Who.
    pub actor: Actor,
    /// Address of the client, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub address: Option<IpAddr>,
    /// Id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub request_id: Option<String>,
    /// What was asked for, such as `function.create` or `space.apply`.
    pub operation: String,
    /// What it changed.
    pub changes: Vec<AuditedChange>,
    /// Hash of the record before; the first one has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub previous: Option<String>,
}

/// A record as it is kept: its text in the form of RFC 8785, and the hash of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRecord {
    /// The space.
    pub space: Space,
    /// The version that the record led to.
    pub version: u64,
    /// When it was made, in milliseconds since the Unix epoch.
    pub at: u64,
    /// Its text.
    pub text: String,
    /// SHA-256 of its text, in hexadecimal digits.
    pub hash: String,
    /// What it is about. It is part of the text, and not kept beside it.
    pub changed: Vec<ChangedResource>,
}

/// The newest record of a space: what the next one goes on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Its version.
    pub version: u64,
    /// Its hash.
    pub hash: String,
}

impl AuditRecord {
    /// The record as it is kept.
    pub fn sealed(self) -> Result<SealedRecord, serde_json::Error> {
        let text = canonical(&serde_json::to_value(&self)?);
        let hash = hex::encode(Sha256::digest(&text));
        let changed = self.changes.iter().map(AuditedChange::changed).collect();
        Ok(SealedRecord {
            changed,
            space: self.space,
            version: self.version,
            at: self.time.millis(),
            text,
            hash,
        })
    }
}

impl SealedRecord {
    /// What the next record goes on from.
    pub fn head(&self) -> AuditHead {
        AuditHead {
            version: self.version,
            hash: self.hash.clone(),
        }
    }
}

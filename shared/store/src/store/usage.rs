//! What spaces use: rows of the counts of those who count, and their sums.

use std::collections::BTreeMap;
use std::ops::Range;

use domain::ids::Space;
use domain::usage::{UsageCounts, UsageRow};

use super::Store;
use crate::error::StoreError;
use crate::usage_day::UsageDayClaim;

impl Store {
    /// Writes rows, each in the place of the one that its writer wrote before of that space and hour. Where it fails any of
    /// them may be written all the same: writing them again does no harm.
    pub async fn put_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError> {
        match self {
            Self::Embedded(store) => store.put_usage(rows).await,
            Self::DynamoDb(store) => store.put_usage(rows).await,
        }
    }

    /// Claims that it is told what a space used until a day, a number of days since 1970: one of all who ask wins, and only for
    /// a day after those that were claimed before.
    pub async fn claim_usage_day(&self, space: &Space, day: u64) -> Result<UsageDayClaim, StoreError> {
        match self {
            Self::Embedded(store) => store.claim_usage_day(space, day).await,
            Self::DynamoDb(store) => store.claim_usage_day(space, day).await,
        }
    }

    /// Removes what is kept of a space besides its resources and the records of its changes: what it used, and its buckets. A
    /// shared store removes so much as one request should; gives whether there may be more.
    pub async fn forget(&self, space: &Space) -> Result<bool, StoreError> {
        match self {
            Self::Embedded(store) => store.forget(space).await.map(|()| false),
            Self::DynamoDb(store) => store.forget(space).await,
        }
    }

    /// What a space used in each of these hours in which it used something, as far as it is written and kept.
    pub async fn usage(
        &self,
        space: &Space,
        hours: Range<u64>,
    ) -> Result<BTreeMap<u64, UsageCounts>, StoreError> {
        match self {
            Self::Embedded(store) => store.usage(space, hours).await,
            Self::DynamoDb(store) => store.usage(space, hours).await,
        }
    }
}

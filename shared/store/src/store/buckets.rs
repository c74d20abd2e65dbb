//! Tokens of the buckets of spaces: what may be done at a rate takes some of them first. Where a table is shared by many
//! processes the buckets are in it; otherwise they are in the memory of the process, and full when it starts.

use domain::ids::Space;
use domain::quota::{Empty, FillRate, Quota, TokenRequest};

use super::Store;
use crate::error::StoreError;
use crate::tokens::Tokens;

impl Store {
    /// Takes tokens of a space's bucket for a quota, which fills at that rate. It may take more than is needed where a
    /// shared store is asked, which is one or two calls.
    pub async fn take_tokens(
        &self,
        space: &Space,
        quota: Quota,
        rate: FillRate,
        request: TokenRequest,
    ) -> Result<Result<Tokens, Empty>, StoreError> {
        match self {
            Self::Embedded(store) => Ok(store.buckets().take(space, quota, rate, request)),
            Self::DynamoDb(store) => store.take_tokens(space, quota, rate, request).await,
        }
    }

    /// Puts tokens back that were taken for nothing, where that needs no call: leased ones can be spent for something else.
    pub fn give_back_tokens(&self, space: &Space, quota: Quota, rate: FillRate, tokens: u32) {
        if let Self::Embedded(store) = self {
            store.buckets().give_back(space, quota, rate, tokens);
        }
    }

    /// How many tokens a space's bucket holds. Those that processes have leased and not spent are not in it.
    pub async fn tokens_left(&self, space: &Space, quota: Quota, rate: FillRate) -> Result<u32, StoreError> {
        match self {
            Self::Embedded(store) => Ok(store.buckets().left(space, quota, rate)),
            Self::DynamoDb(store) => store.tokens_left(space, quota, rate).await,
        }
    }
}

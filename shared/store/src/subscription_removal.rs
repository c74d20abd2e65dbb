//! The removal of a subscription with the CORS configuration that came with it, as clients of 2017 know them.

use std::fmt;

use domain::configuration::ConfigurationError;
use domain::ids::{CorsId, Space, SubscriptionId};
use domain::resource::{Cors, Subscription};

use crate::dynamodb::DynamoDb;
use crate::error::{StoreError, if_there};
use crate::written::Written;

/// A condition of the removal.
pub type SubscriptionCheck = Box<dyn Fn(&Subscription) -> Result<(), ConfigurationError> + Send + Sync>;

/// What a subscription is removed with, and on what condition.
pub struct SubscriptionRemoval {
    /// Refuses a subscription that must not go as it is at that moment. It may be asked more than once.
    pub check: Option<SubscriptionCheck>,
    /// Which CORS configuration may belong to it.
    pub cors: fn(&Subscription) -> CorsId,
    /// Whether it does.
    pub belongs: fn(&Subscription, &Cors) -> bool,
}

impl fmt::Debug for SubscriptionRemoval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscriptionRemoval")
            .field("is_checked", &self.check.is_some())
            .finish_non_exhaustive()
    }
}

impl SubscriptionRemoval {
    /// Removes both from a table, one after the other: a change there is one resource. With a check the subscription goes
    /// first, because nothing may be gone if that refuses. Without one it goes last, so that a removal which fails in
    /// between can be repeated.
    pub(crate) async fn one_by_one(
        self,
        store: &DynamoDb,
        space: &Space,
        id: &SubscriptionId,
    ) -> Result<Written<()>, StoreError> {
        let subscription = store.get::<Subscription>(space, id).await?;
        let cors = (self.cors)(&subscription);
        let belongs = self.belongs;
        let belongs = |other: &Cors| belongs(&subscription, other);
        let Some(check) = self.check else {
            remove_cors(store, space, &cors, belongs).await?;
            return store.delete::<Subscription>(space, id).await;
        };
        let removed = store.delete_checked(space, id, check).await?;
        let later = remove_cors(store, space, &cors, belongs).await?;
        Ok(later.unwrap_or(removed))
    }
}

async fn remove_cors(
    store: &DynamoDb,
    space: &Space,
    id: &CorsId,
    belongs: impl Fn(&Cors) -> bool,
) -> Result<Option<Written<()>>, StoreError> {
    match if_there(store.get::<Cors>(space, id).await)? {
        Some(cors) if belongs(&cors) => if_there(store.delete::<Cors>(space, id).await),
        _ => Ok(None),
    }
}

//! Configuration store of Event Gateway: keeps the resources of every space, lets through only what keeps the rules
//! between them (docs/contract.md §1.10), and holds the routing table that follows from them.

mod audit;
mod broken_filters;
mod dynamodb;
mod embedded;
mod encryption;
mod error;
mod foreign_paths;
mod record;
mod record_format;
mod routes_state;
mod space_state;
mod store;
mod subscription_removal;
mod tokens;
mod usage_day;
mod written;

pub use audit::{AuditLimits, AuditPage, KeptRecord};
pub use dynamodb::{
    CHANGE, Claim, ClaimToken, DEDUPLICATION_WINDOW, DynamoDb, DynamoDbSettings, Edit, NEWEST_CHANGE,
    Operation, PAUSE, PAUSE_REQUEST, PauseRequest, PublishFailure, SnapshotPublisher, SpaceChange,
    StreamTail,
};
pub use embedded::{Embedded, EmbeddedSettings, USUAL_USAGE_AGE};
pub use encryption::{KeyFile, KeyFileError, KmsKey, SealError};
pub use error::{CorruptValue, OpenError, StoreError, if_there};
pub use routes_state::{RoutedSpace, RoutesState};
pub use space_state::SpaceState;
pub use store::Store;
pub use subscription_removal::{SubscriptionCheck, SubscriptionRemoval};
pub use tokens::Tokens;
pub use usage_day::UsageDayClaim;
pub use written::Written;

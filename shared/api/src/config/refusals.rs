//! Refused resources: beside the text of the contract, what is refused and what would be right.

use std::borrow::Cow;

use domain::configuration::{ConfigurationError, SyncPaths};
use domain::ids::Space;
use domain::refusal::Refusal;
use domain::resource::{Kind, MetadataFilter, Resource as _, Subscription, SubscriptionType};
use domain::unknown_members::UnknownMembers;
use http::request::Parts;
use offload::off_runtime_for;
use store::StoreError;

use super::ConfigApi;
use crate::error::{ApiError, wants_details};

impl ConfigApi {
    /// The answer to a body that is no resource of its kind. Whoever misspelt a member that has to be there learns that.
    pub(super) fn unreadable(
        &self,
        kind: Kind,
        is_update: bool,
        body: &[u8],
        error: ConfigurationError,
    ) -> ApiError {
        let mut refusal = Refusal::of(&error, Some(body));
        let is_own_id = matches!(
            (kind, refusal.field.as_deref()),
            (Kind::EventType, Some("name")) | (Kind::Function, Some("functionId"))
        );
        // The id of an update is that of the URL, whatever the body says.
        if is_update && is_own_id {
            refusal.value = None;
        }
        let unknown = UnknownMembers::of(kind, body, self.legacy_api);
        if let Some(misspelt) = unknown.misspelt() {
            refusal.hint = Some(Cow::Owned(misspelt));
        }
        ApiError::from(error).about(refusal)
    }

    /// The answer to a resource that cannot be stored beside those that there are.
    pub(super) async fn unstorable(
        &self,
        kind: Kind,
        space: &Space,
        (parts, body): (&Parts, &[u8]),
        error: StoreError,
    ) -> ApiError {
        let error = match error {
            StoreError::Rejected(error) => error,
            other => return other.into(),
        };
        let mut refusal = Refusal::of(&error, Some(body));
        // It may take a look at all of the space.
        if kind == Kind::Subscription
            && wants_details(&parts.headers)
            && let Some(other) = self.other_subscription(space, body, &error).await
        {
            refusal.hint = Some(Cow::Owned(readable(&other)));
        }
        ApiError::from(error).about(refusal)
    }

    /// The subscription that is in the way of a new one; `None` where none is, or it cannot be read.
    async fn other_subscription(
        &self,
        space: &Space,
        body: &[u8],
        error: &ConfigurationError,
    ) -> Option<Subscription> {
        match error {
            ConfigurationError::AlreadyExists { id, .. } => {
                let id = id.as_str().into();
                let other = self.store.get::<Subscription>(space, &id).await.ok()?;
                Some(Subscription::clone(&other))
            }
            ConfigurationError::PathConflict(_) => {
                let wanted = Subscription::decode(space, None, body).ok()?;
                let all = MetadataFilter::default();
                let others = self.store.list::<Subscription>(space, &all).await.ok()?;
                let find = move || {
                    let other = others.iter().find(|other| are_in_conflict(&wanted, other));
                    other.map(|other| Subscription::clone(other))
                };
                off_runtime_for(space.as_str(), find).await
            }
            _ => None,
        }
    }
}

/// Whether two subscriptions cannot be there together because of their paths.
fn are_in_conflict(wanted: &Subscription, other: &Subscription) -> bool {
    let is_same_slot = other.r#type == SubscriptionType::Sync
        && other.event_type == wanted.event_type
        && other.method == wanted.method;
    if !is_same_slot {
        return false;
    }
    let mut paths = SyncPaths::default();
    paths.insert(other);
    paths.check(wanted).is_err()
}

/// A subscription in words: its id says them only to who decodes it.
fn readable(other: &Subscription) -> String {
    let kind = match other.r#type {
        SubscriptionType::Async => "async",
        SubscriptionType::Sync => "sync",
    };
    format!(
        "there is a subscription {:?}: {kind}, event type {:?}, {} {:?}, function {:?}",
        other.id().as_str(),
        other.event_type.as_str(),
        other.method,
        other.path,
        other.function_id.as_str()
    )
}

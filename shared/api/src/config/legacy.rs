//! Requests of 2017, where the setting `--legacy-api` is on (docs/contract.md §7.5, §7.6, §7.8).
//!
//! A request in a shape of 2017 becomes today's resources. Subscriptions are shown with the members of both times,
//! because nobody can tell who lists them; only the answer to a write in today's shape has today's members alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use domain::configuration::ConfigurationError;
use domain::ids::{CorsId, Space, SubscriptionId};
use domain::legacy::{self, LegacySubscription, SubscriptionView};
use domain::resource::{Cors, EventType, Function, Kind, MetadataFilter, Resource as _, Subscription};
use http::StatusCode;
use http::request::Parts;
use store::{StoreError, SubscriptionCheck, SubscriptionRemoval, Written, if_there};

use super::etag::{Precondition, with_etag};
use super::parameters::filter;
use super::resources::ResourceOperation;
use super::{ConfigApi, creation, no_content, openapi, with_version};
use crate::body;
use crate::error::{ApiError, json_line};
use crate::health::refuse_shadowed;

/// How often an event type is registered anew that others delete before the subscription to it is there.
const EVENT_TYPE_TRIES: usize = 5;

impl ConfigApi {
    /// Carries out what concerns functions and subscriptions; the shape of all other resources is today's.
    pub(super) async fn carry_out_legacy(
        &self,
        kind: Kind,
        space: &Space,
        operation: ResourceOperation,
        parts: &Parts,
        body: Body,
    ) -> Result<Response, ApiError> {
        match (kind, operation) {
            // Nobody asked for it in 2017.
            (kind, operation @ (ResourceOperation::List | ResourceOperation::Get(_)))
                if creation::is_wanted(parts) =>
            {
                self.carry_out_kind(kind, space, operation, parts, body).await
            }
            (Kind::Function, operation @ (ResourceOperation::Create | ResourceOperation::Update(_))) => {
                let body = body::read(parts, body, self.limits).await?;
                let Some(lifted) = legacy::lift_provider_type(&body) else {
                    return self
                        .carry_out::<Function>(space, operation, parts, body.into())
                        .await;
                };
                let id = operation.id().map(Into::into);
                Function::decode(space, id.as_ref(), &lifted)
                    .map_err(|error| ApiError::invalid(legacy::function_error(&error)))?;
                self.carry_out::<Function>(space, operation, parts, lifted.into())
                    .await
            }
            (Kind::Subscription, ResourceOperation::List) => {
                self.list_subscriptions(space, &filter(parts)).await
            }
            (Kind::Subscription, ResourceOperation::Get(id)) => {
                let value = self.store.get::<Subscription>(space, &id.as_str().into()).await?;
                let version = None;
                let shown = self
                    .show(
                        StatusCode::OK,
                        &Written {
                            value: value.clone(),
                            version,
                        },
                    )
                    .await?;
                // Of what is stored, as those who send it back say it: the view has more members.
                Ok(with_etag(shown, &value))
            }
            (Kind::Subscription, operation @ (ResourceOperation::Create | ResourceOperation::Update(_))) => {
                let body = body::read(parts, body, self.limits).await?;
                let id: Option<SubscriptionId> = operation.id().map(Into::into);
                let read =
                    legacy::subscription(space, id.as_ref(), &body).map_err(ConfigurationError::from)?;
                match (read, id) {
                    (None, _) => {
                        self.carry_out::<Subscription>(space, operation, parts, body.into())
                            .await
                    }
                    (Some(subscription), None) => self.subscribe(subscription).await,
                    // What it changes is several resources, which have no tag together.
                    (Some(_), Some(_)) if Precondition::of(parts).is_given() => Err(ApiError::invalid(
                        "If-Match is not taken with subscriptions of 2017".to_owned(),
                    )),
                    (Some(subscription), Some(_)) => self.resubscribe(subscription).await,
                }
            }
            (Kind::Subscription, ResourceOperation::Delete(id)) => {
                self.unsubscribe(space, &id.as_str().into(), parts).await
            }
            (kind, operation) => self.carry_out_kind(kind, space, operation, parts, body).await,
        }
    }

    async fn list_subscriptions(&self, space: &Space, filter: &MetadataFilter) -> Result<Response, ApiError> {
        let subscriptions = self.store.list::<Subscription>(space, filter).await?;
        let cors = self.store.list::<Cors>(space, &MetadataFilter::default()).await?;
        let cors: BTreeMap<&CorsId, &Cors> = cors.iter().map(|cors| (&cors.cors_id, &**cors)).collect();
        let view =
            |subscription| SubscriptionView::new(subscription, cors.get(&cors_id(subscription)).copied());
        let views: Vec<_> = subscriptions
            .iter()
            .map(|subscription| view(subscription))
            .collect();
        let name = openapi::collection(Kind::Subscription);
        Ok(json_line(StatusCode::OK, &BTreeMap::from([(name, views)])))
    }

    /// Creates a subscription, its event type if that is new, and its CORS configuration if it brings one. Refused as a
    /// whole where the method and path have a CORS configuration of their own.
    async fn subscribe(&self, read: LegacySubscription) -> Result<Response, ApiError> {
        refuse_shadowed(&self.health, &read.subscription)?;
        if let Some(cors) = &read.cors {
            self.require_own(cors, &read.subscription).await?;
        }
        let mut created = self.create_with_event_type(&read).await?;
        tracing::debug!(space = %created.value.space, id = %created.value.subscription_id, "Subscription created.");
        if let Some(cors) = read.cors {
            match self.put_cors(cors, &created.value).await {
                Ok(put) => created.version = put.version,
                Err(error) => {
                    // Half of what was asked for is nothing that its client expects.
                    let (space, id) = (&created.value.space, &created.value.subscription_id);
                    if let Err(undone) = self.store.delete::<Subscription>(space, id).await {
                        tracing::error!(%space, %id, error = %undone, "A subscription without its CORS remains.");
                    }
                    return Err(error);
                }
            }
        }
        self.show(StatusCode::CREATED, &created).await
    }

    /// Replaces a subscription, and its own CORS configuration or the lack of one.
    async fn resubscribe(&self, read: LegacySubscription) -> Result<Response, ApiError> {
        if let Some(cors) = &read.cors {
            self.require_own(cors, &read.subscription).await?;
        }
        let mut updated = self.store.update(read.subscription).await?;
        tracing::debug!(space = %updated.value.space, id = %updated.value.subscription_id, "Subscription updated.");
        let version = match read.cors {
            Some(cors) => self.put_cors(cors, &updated.value).await?.version,
            None => self
                .remove_cors(&updated.value)
                .await?
                .and_then(|removed| removed.version),
        };
        updated.version = version.or(updated.version);
        self.show(StatusCode::OK, &updated).await
    }

    /// Removes a subscription with the CORS configuration that came with it.
    async fn unsubscribe(
        &self,
        space: &Space,
        id: &SubscriptionId,
        parts: &Parts,
    ) -> Result<Response, ApiError> {
        let precondition = Precondition::of(parts);
        let check: Option<SubscriptionCheck> = if precondition.is_given() {
            let secrets = self.secrets.clone();
            Some(Box::new(move |stored| precondition.check(stored, &secrets)))
        } else {
            None
        };
        let removal = SubscriptionRemoval {
            check,
            cors: cors_id,
            belongs: |subscription, cors| legacy::is_owned_by(cors, &subscription.subscription_id),
        };
        let removed = self.store.delete_with_cors(space, id, removal).await?;
        tracing::debug!(%space, %id, "Subscription deleted.");
        Ok(with_version(no_content(), removed.version))
    }

    /// Any number of clients may do this at the same time, with the same event type or another.
    async fn create_with_event_type(
        &self,
        read: &LegacySubscription,
    ) -> Result<Written<Arc<Subscription>>, ApiError> {
        let (subscription, event_type) = (&read.subscription, &read.event_type);
        for _ in 0..EVENT_TYPE_TRIES {
            match self.store.create(subscription.clone()).await {
                Err(StoreError::Rejected(ConfigurationError::MissingReference {
                    kind: Kind::EventType,
                    ..
                })) => {}
                created => return Ok(created?),
            }
            // An event type must not be left behind by a subscription that cannot be.
            let function = &subscription.function_id;
            match self.store.get::<Function>(&subscription.space, function).await {
                Err(StoreError::Rejected(ConfigurationError::NotFound { kind, id })) => {
                    return Err(ConfigurationError::MissingReference { kind, id }.into());
                }
                found => drop(found?),
            }
            match self.store.create::<EventType>(event_type.clone()).await {
                Ok(_) | Err(StoreError::Rejected(ConfigurationError::AlreadyExists { .. })) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let space = subscription.space.clone();
        Err(StoreError::Contended { space }.into())
    }

    /// Refuses a CORS configuration where there is one that does not belong to the subscription.
    async fn require_own(&self, cors: &Cors, subscription: &Subscription) -> Result<(), ApiError> {
        match self.cors_of(subscription).await? {
            Some(other) if !legacy::is_owned_by(&other, &subscription.subscription_id) => {
                Err(already_exists(cors).into())
            }
            _ => Ok(()),
        }
    }

    async fn put_cors(
        &self,
        cors: Cors,
        subscription: &Subscription,
    ) -> Result<Written<Arc<Cors>>, ApiError> {
        match self.store.create(cors.clone()).await {
            Err(StoreError::Rejected(ConfigurationError::AlreadyExists { .. })) => {
                self.require_own(&cors, subscription).await?;
                Ok(self.store.update(cors).await?)
            }
            created => Ok(created?),
        }
    }

    /// Removes the CORS configuration that came with a subscription, if it is still there.
    async fn remove_cors(&self, subscription: &Subscription) -> Result<Option<Written<()>>, ApiError> {
        match self.cors_of(subscription).await? {
            Some(cors) if legacy::is_owned_by(&cors, &subscription.subscription_id) => {
                let deleted = self.store.delete::<Cors>(&cors.space, &cors.cors_id).await;
                Ok(if_there(deleted)?)
            }
            _ => Ok(None),
        }
    }

    async fn cors_of(&self, subscription: &Subscription) -> Result<Option<Arc<Cors>>, ApiError> {
        let id = cors_id(subscription);
        Ok(if_there(self.store.get::<Cors>(&subscription.space, &id).await)?)
    }

    async fn show(
        &self,
        status: StatusCode,
        written: &Written<Arc<Subscription>>,
    ) -> Result<Response, ApiError> {
        let cors = self.cors_of(&written.value).await?;
        let view = SubscriptionView::new(&written.value, cors.as_deref());
        Ok(with_version(json_line(status, &view), written.version.clone()))
    }
}

fn cors_id(subscription: &Subscription) -> CorsId {
    CorsId::of(&subscription.method, &subscription.path)
}

fn already_exists(cors: &Cors) -> ConfigurationError {
    ConfigurationError::AlreadyExists {
        kind: Kind::Cors,
        id: cors.cors_id.to_string(),
    }
}

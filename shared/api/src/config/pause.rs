//! Pausing and resuming subscriptions: their deliveries wait meanwhile.

use axum::body::Body;
use axum::response::Response;
use domain::access::Scope;
use domain::ids::{Space, SubscriptionId};
use domain::resource::{MAX_PAUSED_REASON_BYTES, Subscription, SubscriptionType};
use http::request::Parts;
use http::{Method, StatusCode};
use utoipa::openapi::Required;
use utoipa::openapi::path::OperationBuilder;

use super::endpoint::{Action, Endpoint, Subject};
use super::etag::with_etag;
use super::openapi::blocks::{add_schema, in_space, json, json_body, path_parameter, with_errors};
use super::parameters::{self, InvalidRequest};
use super::{ConfigApi, with_version};
use crate::body;
use crate::error::{ApiError, json_line};

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[
        Endpoint {
            path: &["subscriptions", "{id}", "pause"],
            actions: &[Action {
                method: Method::POST,
                labels: ("subscription", "update"),
                scope: Scope::DlqWrite,
                answer: |api, asked| {
                    Box::pin(async move {
                        let id = asked.id.into();
                        api.pause(asked.space, &id, asked.parts, asked.body).await
                    })
                },
                describe: || {
                    let pause =
                        on_subscription("pauseSubscription", "Let the deliveries of a subscription wait")
                            .request_body(Some(json_body("Pause", Required::False)));
                    with_errors(pause, &["400", "404", "408", "409", "413"])
                },
            }],
        },
        Endpoint {
            path: &["subscriptions", "{id}", "resume"],
            actions: &[Action {
                method: Method::POST,
                labels: ("subscription", "update"),
                scope: Scope::DlqWrite,
                answer: |api, asked| Box::pin(async move { api.resume(asked.space, &asked.id.into()).await }),
                describe: || {
                    let resume = on_subscription(
                        "resumeSubscription",
                        "Make the deliveries of a subscription again",
                    );
                    with_errors(resume, &["400", "404", "409", "413"])
                },
            }],
        },
    ],
    schemas: add_schema::<Pause>,
};

fn on_subscription(id: &str, summary: &str) -> OperationBuilder {
    in_space(id, summary, "subscriptions")
        .parameter(path_parameter("id", "Identifier of the subscription."))
        .response("200", json("The subscription as it is stored.", "Subscription"))
}

/// Why a subscription is paused.
#[derive(Debug, utoipa::ToSchema)]
pub(super) struct Pause {
    /// For people to read; at most 1024 bytes.
    #[schema(min_length = 1, max_length = 1024)]
    reason: Option<String>,
}

impl Pause {
    fn decode(body: &[u8]) -> Result<Self, InvalidRequest> {
        let reason = parameters::text(&parameters::object_or_nothing(body)?, "reason")?;
        if reason
            .as_ref()
            .is_some_and(|reason| reason.len() > MAX_PAUSED_REASON_BYTES)
        {
            return Err(InvalidRequest::ReasonTooLong {
                limit: MAX_PAUSED_REASON_BYTES,
            });
        }
        Ok(Self { reason })
    }

    /// A subscription that is paused. One that already was keeps its reason unless there is a new one.
    fn apply(self, subscription: &mut Subscription) {
        subscription.paused = true;
        if self.reason.is_some() {
            subscription.paused_reason = self.reason;
        }
    }
}

/// A subscription whose deliveries are made again.
fn resumed(subscription: &mut Subscription) {
    subscription.paused = false;
    subscription.paused_reason = None;
}

impl ConfigApi {
    async fn pause(
        &self,
        space: &Space,
        id: &SubscriptionId,
        parts: &Parts,
        body: Body,
    ) -> Result<Response, ApiError> {
        let pause = Pause::decode(&body::read(parts, body, self.limits).await?)?;
        self.change(space, id, |subscription| pause.apply(subscription))
            .await
    }

    async fn resume(&self, space: &Space, id: &SubscriptionId) -> Result<Response, ApiError> {
        self.change(space, id, resumed).await
    }

    /// Writes a subscription with a change, also when it changes nothing: so the answer always says which state of
    /// the space the change is in.
    async fn change(
        &self,
        space: &Space,
        id: &SubscriptionId,
        change: impl FnOnce(&mut Subscription),
    ) -> Result<Response, ApiError> {
        let stored = self.store.get::<Subscription>(space, id).await?;
        if stored.r#type == SubscriptionType::Sync {
            return Err(InvalidRequest::PauseOfSync.into());
        }
        let mut changed = Subscription::clone(&stored);
        change(&mut changed);
        let updated = self.store.update(changed).await?;
        tracing::debug!(%space, %id, paused = updated.value.paused, "Subscription updated.");
        let answer = with_etag(json_line(StatusCode::OK, &updated.value), &updated.value);
        Ok(with_version(answer, updated.version))
    }
}

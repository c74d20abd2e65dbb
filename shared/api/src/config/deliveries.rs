//! What was attempted lately in a space, out of the delivery log.

use axum::response::Response;
use domain::access::Scope;
use domain::delivery_attempt::DeliveryAttempt;
use domain::ids::Space;
use http::request::Parts;
use http::{Method, StatusCode};
use records::AttemptFilter;
use serde::Serialize;

use super::ConfigApi;
use super::endpoint::{Action, Endpoint, Subject};
use super::openapi::blocks::{add_schema, filter, in_space, json, limit, of_subscription, with_errors};
use super::parameters::Query;
use crate::error::{ApiError, json_line};

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[Endpoint {
        path: &["deliveries"],
        actions: &[Action {
            method: Method::GET,
            labels: ("delivery", "list"),
            scope: Scope::DeliveriesRead,
            answer: |api, asked| Box::pin(api.list_deliveries(asked.space, asked.parts)),
            describe: || {
                let list = in_space(
                    "listDeliveries",
                    "Attempts to deliver events, the newest first",
                    "deliveries",
                )
                .parameter(filter(
                    "eventId",
                    "Only those for this event, by the id that its producer gave it.",
                ))
                .parameter(filter("deliveryId", "Only those of this delivery."))
                .parameter(of_subscription())
                .parameter(limit())
                .response("200", json("The attempts.", "DeliveryList"));
                with_errors(list, &["400", "501"])
            },
        }],
    }],
    schemas: add_schema::<DeliveryList>,
};

/// Attempts to deliver events, the newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct DeliveryList {
    /// Not more than asked for.
    deliveries: Vec<DeliveryAttempt>,
}

impl ConfigApi {
    async fn list_deliveries(&self, space: &Space, parts: &Parts) -> Result<Response, ApiError> {
        let query = Query::of(parts, &["eventId", "deliveryId", "subscriptionId", "limit"])?;
        let filter = AttemptFilter {
            event_id: query.get("eventId").map(str::to_owned),
            delivery_id: query.get("deliveryId").map(Into::into),
            subscription_id: query.get("subscriptionId").map(Into::into),
        };
        let read = self.delivery_log.read(space, &filter, query.limit()?).await;
        let deliveries = read
            .map_err(|err| ApiError::unreadable_delivery_log(&err))?
            .ok_or_else(ApiError::delivery_log_elsewhere)?;
        Ok(json_line(StatusCode::OK, &DeliveryList { deliveries }))
    }
}

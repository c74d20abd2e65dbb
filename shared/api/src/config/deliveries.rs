//! What was attempted lately in a space, out of the delivery log.

use axum::response::Response;
use domain::delivery_attempt::DeliveryAttempt;
use domain::ids::Space;
use gateway::AttemptFilter;
use http::StatusCode;
use http::request::Parts;
use serde::Serialize;

use super::ConfigApi;
use super::parameters::Query;
use crate::error::{ApiError, json_line};

/// Attempts to deliver events, the newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct DeliveryList {
    /// Not more than asked for.
    deliveries: Vec<DeliveryAttempt>,
}

impl ConfigApi {
    pub(super) async fn list_deliveries(&self, space: &Space, parts: &Parts) -> Result<Response, ApiError> {
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

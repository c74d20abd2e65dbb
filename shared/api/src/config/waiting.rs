//! Deliveries of a space that wait: looking at them, and cancelling them.

use axum::response::Response;
use domain::ids::Space;
use domain::waiting::{WaitingDelivery, WaitingSelection};
use gateway::metrics::EVENTS_CANCELLED;
use http::StatusCode;
use http::request::Parts;
use queue::{DeliveryQueue, Embedded};
use serde::Serialize;

use super::ConfigApi;
use super::parameters::{InvalidRequest, Query};
use crate::error::{ApiError, json_line};

/// Deliveries that wait.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WaitingList {
    /// Not more than asked for; there can be fewer although more follow.
    deliveries: Vec<WaitingDelivery>,
    /// Value of the query parameter `next` that asks for those that follow; absent when none do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

/// How many deliveries were cancelled.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct CancelledDeliveries {
    /// How many. Those under way at that moment are not among them.
    cancelled: usize,
}

fn selection(query: &Query) -> WaitingSelection {
    WaitingSelection {
        subscription: query.get("subscriptionId").map(Into::into),
        function: query.get("functionId").map(Into::into),
        event_id: query.get("eventId").map(str::to_owned),
    }
}

impl ConfigApi {
    pub(super) async fn list_waiting(&self, space: &Space, parts: &Parts) -> Result<Response, ApiError> {
        let names = ["subscriptionId", "functionId", "eventId", "limit", "next"];
        let query = Query::of(parts, &names)?;
        let page = self
            .embedded_queue()?
            .waiting(space, &selection(&query), query.limit()?, query.get("next"))
            .await?;
        let list = WaitingList {
            deliveries: page.deliveries,
            next: page.next,
        };
        Ok(json_line(StatusCode::OK, &list))
    }

    pub(super) async fn cancel_waiting(&self, space: &Space, parts: &Parts) -> Result<Response, ApiError> {
        let query = Query::of(parts, &["subscriptionId", "functionId", "eventId", "all"])?;
        let selection = selection(&query);
        let is_all = match query.get("all") {
            None => false,
            Some("true") => true,
            Some(_) => return Err(InvalidRequest::All.into()),
        };
        // Nobody cancels everything by leaving something out.
        if is_all != (selection == WaitingSelection::default()) {
            return Err(InvalidRequest::AllOrSome.into());
        }
        let cancelled = self.embedded_queue()?.cancel(space, &selection).await?;
        let WaitingSelection {
            subscription,
            function,
            event_id,
        } = &selection;
        tracing::info!(
            %space, subscriptionId = ?subscription, functionId = ?function, event.id = ?event_id, cancelled,
            "Waiting deliveries cancelled."
        );
        if cancelled > 0 {
            metrics::counter!(EVENTS_CANCELLED, "space" => space.to_string()).increment(cancelled as u64);
        }
        Ok(json_line(StatusCode::OK, &CancelledDeliveries { cancelled }))
    }

    fn embedded_queue(&self) -> Result<&Embedded, ApiError> {
        match &self.queue {
            DeliveryQueue::Embedded(queue) => Ok(queue),
            DeliveryQueue::Sqs(_) => Err(ApiError::waiting_elsewhere()),
        }
    }
}

//! Deliveries of a space that wait: looking at them, and cancelling them.

use axum::body::Body;
use axum::response::Response;
use domain::access::Scope;
use domain::ids::{FunctionId, Space, SubscriptionId};
use domain::waiting::{WaitingDelivery, WaitingSelection};
use gateway::metrics::EVENTS_CANCELLED;
use http::request::Parts;
use http::{Method, StatusCode};
use queue::{DeliveryQueue, Embedded};
use serde::Serialize;
use utoipa::openapi::path::OperationBuilder;

use super::ConfigApi;
use super::endpoint::{Action, Endpoint, Subject};
use super::openapi::blocks::{
    add_schema, all, filter, in_space, json, limit, next_page, of_subscription, with_errors,
};
use super::parameters::{InvalidRequest, Query};
use super::selectors::{Known, Selectors};
use crate::body;
use crate::error::{ApiError, json_line};

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[Endpoint {
        path: &["deliveries", "waiting"],
        actions: &[
            Action {
                method: Method::GET,
                labels: ("delivery", "list"),
                scope: Scope::DeliveriesRead,
                answer: |api, asked| Box::pin(api.list_waiting(asked.space, asked.parts)),
                describe: || {
                    let list = in_space("listWaitingDeliveries", "Deliveries that wait", "deliveries");
                    let list = selected(list)
                        .parameter(limit())
                        .parameter(next_page())
                        .response("200", json("A page of them.", "WaitingList"));
                    with_errors(list, &["400", "501", "503"])
                },
            },
            Action {
                method: Method::DELETE,
                labels: ("delivery", "delete"),
                scope: Scope::DlqWrite,
                answer: |api, asked| Box::pin(api.cancel_waiting(asked.space, asked.parts, asked.body)),
                describe: || {
                    let cancel = in_space(
                        "cancelWaitingDeliveries",
                        "Cancel deliveries that wait",
                        "deliveries",
                    );
                    let cancel = selected(cancel)
                        .parameter(all())
                        .response("200", json("They will not be made.", "CancelledDeliveries"));
                    with_errors(cancel, &["400", "408", "413", "501", "503"])
                },
            },
        ],
    }],
    schemas: |components| {
        add_schema::<WaitingList>(components);
        add_schema::<CancelledDeliveries>(components);
    },
};

fn selected(operation: OperationBuilder) -> OperationBuilder {
    operation
        .parameter(of_subscription())
        .parameter(filter("functionId", "Only those to this function."))
        .parameter(filter(
            "eventId",
            "Only those of events with this id, which their producer gave them.",
        ))
}

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

/// What is selected, by the values of the selectors.
fn selection<'v>(get: impl Fn(&str) -> Option<&'v str>) -> WaitingSelection {
    WaitingSelection {
        subscription: get("subscriptionId").map(Into::into),
        function: get("functionId").map(Into::into),
        event_id: get("eventId").map(str::to_owned),
    }
}

impl ConfigApi {
    async fn list_waiting(&self, space: &Space, parts: &Parts) -> Result<Response, ApiError> {
        let names = ["subscriptionId", "functionId", "eventId", "limit", "next"];
        let query = Query::of(parts, &names)?;
        let selection = selection(|name| query.get(name));
        let page = self
            .embedded_queue()?
            .waiting(space, &selection, query.limit()?, query.get("next"))
            .await?;
        let list = WaitingList {
            deliveries: page.deliveries,
            next: page.next,
        };
        Ok(json_line(StatusCode::OK, &list))
    }

    async fn cancel_waiting(&self, space: &Space, parts: &Parts, body: Body) -> Result<Response, ApiError> {
        let body = body::read(parts, body, self.limits).await?;
        let known = Known {
            texts: &["subscriptionId", "functionId", "eventId"],
            limit: false,
        };
        let selectors = Selectors::read(parts, &body, known)?;
        // A selector that was forgotten must not cancel everything.
        if !selectors.is_decided() {
            return Err(InvalidRequest::AllOrSome.into());
        }
        let selection = selection(|name| selectors.get(name));
        let cancelled = self.embedded_queue()?.cancel(space, &selection).await?;
        let WaitingSelection {
            subscription,
            function,
            event_id,
        } = &selection;
        tracing::info!(
            %space, subscriptionId = subscription.as_ref().map(SubscriptionId::as_str),
            functionId = function.as_ref().map(FunctionId::as_str), event.id = event_id.as_deref(), cancelled,
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

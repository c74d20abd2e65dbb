//! The second stage: whom each event of a request reaches. Between the routes of an event and its deliveries stand filters
//! (`filtering.rs`) and checks of schemas (`schemas.rs`).

use std::sync::Arc;
use std::time::Duration;

use clocks::epoch_millis;
use domain::delivery::Arrival;
use domain::event::{Event, EventStamp, HTTP_REQUEST, Incoming, json_event};
use domain::hops::Hops;
use domain::publish_options::PublishOptions;
use domain::routing::{Routes, path_parameters};
use offload::{LARGE_BODY, off_runtime};

use crate::error::GatewayError;
use crate::fan_out::fan_out;
use crate::filtering::filtered;
use crate::intake::Arrived;
use crate::loops::refuse_loop;

mod admission;
mod deduplication_key;
mod matched;
pub(crate) mod schema_violated;
pub(crate) mod schemas;
pub(crate) mod unmatched;

use admission::admitted;
use deduplication_key::scoped_key;
pub(crate) use matched::Matched;
use schemas::Schemas;

/// What events are matched by, besides the routes of their request.
#[derive(Debug)]
pub(crate) struct Matching {
    /// Whether a CloudEvent sent as plain JSON may be taken as one (docs/contract.md Q72).
    pub(crate) json_events: bool,
    pub(crate) max_attributes: usize,
    pub(crate) max_hops: Hops,
    pub(crate) max_deliver_delay: Duration,
    pub(crate) schemas: Schemas,
    /// Whether events say in which trace their transmission began.
    pub(crate) traces_events: bool,
}

impl Matching {
    /// Matches all events of a request. A plain request becomes an event here, as its data has the parameters of its
    /// route.
    pub(crate) async fn matched<'a>(
        &self,
        arrived: &Arrived<'a>,
        incoming: Incoming,
    ) -> Result<Vec<Matched<'a>>, GatewayError> {
        let matched = self.matched_unchecked(arrived, incoming).await?;
        if arrived.table.has_validated_types() {
            // Boxed: what hardly any request needs is not carried by all of them.
            Box::pin(self.schemas.check(arrived, &matched)).await?;
        }
        Ok(matched)
    }

    async fn matched_unchecked<'a>(
        &self,
        arrived: &Arrived<'a>,
        incoming: Incoming,
    ) -> Result<Vec<Matched<'a>>, GatewayError> {
        let events = match incoming {
            Incoming::Event(event) => vec![event],
            Incoming::Batch(events) => events,
            Incoming::Request(stamp) => {
                let (event, mut routes) = self.request_event(arrived, stamp).await;
                refuse_system_event(&event)?;
                let event = Arc::new(event);
                if arrived.table.has_filters() {
                    routes = filtered(arrived.table, &event, routes).await;
                }
                return Ok(vec![self.reached(arrived, event, routes)?]);
            }
        };
        events.iter().try_for_each(refuse_system_event)?;
        let mut matched = Vec::with_capacity(events.len());
        for event in events {
            let event = Arc::new(event);
            let mut routes = routes(arrived, event.event_type());
            if arrived.table.has_filters() {
                routes = filtered(arrived.table, &event, routes).await;
            }
            matched.push(self.reached(arrived, event, routes)?);
        }
        Ok(matched)
    }

    /// An event with a delivery for each async subscription that it reaches.
    fn reached<'a>(
        &self,
        arrived: &Arrived<'a>,
        mut event: Arc<Event>,
        mut routes: Routes<'a>,
    ) -> Result<Matched<'a>, GatewayError> {
        if self.traces_events
            && let Some(told) = arrived.trace.and_then(|trace| event.in_trace(trace))
        {
            event = Arc::new(told);
        }
        if arrived.table.has_closed_spaces() {
            routes = admitted(arrived, &event, routes)?;
        }
        let hops = refuse_loop(arrived.hops.max(event.hops()?), self.max_hops)?;
        let Routes {
            sync, asynchronous, ..
        } = routes;
        let route = sync.or_else(|| asynchronous.iter().next().map(|stored| &stored.resource));
        let owner = || arrived.table.owner(&arrived.path.path).cloned();
        arrived.client.seen.matched(&event, route, owner);
        let mut deliveries = Vec::new();
        if !asynchronous.is_empty() {
            let headers = &arrived.parts.headers;
            let mut options = PublishOptions::of(headers, &event)?;
            options.check_delay(headers, &event, epoch_millis, self.max_deliver_delay)?;
            options.deduplication_key = options
                .deduplication_key
                .map(|key| scoped_key(&arrived.path.path, event.event_type(), &key));
            let arrival = Arrival {
                trace: arrived.trace.cloned(),
                ..Arrival::after(hops)
            };
            deliveries = fan_out(&asynchronous, &event, &options, &arrival);
        }
        Ok(Matched {
            event,
            sync,
            deliveries,
            hops,
        })
    }

    /// The event that a request without an event of its own becomes.
    pub(crate) async fn event_of_request(&self, arrived: &Arrived<'_>, stamp: EventStamp) -> Event {
        self.request_event(arrived, stamp).await.0
    }

    /// The event that a request without an event of its own becomes, and its routes.
    async fn request_event<'a>(&self, arrived: &Arrived<'a>, stamp: EventStamp) -> (Event, Routes<'a>) {
        let plain = routes(arrived, HTTP_REQUEST);
        // Who subscribes to all types by a pattern gets it as the event that it is.
        if self.json_events
            && !plain.is_to_type(HTTP_REQUEST)
            && let Some(event) = self.json_event(arrived).await
        {
            let routes = routes(arrived, event.event_type());
            if !routes.is_empty() {
                return (event, routes);
            }
        }
        let parameters = plain
            .pattern()
            .map(|pattern| path_parameters(pattern, &arrived.path.path));
        let parameters = parameters.unwrap_or_default();
        if arrived.body.len() < LARGE_BODY {
            let event = Incoming::request_event(&stamp, arrived.parts, arrived.body, &parameters);
            return (event, plain);
        }
        let (parts, body) = (arrived.parts.clone(), arrived.body.clone());
        let parameters: Vec<(String, String)> = parameters
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let event = off_runtime(move || {
            let parameters: Vec<_> = parameters
                .iter()
                .map(|(name, value)| (&**name, &**value))
                .collect();
            Incoming::request_event(&stamp, &parts, &body, &parameters)
        });
        (event.await, plain)
    }

    /// The event that a request holds as plain JSON, if it does.
    async fn json_event(&self, arrived: &Arrived<'_>) -> Option<Event> {
        let most = self.max_attributes;
        if arrived.body.len() < LARGE_BODY {
            return json_event(arrived.parts, arrived.body, most);
        }
        let (parts, body) = (arrived.parts.clone(), arrived.body.clone());
        off_runtime(move || json_event(&parts, &body, most)).await
    }
}

fn routes<'a>(arrived: &Arrived<'a>, event_type: &str) -> Routes<'a> {
    let method = arrived.parts.method.as_str();
    arrived.table.routes(event_type, method, &arrived.path.path)
}

/// Nobody but the gateway sends events of its own types.
fn refuse_system_event(event: &Event) -> Result<(), GatewayError> {
    if event.is_system() {
        return Err(GatewayError::SystemEventType(event.event_type().to_owned()));
    }
    Ok(())
}

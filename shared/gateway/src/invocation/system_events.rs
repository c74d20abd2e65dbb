//! Emission of the gateway's own events (docs/contract.md §4.2). While nobody subscribes nothing is built. In hosted mode they
//! are emitted on a path of the space that they concern, so that only that space's subscribers are found.

use std::borrow::Cow;
use std::sync::Arc;

use domain::delivery::{Arrival, Delivery};
use domain::event::Event;
use domain::hops::Hops;
use domain::ids::Space;
use domain::publish_options::PublishOptions;
use domain::routing::RoutingTable;
use domain::system_event::{SystemEvent, SystemEventType};

use crate::fan_out::fan_out;
use crate::filtering::filtered;
use crate::outbox::Outbox;
use crate::stamp::event_stamp;

/// Method that system events are matched with.
const METHOD: &str = "POST";

/// What emits the gateway's own events.
#[derive(Debug)]
pub(crate) struct SystemEvents {
    pub(crate) outbox: Outbox,
    /// Whether spaces own their paths.
    pub(crate) is_hosted: bool,
}

impl SystemEvents {
    /// Emits an event about a function call. Calls for system events make no further ones.
    pub(crate) async fn emit_call(
        &self,
        table: &RoutingTable,
        space: &Space,
        about: &Event,
        hops: Hops,
        emitted: SystemEvent<'_>,
    ) {
        if about.is_system() {
            return;
        }
        if let Some(counter) = self.outbox.metrics().space(space).system(emitted.event_type()) {
            counter.increment(1);
        }
        if table.has_system_subscribers() {
            self.emit(table, &self.path_of_calls(space), hops, emitted).await;
        }
    }

    /// Whether anybody may get events of a type about calls with an event.
    pub(crate) fn is_subscribed(
        &self,
        table: &RoutingTable,
        space: &Space,
        about: &Event,
        emitted: SystemEventType,
    ) -> bool {
        if !table.has_system_subscribers() || about.is_system() {
            return false;
        }
        Self::has_subscribers(table, emitted, &self.path_of_calls(space))
    }

    /// Whether anybody may get events of a type on a path.
    pub(crate) fn has_subscribers(table: &RoutingTable, emitted: SystemEventType, path: &str) -> bool {
        let routes = table.routes(emitted.as_str(), METHOD, path);
        !routes.asynchronous.is_empty()
    }

    /// The path that events about a space, and calls of its functions, are emitted on.
    pub(crate) fn path_of_calls(&self, space: &Space) -> Cow<'static, str> {
        if self.is_hosted {
            format!("/{space}/").into()
        } else {
            "/".into()
        }
    }

    /// Queues an event for its subscribers on a path. It was passed on as often as what it is about: that it leads back
    /// here is the same loop.
    pub(crate) async fn emit(
        &self,
        table: &RoutingTable,
        path: &str,
        hops: Hops,
        system_event: SystemEvent<'_>,
    ) {
        let deliveries = Self::deliveries(table, path, hops, system_event).await;
        if !deliveries.is_empty() {
            self.queue(table, deliveries).await;
        }
    }

    /// The same of several events, which are queued together.
    pub(crate) async fn emit_all(
        &self,
        table: &RoutingTable,
        path: &str,
        hops: Hops,
        system_events: impl Iterator<Item = SystemEvent<'_>>,
    ) {
        let mut all = Vec::new();
        for system_event in system_events {
            all.extend(Self::deliveries(table, path, hops, system_event).await);
        }
        if !all.is_empty() {
            self.queue(table, all).await;
        }
    }

    async fn deliveries(
        table: &RoutingTable,
        path: &str,
        hops: Hops,
        system_event: SystemEvent<'_>,
    ) -> Vec<Delivery> {
        let event_type = system_event.event_type().as_str();
        let mut routes = table.routes(event_type, METHOD, path);
        if routes.asynchronous.is_empty() {
            return Vec::new();
        }
        tracing::debug!(path, event_type, "System event received.");
        let event = Arc::new(system_event.to_event(event_stamp()));
        if table.has_filters() {
            routes = filtered(table, &event, routes).await;
        }
        let arrival = Arrival::after(hops.next());
        let mut deliveries = fan_out(&routes.asynchronous, &event, &PublishOptions::default(), &arrival);
        let only_for = system_event.only_for();
        deliveries.retain(|delivery| {
            only_for.is_none_or(|space| delivery.space == *space) && !table.is_suspended(&delivery.space)
        });
        deliveries
    }

    async fn queue(&self, table: &RoutingTable, deliveries: Vec<Delivery>) {
        self.outbox.count_received(&deliveries);
        // The request or call that this is about has happened: a full queue cannot undo it. `send` reports it.
        // Boxed: where nobody subscribes, nothing carries it.
        let _ = Box::pin(self.outbox.send(table, None, deliveries, 0, |_, _| false)).await;
    }
}

//! The third stage: whether the events of a request can be taken, and their deliveries into the queue
//! (docs/contract.md §2.1, steps 6 and 8).
//!
//! An event log belongs here, before anything is promised.

use std::sync::Arc;

use clocks::epoch_millis;
use domain::delivery::Delivery;
use domain::event::Event;
use domain::hops::Hops;
use domain::ids::Space;
use domain::origin::TrustedProxies;
use domain::routing::RoutingTable;
use domain::system_event::SystemEvent;
use queue::Reservation;
use store::Store;
use traces::{ActiveSpan, Tracer};

use crate::error::GatewayError;
use crate::intake::Arrived;
use crate::invocation::Invocation;
use crate::invocation::authorizer_decision::AuthorizerDecision;
use crate::matching::Matched;
use crate::outbox::Outbox;
use crate::recent_events::RecentEvents;
use crate::sync_calls::SyncCall;
use crate::unattempted::{Unattempted, lost};

mod asked_events;
pub(crate) mod authorizers;
mod candidate;
mod deduplication;
pub(crate) mod pace;
mod publish_span;
mod quotas;
mod reached_spaces;
mod room;

pub(crate) use candidate::Candidate;
use deduplication::{claim_keys, keep_first};
use pace::Pace;
use reached_spaces::for_each_space;
pub(crate) use room::AdmissionControl;
use room::is_any_lost;

/// What events are accepted by.
#[derive(Debug)]
pub(crate) struct Acceptance {
    /// Where deduplication keys are claimed that the queue does not look at.
    pub(crate) store: Store,
    pub(crate) outbox: Outbox,
    pub(crate) room: AdmissionControl,
    pub(crate) invocation: Arc<Invocation>,
    pub(crate) unattempted: Unattempted,
    /// The proxies whose word about clients is taken.
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) tracer: Tracer,
    /// Where the data of events is kept for a while, if it is.
    pub(crate) recent: Option<RecentEvents>,
}

/// The events of a request, once nothing stands in their way but authorizers that are asked one event at a time.
pub(crate) struct Accepted<'a> {
    pub(crate) candidates: Vec<Candidate<'a>>,
    /// The calls that the client waits for: they hold their places until the answer is complete.
    pub(crate) calls: Vec<SyncCall>,
    /// Room in the queue, where the queue gives the answer of some event.
    reservation: Option<Reservation>,
}

/// The deliveries of a request as their authorizers have decided.
#[derive(Default)]
pub(crate) struct Sorted {
    allowed: Vec<Delivery>,
    /// Those whose authorizer failed although somebody else has answered or gets the event.
    lost: Vec<Delivery>,
    /// Of the events whose traces are recorded.
    spans: Vec<ActiveSpan>,
}

impl Acceptance {
    /// Takes the events of a request. Where there are several, each finds room for some async deliveries or none does.
    ///
    /// Where the queue gives the answer, it is given after all authorizers have spoken: 202 is a promise.
    pub(crate) async fn accept<'a>(
        &'a self,
        arrived: &Arrived<'a>,
        matched: Vec<Matched<'a>>,
        pace: Pace<'a>,
    ) -> Result<Accepted<'a>, GatewayError> {
        let candidate = |matched| Candidate::new(matched, &self.invocation, *arrived, pace);
        let mut candidates: Vec<_> = matched.into_iter().map(candidate).collect();
        if arrived.table.limits_events() && !arrived.table.has_path_owners() {
            // Boxed: most gateways have no plans.
            Box::pin(self.room.take_events(arrived.table, &mut candidates)).await?;
        }
        for Candidate { deliveries, .. } in &candidates {
            self.outbox.count_received(deliveries);
        }
        // Room first: a caller who gets no other answer must learn that the queue is full (Q3).
        let queue_answers = candidates.iter().any(Candidate::is_promised);
        for candidate in candidates.iter().filter(|candidate| candidate.sync.is_none()) {
            self.outbox.check(&candidate.deliveries)?;
        }
        let table = arrived.table;
        self.outbox.queue().set_shared(table.is_shared());
        let reservation = if queue_answers {
            Some(
                self.room
                    .reserve(arrived.table, &mut candidates, arrived.body.len())?,
            )
        } else {
            None
        };
        for candidate in &candidates {
            candidate.check_authorizers(table)?;
        }
        let calls = self.room.begin_calls(table, &mut candidates)?;
        for Candidate { event, hops, .. } in &candidates {
            self.announce(arrived, event, *hops).await;
        }
        if candidates.len() > 1 || table.is_shared() || table.has_own_authorizers() {
            // Before the first function is called, and before anything is noted of one subscriber where the authorizer of
            // another may fail.
            let asynchronous = candidates.iter_mut();
            for candidate in asynchronous.filter(|candidate| candidate.sync.is_none()) {
                candidate.ask_all().await?;
            }
        }
        Ok(Accepted {
            candidates,
            calls,
            reservation,
        })
    }

    /// Emits the event about a request that was accepted.
    pub(crate) async fn announce(&self, arrived: &Arrived<'_>, event: &Event, hops: Hops) {
        tracing::debug!(path = %arrived.path.path, event.id = event.id(), event.type = event.event_type(), "Event received.");
        if !arrived.table.has_system_subscribers() {
            return;
        }
        let received = SystemEvent::EventReceived {
            path: &arrived.path.path,
            event,
            headers: &arrived.parts.headers,
        };
        let path = arrived.path.system_path();
        let system_events = &self.invocation.system_events;
        system_events.emit(arrived.table, &path, hops, received).await;
    }

    /// Sorts the deliveries of an event by what its authorizers say.
    pub(crate) async fn sort(
        &self,
        arrived: &Arrived<'_>,
        candidate: &mut Candidate<'_>,
        sorted: &mut Sorted,
    ) -> Result<(), GatewayError> {
        let trusted = &self.trusted_proxies;
        if self.tracer.is_on() {
            let span = publish_span::publish(&self.tracer, &candidate.event, &mut candidate.deliveries);
            sorted.spans.extend(span.map(|span| *span));
        }
        let before = (sorted.allowed.len(), sorted.lost.len());
        for mut delivery in std::mem::take(&mut candidate.deliveries) {
            match candidate
                .authorizers
                .decide(&delivery.space, &delivery.subscription)
                .await
            {
                AuthorizerDecision::Allowed(event) => {
                    delivery.event = candidate.asked.of(arrived, trusted, &delivery, event).await;
                    sorted.allowed.push(delivery);
                }
                AuthorizerDecision::Denied(refusal) => self.unattempted.denied(&delivery, &refusal),
                AuthorizerDecision::Failed => {
                    let event = Arc::clone(&delivery.event);
                    delivery.event = candidate.asked.of(arrived, trusted, &delivery, event).await;
                    let request = candidate.authorizers.request().await;
                    sorted.lost.push(lost(delivery, request));
                }
            }
        }
        // Where there may be others, they were asked before.
        let is_none_allowed = sorted.allowed.len() == before.0 && sorted.lost.len() > before.1;
        if candidate.sync.is_none() && is_none_allowed {
            return Err(candidate.authorizer_failed());
        }
        let event = &candidate.event;
        let (allowed, lost) = (&sorted.allowed[before.0..], &sorted.lost[before.1..]);
        // The space whose function answers the event has it as a call.
        let answering = candidate.sync.map(|subscription| &subscription.space);
        if let Some(recent) = &self.recent {
            let reached = allowed.iter().map(|delivery| &delivery.space);
            for_each_space(reached, answering, |space| {
                recent.keep(space, event, epoch_millis());
            });
        }
        if let Some(usage) = self.outbox.metrics().usage() {
            let taken = allowed.iter().chain(lost).map(|delivery| &delivery.space);
            for_each_space(taken, answering, |space| usage.of(space).event(event));
        }
        Ok(())
    }

    /// Keeps an event that was answered, where recent ones are kept.
    pub(crate) fn keep_answered(&self, space: &Space, event: &Event) {
        if let Some(recent) = &self.recent {
            recent.keep(space, event, epoch_millis());
        }
    }

    /// Queues the deliveries of a request. Fails only where the queue gives the answer of some event: a client that gets
    /// this error sends the whole request again.
    pub(crate) async fn queue(
        &self,
        table: &RoutingTable,
        accepted: &mut Accepted<'_>,
        mut sorted: Sorted,
        bytes: usize,
    ) -> Result<(), GatewayError> {
        let reservation = accepted.reservation.take();
        let queue_answers = reservation.is_some();
        let queued = self
            .enqueue(table, reservation, (sorted.allowed, bytes), &accepted.candidates)
            .await;
        if queued.is_err() {
            sorted.spans.iter_mut().for_each(|span| span.fail("notQueued"));
        }
        if queue_answers {
            queued?;
        }
        if !sorted.lost.is_empty() {
            // Each goes to the dead letters as soon as it is received; nobody was promised that there is room for it.
            let _ = Box::pin(self.enqueue(table, None, (sorted.lost, bytes), &[])).await;
        }
        Ok(())
    }

    /// Queues deliveries in the room set aside for them, or in what room there is now ([`Outbox::send`]).
    async fn enqueue(
        &self,
        table: &RoutingTable,
        reservation: Option<Reservation>,
        (mut deliveries, bytes): (Vec<Delivery>, usize),
        promised: &[Candidate<'_>],
    ) -> Result<(), GatewayError> {
        keep_first(&mut deliveries);
        let claims = claim_keys(&self.store, self.outbox.queue(), &mut deliveries).await?;
        if deliveries.is_empty() {
            return Ok(());
        }
        let loses_event = |out: &[Delivery], left: &[Delivery]| is_any_lost(promised, out, left);
        let queued = self
            .outbox
            .send(table, reservation, deliveries, bytes, loses_event)
            .await;
        match (claims, &queued) {
            (Some(claims), Ok(())) => Box::pin(claims.confirm()).await,
            (Some(claims), Err(_)) => Box::pin(claims.release()).await,
            (None, _) => {}
        }
        queued
    }
}

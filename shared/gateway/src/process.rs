//! An accepted event to its subscribers: the sync one answers, the async ones are queued (docs/contract.md §2.1, steps 6
//! to 9).

use std::sync::Arc;

use domain::configuration::Stored;
use domain::delivery::{Arrival, Delivery};
use domain::event::Event;
use domain::hops::Hops;
use domain::ids::Space;
use domain::publish_options::PublishOptions;
use domain::resource::Subscription;
use domain::routing::{Routes, RoutingTable};
use queue::{QueueError, Reservation, Unsent};
use tokio::time::Instant;

use crate::authorize::{Authorizers, Decision};
use crate::batch::Pace;
use crate::call::{Called, Occasion, SubscriberCall};
use crate::deduplication::{keep_first, scoped_key};
use crate::error::GatewayError;
use crate::error_chain::ErrorChain;
use crate::gateway::Gateway;
use crate::receive::{Answer, Request};
use crate::stamp::{delivery_id, now_millis};
use crate::weighted::Targets;

/// An event and whom it reaches.
struct Routed<'a> {
    event: Arc<Event>,
    sync: Option<&'a Arc<Subscription>>,
    deliveries: Vec<Delivery>,
    /// How often it was passed on.
    hops: Hops,
    authorizers: Authorizers<'a>,
}

impl Routed<'_> {
    /// Asks the authorizers of all async subscribers; fails where one of them does.
    async fn ask_all(&mut self) -> Result<(), GatewayError> {
        for delivery in &self.deliveries {
            if let Decision::Failed = self.authorizers.decide(&delivery.space).await {
                return Err(self.authorizer_failed());
            }
        }
        Ok(())
    }

    fn authorizer_failed(&self) -> GatewayError {
        GatewayError::AuthorizerFailed(self.event.event_type().to_owned())
    }

    /// The spaces with functions that the client waits for: the one that answers, and authorizers.
    fn asked<'s>(&'s self, table: &'s RoutingTable) -> impl Iterator<Item = &'s Space> {
        let sync = self.sync.iter().map(|subscription| &subscription.space);
        let spaces = self.deliveries.iter().map(|delivery| &delivery.space);
        let event_type = self.event.event_type();
        sync.chain(spaces.filter(move |space| table.authorizer(space, event_type).is_some()))
    }
}

impl Gateway {
    /// Passes the events of a request on and makes the answer. Where there are several, all async deliveries find
    /// room or none does, and the first event that fails gives the answer.
    ///
    /// Where the queue gives the answer, it is given after all authorizers have spoken: 202 is a promise.
    pub(crate) async fn process_events(
        &self,
        request: &Request<'_>,
        events: Vec<Arc<Event>>,
    ) -> Result<Answer, GatewayError> {
        let pace = Pace::of(self, request, events.len());
        let mut routed = events
            .into_iter()
            .map(|event| self.route(request, event, pace))
            .collect::<Result<Vec<_>, _>>()?;
        for Routed { deliveries, .. } in &routed {
            self.count_async(deliveries);
        }
        // Room first: a caller who gets no other answer must learn that the queue is full (Q3).
        let queue_answers = routed
            .iter()
            .any(|routed| routed.sync.is_none() && !routed.deliveries.is_empty());
        for routed in routed.iter().filter(|routed| routed.sync.is_none()) {
            self.check(&routed.deliveries)?;
        }
        self.queue().set_shared(request.table.is_shared());
        let reservation = if queue_answers {
            Some(self.reserve(
                routed.iter().flat_map(|routed| &routed.deliveries),
                request.body.len(),
            )?)
        } else {
            None
        };
        for Routed {
            event,
            sync,
            deliveries,
            ..
        } in &routed
        {
            let sync = sync.iter().map(|subscription| &subscription.space);
            let spaces = sync.chain(deliveries.iter().map(|delivery| &delivery.space));
            Authorizers::check(request.table, event, spaces)?;
        }
        let calls = self.begin_sync_calls(routed.iter().flat_map(|routed| routed.asked(request.table)))?;
        for Routed { event, hops, .. } in &routed {
            self.announce(request, event, *hops).await;
        }
        if routed.len() > 1 {
            // Before the first function is called.
            for routed in routed.iter_mut().filter(|routed| routed.sync.is_none()) {
                routed.ask_all().await?;
            }
        }

        let (mut allowed, mut lost) = (Vec::new(), Vec::new());
        let mut answers = Vec::with_capacity(routed.len());
        for mut routed in routed {
            if let Some(subscription) = routed.sync {
                let answer = match pace.next() {
                    Ok(()) => self.answer(request, subscription, &mut routed, pace).await,
                    Err(interrupted) => Err(interrupted),
                };
                let is_left = matches!(answer, Err(GatewayError::BatchInterrupted));
                answers.push(answer);
                // Whoever hears that sends the whole event again.
                if is_left {
                    continue;
                }
            } else {
                answers.push(Ok(Answer::Accepted));
            }
            self.sort(routed, &mut allowed, &mut lost).await?;
        }
        let queued = self.enqueue(reservation, allowed, request.body.len()).await;
        self.queue_lost(lost, request.body.len()).await;
        if queue_answers {
            queued?;
        }
        let answer = match answers.len() {
            1 => answers.remove(0),
            _ => answers
                .into_iter()
                .find(Result::is_err)
                .unwrap_or(Ok(Answer::Accepted)),
        };
        Ok(answer?.keep(calls))
    }

    fn route<'a>(
        &'a self,
        request: &Request<'a>,
        event: Arc<Event>,
        pace: Pace<'a>,
    ) -> Result<Routed<'a>, GatewayError> {
        let hops = self.check_hops(request.hops.max(Hops::of_event(&event)?))?;
        let method = request.parts.method.as_str();
        let Routes { sync, asynchronous } =
            request
                .table
                .routes(event.event_type(), method, &request.path.path);
        let deliveries = if asynchronous.is_empty() {
            Vec::new()
        } else {
            let headers = &request.parts.headers;
            let mut options = PublishOptions::of(headers, &event)?;
            options.check_delay(headers, &event, now_millis, self.max_deliver_delay())?;
            options.deduplication_key = options
                .deduplication_key
                .map(|key| scoped_key(&request.path.path, event.event_type(), &key));
            Self::deliveries(asynchronous, &event, &options, hops)
        };
        Ok(Routed {
            authorizers: Authorizers::new(self, request, event.clone(), hops, pace),
            event,
            sync,
            deliveries,
            hops,
        })
    }

    /// An event that was passed on so often for each of its subscribers.
    pub(crate) fn deliveries(
        subscriptions: &[Stored<Subscription>],
        event: &Arc<Event>,
        options: &PublishOptions,
        hops: Hops,
    ) -> Vec<Delivery> {
        let accepted_at = now_millis();
        let hops = hops.spread(subscriptions.len());
        let delivery = |stored: &Stored<Subscription>| {
            let subscription = &stored.resource;
            Delivery {
                id: delivery_id(),
                space: subscription.space.clone(),
                subscription: subscription.subscription_id.clone(),
                function: subscription.function_id.clone(),
                event: event.clone(),
                accepted_at,
                attempts: 0,
                deliver_at: options.deliver_at,
                ordering_key: options.ordering_key.clone().filter(|_| subscription.ordered),
                deduplication_key: options.deduplication_key.clone(),
                arrival: Arrival::after(hops),
            }
        };
        subscriptions.iter().map(delivery).collect()
    }

    /// Takes the async deliveries of an event that its authorizers allow, and those for which they failed although
    /// somebody else has answered.
    async fn sort(
        &self,
        mut routed: Routed<'_>,
        allowed: &mut Vec<Delivery>,
        lost: &mut Vec<Delivery>,
    ) -> Result<(), GatewayError> {
        for mut delivery in std::mem::take(&mut routed.deliveries) {
            match routed.authorizers.decide(&delivery.space).await {
                Decision::Allowed(event) => {
                    delivery.event = event;
                    allowed.push(delivery);
                }
                Decision::Denied(refusal) => self.note_denied(&delivery, &refusal),
                // Only where the event is the only one: those of a batch were asked before.
                Decision::Failed if routed.sync.is_none() => return Err(routed.authorizer_failed()),
                Decision::Failed => lost.push(Self::lost(delivery, routed.authorizers.request().await)),
            }
        }
        Ok(())
    }

    async fn answer(
        &self,
        request: &Request<'_>,
        subscription: &Subscription,
        routed: &mut Routed<'_>,
        pace: Pace<'_>,
    ) -> Result<Answer, GatewayError> {
        let event_type = routed.event.event_type();
        let counters = self.metrics().space(&subscription.space).sync(event_type);
        counters.received.increment(1);
        let decision = routed.authorizers.decide(&subscription.space).await;
        let event = decision.for_caller()?;
        let called = self
            .call_now(request.table, subscription, &event, routed.hops, pace.end())
            .await;
        counters.processed.increment(1);
        let called = called?;
        if called.is_connector {
            return Ok(Answer::Accepted);
        }
        called
            .into_answer(&subscription.space, &subscription.function_id)
            .await
            .inspect_err(|error| {
                if let GatewayError::Response(_) = error {
                    let (space, function) = (&subscription.space, &subscription.function_id);
                    tracing::info!(%space, functionId = %function, event.id = event.id(), %error, "HTTP response object malformed.");
                }
            })
    }

    /// Calls the function of a subscription for a client that waits.
    pub(crate) async fn call_now(
        &self,
        table: &RoutingTable,
        subscription: &Subscription,
        event: &Event,
        hops: Hops,
        end: Option<Instant>,
    ) -> Called {
        let Subscription {
            space,
            subscription_id,
            function_id,
            ..
        } = subscription;
        let id = delivery_id();
        let mut targets = Targets::of(table, space, function_id, || id.clone());
        let call = SubscriberCall {
            space,
            subscription: subscription_id,
            function: function_id,
            event,
            hops,
            occasion: Occasion::Sync { id: &id, end },
        };
        self.call(table, call, &mut targets).await
    }

    /// Queues deliveries in the room set aside for them, or in what room there is now.
    pub(crate) async fn enqueue(
        &self,
        reservation: Option<Reservation>,
        mut deliveries: Vec<Delivery>,
        bytes: usize,
    ) -> Result<(), GatewayError> {
        keep_first(&mut deliveries);
        let claims = self.claim_deduplication_keys(&mut deliveries).await?;
        if deliveries.is_empty() {
            return Ok(());
        }
        let queued = self.send(reservation, deliveries, bytes).await;
        match (claims, &queued) {
            (Some(claims), Ok(())) => claims.confirm().await,
            (Some(claims), Err(_)) => claims.release().await,
            (None, _) => {}
        }
        queued
    }

    async fn send(
        &self,
        reservation: Option<Reservation>,
        deliveries: Vec<Delivery>,
        bytes: usize,
    ) -> Result<(), GatewayError> {
        let reservation = if let Some(reservation) = reservation {
            reservation
        } else {
            self.check(&deliveries)?;
            self.reserve(&deliveries, bytes)?
        };
        let count = deliveries.len();
        reservation.send(deliveries).await.map_err(|unsent| {
            let Unsent { error, deliveries } = unsent;
            if deliveries.is_empty() {
                tracing::error!(deliveries = count, error = %ErrorChain(&error), "Deliveries could not be queued.");
            }
            self.count_dropped(&deliveries, &error);
            error.into()
        })
    }

    /// Whether each delivery fits into the queue; one that does not is counted and logged.
    fn check(&self, deliveries: &[Delivery]) -> Result<(), GatewayError> {
        self.queue().check(deliveries).map_err(|err| {
            self.count_dropped(deliveries, &err);
            err.into()
        })
    }

    /// Room for the deliveries of a request whose body has `bytes`; its lack is counted and logged.
    fn reserve<'d>(
        &self,
        deliveries: impl IntoIterator<Item = &'d Delivery> + Clone,
        bytes: usize,
    ) -> Result<Reservation, GatewayError> {
        self.queue().reserve(deliveries.clone(), bytes).map_err(|err| {
            self.count_dropped(deliveries, &err);
            err.into()
        })
    }

    /// Counts deliveries as received.
    pub(crate) fn count_async(&self, deliveries: &[Delivery]) {
        for delivery in deliveries {
            self.metrics().space(&delivery.space).async_received.increment(1);
        }
    }

    /// Counts and logs deliveries that found no room.
    pub(crate) fn count_dropped<'d>(
        &self,
        deliveries: impl IntoIterator<Item = &'d Delivery>,
        error: &QueueError,
    ) {
        for delivery in deliveries {
            self.metrics().space(&delivery.space).dropped.increment(1);
            tracing::warn!(
                space = %delivery.space, functionId = %delivery.function, event.id = delivery.event.id(), %error,
                "Delivery refused."
            );
        }
    }
}

//! An accepted event to its subscribers: the sync one answers, the async ones are queued (docs/contract.md §2.1, steps 6
//! to 9).

use std::sync::Arc;

use domain::configuration::Stored;
use domain::delivery::{Arrival, Delivery};
use domain::event::Event;
use domain::hops::Hops;
use domain::publish_options::PublishOptions;
use domain::resource::Subscription;
use domain::routing::{Routes, RoutingTable};
use queue::Reservation;
use tokio::time::Instant;

use crate::authorize::{Authorizers, Decision};
use crate::batch::Pace;
use crate::call::{Called, Occasion, SubscriberCall};
use crate::deduplication::{keep_first, scoped_key};
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::receive::{Answer, Request};
use crate::routed::Routed;
use crate::stamp::{delivery_id, now_millis};
use crate::weighted::Targets;

impl Gateway {
    /// Passes the events of a request on and makes the answer. Where there are several, each finds room for some async
    /// deliveries or none does, and the first event that fails gives the answer.
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
        let queue_answers = routed.iter().any(Routed::is_promised);
        for routed in routed.iter().filter(|routed| routed.sync.is_none()) {
            self.check(&routed.deliveries)?;
        }
        self.queue().set_shared(request.table.is_shared());
        let reservation = if queue_answers {
            Some(self.reserve(&mut routed, request.body.len())?)
        } else {
            None
        };
        for routed in &routed {
            routed.check_authorizers(request.table)?;
        }
        let calls = self.begin_calls(request.table, &mut routed)?;
        for Routed { event, hops, .. } in &routed {
            self.announce(request, event, *hops).await;
        }
        if routed.len() > 1 || request.table.is_shared() {
            // Before the first function is called, and before anything is noted of a space where another one may fail.
            for routed in routed.iter_mut().filter(|routed| routed.sync.is_none()) {
                routed.ask_all().await?;
            }
        }

        let (mut allowed, mut lost) = (Vec::new(), Vec::new());
        let mut answers = Vec::with_capacity(routed.len());
        for routed in &mut routed {
            if let Some(subscription) = routed.sync {
                let answer = match pace.next() {
                    Ok(()) => self.answer(request, subscription, routed, pace).await,
                    Err(interrupted) => Err(interrupted),
                };
                let is_left = matches!(answer, Err(GatewayError::BatchInterrupted));
                answers.push(answer);
                // The client sends an event again that was not begun, so its deliveries are not queued now.
                if is_left {
                    continue;
                }
            } else {
                answers.push(Ok(Answer::Accepted));
            }
            self.sort(routed, &mut allowed, &mut lost).await?;
        }
        let bytes = request.body.len();
        let queued = self.enqueue(reservation, allowed, bytes, &routed).await;
        // A client that gets this error sends the whole request again.
        if queue_answers {
            queued?;
        }
        self.queue_lost(lost, bytes).await;
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
        let hops = self.check_hops(request.hops.max(event.hops()?))?;
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
    /// somebody else has answered or gets the event.
    async fn sort(
        &self,
        routed: &mut Routed<'_>,
        allowed: &mut Vec<Delivery>,
        lost: &mut Vec<Delivery>,
    ) -> Result<(), GatewayError> {
        let (allowed_before, lost_before) = (allowed.len(), lost.len());
        for mut delivery in std::mem::take(&mut routed.deliveries) {
            match routed.authorizers.decide(&delivery.space).await {
                Decision::Allowed(event) => {
                    delivery.event = event;
                    allowed.push(delivery);
                }
                Decision::Denied(refusal) => self.note_denied(&delivery, &refusal),
                Decision::Failed => lost.push(Self::lost(delivery, routed.authorizers.request().await)),
            }
        }
        // Where there may be others, they were asked before.
        if routed.sync.is_none() && lost.len() > lost_before && allowed.len() == allowed_before {
            return Err(routed.authorizer_failed());
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
        event: &Arc<Event>,
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

    /// Queues deliveries in the room set aside for them, or in what room there is now ([`Self::send`]).
    pub(crate) async fn enqueue(
        &self,
        reservation: Option<Reservation>,
        mut deliveries: Vec<Delivery>,
        bytes: usize,
        promised: &[Routed<'_>],
    ) -> Result<(), GatewayError> {
        keep_first(&mut deliveries);
        let claims = self.claim_deduplication_keys(&mut deliveries).await?;
        if deliveries.is_empty() {
            return Ok(());
        }
        let queued = self.send(reservation, deliveries, bytes, promised).await;
        match (claims, &queued) {
            (Some(claims), Ok(())) => Box::pin(claims.confirm()).await,
            (Some(claims), Err(_)) => Box::pin(claims.release()).await,
            (None, _) => {}
        }
        queued
    }
}

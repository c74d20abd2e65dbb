//! A call before its payload is made: the JSON of a large event is made where it is in nobody's way.

use std::sync::Arc;

use bytes::Bytes;
use domain::event::Event;
use domain::hops::Hops;
use domain::ids::{DeliveryId, SubscriptionId};
use offload::off_runtime_if_large;
use targets::Call;

/// A call whose payload may still have to be made.
pub(crate) struct PlannedCall<'e> {
    pub(crate) call: Call<'e>,
    /// The event that the payload is made of, unless the call has a payload already.
    pub(crate) event: Option<(&'e Arc<Event>, EventForm)>,
}

/// What is added to the JSON of an event.
pub(crate) enum EventForm {
    /// Nothing.
    AsItIs,
    /// How often it was passed on.
    WithHops(Hops),
    /// The same, and which attempt at which delivery it is for.
    WithDelivery(Box<(DeliveryId, SubscriptionId, u32, Hops)>),
}

impl EventForm {
    fn json(&self, event: &Event) -> Vec<u8> {
        match self {
            Self::AsItIs => event.to_json(),
            Self::WithHops(hops) => event.with_hops(*hops).to_json(),
            Self::WithDelivery(told) => {
                let (delivery, subscription, attempt, hops) = &**told;
                let told = event.with_delivery_and_hops(delivery, subscription, *attempt, *hops);
                told.to_json()
            }
        }
    }
}

impl<'e> PlannedCall<'e> {
    /// The call with its payload.
    pub(crate) async fn ready(self) -> Call<'e> {
        let Self { mut call, event } = self;
        if let Some((event, form)) = event {
            let (bytes, event) = (event.json_bytes() as u64, event.clone());
            call.payload = off_runtime_if_large(bytes, move || Bytes::from(form.json(&event))).await;
        }
        call
    }
}

impl<'e> From<Call<'e>> for PlannedCall<'e> {
    fn from(call: Call<'e>) -> Self {
        Self { call, event: None }
    }
}

//! The event of a request in the form that functions of async subscribers ask for. It is made before the queue has it, since
//! what waits there has no request beside it any more.

use std::collections::HashMap;
use std::sync::Arc;

use domain::delivery::Delivery;
use domain::event::{Event, HTTP_REQUEST};
use domain::origin::TrustedProxies;

use crate::asked_form::AskedForm;
use crate::intake::Arrived;

/// The events that were made in the place of one, each once: those who ask for the same share it.
#[derive(Default)]
pub(super) struct AskedEvents(Option<HashMap<(usize, AskedForm), Made>>);

struct Made {
    /// Held, so that no other event comes to have its address.
    _of: Arc<Event>,
    event: Arc<Event>,
}

impl AskedEvents {
    /// What was made so far.
    pub(super) fn made(&self) -> impl Iterator<Item = &Arc<Event>> {
        let made = self.0.iter().flat_map(|made| made.values());
        made.map(|made| &made.event)
    }

    /// The event of a delivery as its function asks for it: `event` itself, unless that is a request.
    pub(super) async fn of(
        &mut self,
        arrived: &Arrived<'_>,
        trusted: &TrustedProxies,
        delivery: &Delivery,
        event: Arc<Event>,
    ) -> Arc<Event> {
        let Delivery { space, function, .. } = delivery;
        let Some(form) = AskedForm::of(arrived.table, space, function, &event) else {
            return event;
        };
        let key = (Arc::as_ptr(&event).addr(), form);
        if let Some(made) = self.0.as_ref().and_then(|made| made.get(&key)) {
            return Arc::clone(&made.event);
        }
        // Boxed: most events are not made anew.
        let made = Box::pin(async {
            let method = arrived.parts.method.as_str();
            let routes = arrived.table.routes(HTTP_REQUEST, method, &arrived.path.path);
            // The parameters that the event has.
            let pattern = routes.pattern().unwrap_or_default();
            form.event(&event, &arrived.original_on(pattern, trusted)).await
        });
        let made = made.await;
        let entry = Made {
            _of: event,
            event: Arc::clone(&made),
        };
        self.0.get_or_insert_default().insert(key, entry);
        made
    }
}

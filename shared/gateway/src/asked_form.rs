//! Requests in version 1.0 of CloudEvents, for functions that ask for it: made while the request is still there, of which the
//! event does not say everything. The queue keeps events, and hooks and transforms see events.

use std::sync::Arc;

use domain::event::Event;
use domain::ids::{FunctionId, Space};
use domain::passthrough::OriginalRequest;
use domain::resource::{EventFormat, Provider};
use domain::routing::RoutingTable;
use offload::{LARGE_BODY, off_runtime};

/// What a function asks for that gets every event in version 1.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AskedForm {
    /// Whether the data of a request has its body, byte for byte.
    raw_body: bool,
}

impl AskedForm {
    /// What a function asks for in the place of an event that is a request; `None` where it wants events as they are. Of a
    /// weighted one all have to ask, since which of them is called is not known yet, and one is enough to want the body.
    pub(crate) fn of(
        table: &RoutingTable,
        space: &Space,
        function: &FunctionId,
        event: &Event,
    ) -> Option<Self> {
        if !event.is_made_of_request() {
            return None;
        }
        let form = |id| Self::of_provider(&table.function(space, id)?.provider);
        let provider = &table.function(space, function)?.provider;
        let Provider::Weighted(weighted) = provider else {
            return Self::of_provider(provider);
        };
        let mut forms = weighted.weighted.iter().map(|entry| form(&entry.function_id));
        let first = forms.next()??;
        forms.try_fold(first, |all, one| {
            Some(Self {
                raw_body: one?.raw_body || all.raw_body,
            })
        })
    }

    fn of_provider(provider: &Provider) -> Option<Self> {
        match provider.event_format() {
            EventFormat::Version(form) => Some(Self {
                raw_body: form.raw_body,
            }),
            EventFormat::Word(_) => None,
        }
    }

    /// The event that is made of a request. Large ones are made elsewhere.
    pub(crate) async fn event(self, event: &Arc<Event>, original: &OriginalRequest<'_>) -> Arc<Event> {
        let Self { raw_body } = self;
        if original.body.len() < LARGE_BODY {
            return Arc::new(event.in_version_1_0(Some(original), raw_body));
        }
        let (event, parts, body) = (Arc::clone(event), original.parts.clone(), original.body.clone());
        let (path, pattern) = (original.path.to_owned(), original.pattern.to_owned());
        let (origin, trusted) = (original.origin, original.trusted.clone());
        let (is_batch, can_upgrade) = (original.is_batch, original.can_upgrade);
        let make = move || {
            let original = OriginalRequest {
                parts: &parts,
                body: &body,
                path: &path,
                pattern: &pattern,
                origin,
                trusted: &trusted,
                is_batch,
                can_upgrade,
            };
            Arc::new(event.in_version_1_0(Some(&original), raw_body))
        };
        off_runtime(make).await
    }
}

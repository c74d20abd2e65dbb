//! What is learned of a request on its way, for metrics and the access log.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::event::Event;
use domain::ids::Space;
use domain::resource::Subscription;
use domain::trace::SpanContext;
use tokio::time::Instant;

/// What is learned of a request on its way. Of several events it is what the first one has.
#[derive(Debug, Default)]
pub struct Seen {
    /// Whether the request is to have a line in the access log, which wants to know more than metrics do.
    pub is_logged: bool,
    route: OnceLock<Arc<Subscription>>,
    is_unmatched: AtomicBool,
    logged: OnceLock<Box<Logged>>,
    micros_in_target: AtomicU64,
    /// Boxed: most requests have none.
    place: Option<Box<SpanContext>>,
}

/// What the access log alone wants to know.
#[derive(Debug)]
struct Logged {
    event: Arc<Event>,
    owner: Option<Space>,
}

/// Time that a function is waited for, until this is dropped.
#[derive(Debug)]
pub(crate) struct TargetTime<'s> {
    seen: &'s Seen,
    began: Instant,
}

impl Seen {
    /// What a request is like that may have a line in the access log.
    pub fn logged(is_logged: bool) -> Self {
        Self {
            is_logged,
            ..Self::default()
        }
    }

    /// The same of a request that has a place of its own in a trace.
    #[must_use]
    pub fn placed(mut self, place: SpanContext) -> Self {
        self.place = Some(Box::new(place));
        self
    }

    /// The place of the request in a trace, unless it is only what its headers say.
    pub(crate) fn place(&self) -> Option<SpanContext> {
        self.place.as_deref().copied()
    }

    /// An event was matched. `owner` is the space of its path, if it has one.
    pub(crate) fn matched(
        &self,
        event: &Arc<Event>,
        route: Option<&Arc<Subscription>>,
        owner: impl FnOnce() -> Option<Space>,
    ) {
        if let Some(route) = route
            && self.route.get().is_none()
        {
            // Whoever was first is kept, here and below.
            let _ = self.route.set(Arc::clone(route));
        }
        if self.is_logged && self.logged.get().is_none() {
            let logged = Logged {
                event: Arc::clone(event),
                owner: owner(),
            };
            let _ = self.logged.set(Box::new(logged));
        }
    }

    /// Nobody subscribes to any of its events.
    pub(crate) fn reaches_nobody(&self) {
        self.is_unmatched.store(true, Ordering::Relaxed);
    }

    /// A function is waited for from now on. `None` where nobody wants to know for how long.
    pub(crate) fn time_target(&self) -> Option<TargetTime<'_>> {
        self.is_logged.then(|| TargetTime {
            seen: self,
            began: Instant::now(),
        })
    }

    /// The subscription that the request reached.
    pub fn route(&self) -> Option<&Subscription> {
        self.route.get().map(|route| &**route)
    }

    /// The space of the subscription, or else of the path.
    pub fn space(&self) -> Option<&Space> {
        let owner = || self.logged.get()?.owner.as_ref();
        self.route().map(|route| &route.space).or_else(owner)
    }

    /// Its event, where it is to be logged.
    pub fn event(&self) -> Option<&Event> {
        self.logged.get().map(|logged| &*logged.event)
    }

    /// Whether nobody subscribes to any of its events.
    pub fn is_unmatched(&self) -> bool {
        self.is_unmatched.load(Ordering::Relaxed)
    }

    /// How long its sync functions were waited for, where it is to be logged.
    pub fn time_in_target(&self) -> Duration {
        Duration::from_micros(self.micros_in_target.load(Ordering::Relaxed))
    }
}

impl Drop for TargetTime<'_> {
    fn drop(&mut self) {
        let micros = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.seen.micros_in_target.fetch_add(micros, Ordering::Relaxed);
    }
}

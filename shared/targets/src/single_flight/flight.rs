//! One fetch whose outcome all share who wait for it.

use tokio::sync::watch;

/// Something that is being fetched. Clones are the same. No `Debug`: what it comes to may be a secret.
#[derive(Clone)]
pub(crate) struct Flight<T>(watch::Receiver<Option<T>>);

/// The other end of a flight, for what fetches.
pub(crate) struct Landing<T>(watch::Sender<Option<T>>);

impl<T: Clone> Flight<T> {
    /// Begins one.
    pub(crate) fn begin() -> (Landing<T>, Self) {
        let (landing, flight) = watch::channel(None);
        (Landing(landing), Self(flight))
    }

    /// Whether it can still come to something: not if what fetches is gone, because it panicked or was stopped.
    pub(crate) fn is_under_way(&self) -> bool {
        self.0.has_changed().is_ok()
    }

    /// Waits for what it comes to; `None` if it was broken off.
    pub(crate) async fn outcome(mut self) -> Option<T> {
        let outcome = self.0.wait_for(Option::is_some).await;
        outcome.ok().and_then(|outcome| outcome.clone())
    }
}

impl<T> Landing<T> {
    /// Tells all who wait what the flight came to.
    pub(crate) fn tell(self, outcome: T) {
        self.0.send_replace(Some(outcome));
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn all_who_wait_share_the_outcome() {
        let (landing, flight) = Flight::begin();
        let early = flight.clone().outcome();
        assert!(flight.is_under_way());
        assert_eq!(flight.clone().outcome().now_or_never(), None);
        landing.tell("landed");
        assert!(!flight.is_under_way());
        for outcome in [early.now_or_never(), flight.outcome().now_or_never()] {
            assert_eq!(outcome, Some(Some("landed")));
        }
    }

    #[test]
    fn nobody_waits_for_what_was_broken_off() {
        let (landing, flight) = Flight::<()>::begin();
        drop(landing);
        assert!(!flight.is_under_way());
        assert_eq!(flight.outcome().now_or_never(), Some(None));
    }
}

//! Events that functions have not read when they have answered, over https. The task of their connection goes on writing
//! them, and whoever leaves them unread would have the gateway keep them: so they are counted for as long as they are
//! kept, and that is not long.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http_body_util::{BodyExt as _, Full};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::client::Payload;
use super::ending::ConnectionEnd;
use super::keeping;
use super::lanes::Place;
use crate::in_flight::Held;

/// How long a function that has answered may take to read the rest of its event. Whoever answers and closes ends that.
pub(super) const READS_ON: Duration = Duration::from_secs(5);

/// The event of a call, which may still be unread when the call is over.
pub(super) struct Unread {
    /// Where other calls may share its connection.
    place: Option<Place>,
    event: Option<Event>,
    /// The connection that the answer came over. Of a call without one, the client takes the event back by itself.
    connection: Option<ConnectionEnd>,
}

struct Event {
    bytes: usize,
    /// The room that it has after the call, when it is counted with nothing else any more.
    held: Held,
    /// Ends when nobody has any of it.
    gone: oneshot::Receiver<Infallible>,
}

/// An event that says when it is gone.
struct Followed {
    bytes: Bytes,
    _gone: oneshot::Sender<Infallible>,
}

impl AsRef<[u8]> for Followed {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Unread {
    /// The payload of a call with a place, and what is to be kept for as long as the call lasts.
    pub(super) fn follow(mut payload: Payload, place: Option<Place>) -> (Payload, Self) {
        let mut unread = Self {
            place,
            event: None,
            connection: None,
        };
        // It is all there, in one piece.
        let frame = payload.frame().now_or_never().flatten();
        let Some(bytes) = frame.and_then(|Ok(frame)| frame.into_data().ok()) else {
            return (Full::default(), unread);
        };
        let (sender, gone) = oneshot::channel();
        unread.event = Some(Event {
            bytes: bytes.len(),
            held: keeping().nothing_held(),
            gone,
        });
        let followed = Followed { bytes, _gone: sender };
        (Full::new(Bytes::from_owner(followed)), unread)
    }

    /// The answer has begun to come over this connection.
    pub(super) fn answered_over(&mut self, connection: Option<ConnectionEnd>) {
        self.connection = connection;
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let (Some(mut event), Some(connection)) = (self.event.take(), self.connection.take()) else {
            return;
        };
        if event.gone.try_recv() == Err(oneshot::error::TryRecvError::Closed) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return connection.end();
        };
        let place = self.place.take();
        runtime.spawn(async move {
            event.read_in_time(&connection, READS_ON).await;
            drop(place);
        });
    }
}

impl Event {
    /// Waits until it is gone, and ends its connection if that takes longer or if there is no room for it.
    async fn read_in_time(mut self, connection: &ConnectionEnd, time: Duration) {
        let has_room = self.held.grow(self.bytes);
        if has_room && timeout(time, &mut self.gone).await.is_ok() {
            return;
        }
        tracing::debug!(
            bytes = self.bytes,
            "A function has answered and does not read its event."
        );
        connection.end();
        let Err(_gone) = self.gone.await;
    }
}

#[cfg(test)]
mod tests {
    use domain::hops::Hops;
    use tokio::task::yield_now;

    use super::*;
    use crate::http::carrying_and_keeping;
    use crate::in_flight::BytesInFlight;
    use crate::keeping::Keeping;

    /// An event of a call that has its answer, as somebody still has it.
    fn answered() -> (Bytes, Unread, ConnectionEnd) {
        let (mut payload, mut unread) = Unread::follow(Full::from("event"), None);
        let end = ConnectionEnd::default();
        unread.answered_over(Some(end.clone()));
        let frame = payload.frame().now_or_never().unwrap();
        (frame.unwrap().unwrap().into_data().unwrap(), unread, end)
    }

    #[tokio::test]
    async fn what_is_left_unread_is_counted_as_far_as_there_is_room() {
        let budget = BytesInFlight::new(8);
        let call = async {
            let (event, unread, end) = answered();
            assert_eq!((&event[..], budget.held()), (&b"event"[..], 0));
            drop(unread);
            while budget.held() == 0 {
                yield_now().await;
            }
            assert_eq!(budget.held(), 5);
            let (second, unread, of_second) = answered();
            drop(unread);
            while !of_second.is_ended() {
                yield_now().await;
            }
            drop((second, event));
            while budget.held() > 0 {
                yield_now().await;
            }
            // It was read in time.
            assert!(!end.is_ended());
        };
        carrying_and_keeping(Hops::NONE, Keeping::of(budget, true), call).await;
    }

    #[tokio::test]
    async fn what_is_left_for_too_long_ends_its_connection() {
        let (event, mut unread, end) = answered();
        let left = unread.event.take().unwrap();
        let connection = end.clone();
        let reading =
            tokio::spawn(async move { left.read_in_time(&connection, Duration::from_millis(10)).await });
        while !end.is_ended() {
            yield_now().await;
        }
        assert!(!reading.is_finished(), "it is there until it is gone");
        drop(event);
        reading.await.unwrap();
    }

    #[tokio::test]
    async fn what_has_been_read_is_not_looked_after() {
        let budget = BytesInFlight::new(1);
        let call = async {
            let (event, unread, end) = answered();
            drop(event);
            drop(unread);
            yield_now().await;
            assert!(!end.is_ended());
        };
        carrying_and_keeping(Hops::NONE, Keeping::of(budget, true), call).await;
    }
}

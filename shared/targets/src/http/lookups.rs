//! Names of hosts, looked up by the operating system within bounds.
//!
//! A lookup holds a thread until the name server answers or the operating system gives up, which may take half a minute,
//! and nobody can end it. So whoever registers names whose server is silent must not take all threads: each space has so
//! many at a time, all of them together so many, and those who ask for a name that is being looked up wait for that. The
//! threads are of their own: nothing else waits for one of these, nor does the end of the process.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;
use std::vec;

use domain::ids::Space;
use hyper_util::client::legacy::connect::dns::Name;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower_service::Service;

use crate::settings::LookupLimits;
use crate::single_flight::{Flight, Landing};

#[cfg(test)]
mod tests;

/// Longest time that one connection waits for a name. Calls have deadlines of their own besides.
const WAIT: Duration = Duration::from_secs(10);
/// From how many spaces on those are forgotten that look nothing up.
const SWEEP_FROM: usize = 64;

tokio::task_local! {
    /// The space on whose behalf a task calls.
    static CALLER: Option<Space>;
}

/// Counts the names that a call has looked up as those of a space.
pub(crate) fn on_behalf_of<F: Future>(
    space: Option<&Space>,
    call: F,
) -> impl Future<Output = F::Output> + use<F> {
    CALLER.scope(space.cloned(), call)
}

/// The space on whose behalf this task calls, for another task that goes on with it.
pub(crate) fn caller() -> Option<Space> {
    CALLER.try_with(Option::clone).ok().flatten()
}

/// How a name is looked up; blocks.
type Lookup = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;
/// What a lookup comes to.
type Found = Result<Vec<SocketAddr>, Arc<io::Error>>;

/// A resolver. Clones share the bounds.
#[derive(Clone)]
pub(super) struct BoundedResolver(Arc<Lookups>);

struct Lookups {
    lookup: Box<Lookup>,
    /// Room for all lookups.
    room: Arc<Semaphore>,
    per_space: usize,
    /// Longest time that one connection waits for a name.
    wait: Duration,
    under_way: Mutex<UnderWay>,
}

/// The lookups under way.
#[derive(Default)]
struct UnderWay {
    by_name: HashMap<Box<str>, Flight<Found>>,
    /// Room of the spaces that look something up. Calls of no space share one, too.
    spaces: HashMap<Option<Space>, Arc<Semaphore>>,
    sweep_at: usize,
}

/// Why a name has no address.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookupError {
    /// The operating system says so.
    #[error("{0}")]
    Failed(Arc<io::Error>),
    /// It said nothing in time, or other lookups of the space took all the time.
    #[error("the name was not looked up within {0:?}")]
    TimedOut(Duration),
    /// The lookup was given up.
    #[error("the lookup of the name was stopped")]
    Stopped,
}

/// The permits of a lookup.
type Room = (OwnedSemaphorePermit, OwnedSemaphorePermit);

impl BoundedResolver {
    /// Looks names up as the operating system does.
    pub(super) fn new(limits: LookupLimits) -> Self {
        // The port is that of the URL and is set by whoever connects.
        Self::of(limits, WAIT, |name| Ok((name, 0).to_socket_addrs()?.collect()))
    }

    fn of(
        limits: LookupLimits,
        wait: Duration,
        lookup: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Lookups {
            lookup: Box::new(lookup),
            room: Arc::new(Semaphore::new(limits.at_once.max(1))),
            per_space: limits.per_space.max(1),
            wait,
            under_way: Mutex::default(),
        }))
    }
}

impl Lookups {
    async fn resolve(
        self: Arc<Self>,
        space: Option<Space>,
        name: Box<str>,
    ) -> Result<Vec<SocketAddr>, LookupError> {
        let flight = self.under_way().flight(&name);
        let flight = match flight {
            Some(flight) => flight,
            None => self.start(space, &name).await?,
        };
        let found = flight.outcome().await.ok_or(LookupError::Stopped)?;
        found.map_err(LookupError::Failed)
    }

    /// Waits for room and starts a lookup, unless another one of the name is under way by then.
    async fn start(self: &Arc<Self>, space: Option<Space>, name: &str) -> Result<Flight<Found>, LookupError> {
        let of_space = self.under_way().room_of(space, self.per_space);
        // The permit of the space first: waiting for it takes nothing from other spaces.
        let own = of_space.acquire_owned().await.map_err(|_| LookupError::Stopped)?;
        let all = Arc::clone(&self.room).acquire_owned().await;
        let room: Room = (own, all.map_err(|_| LookupError::Stopped)?);
        let mut under_way = self.under_way();
        if let Some(flight) = under_way.flight(name) {
            return Ok(flight);
        }
        let (landing, flight) = Flight::begin();
        let (lookups, looked_up) = (Arc::clone(self), Box::<str>::from(name));
        let thread = thread::Builder::new()
            .name("name-lookup".to_owned())
            .spawn(move || lookups.run(&looked_up, landing, room));
        thread.map_err(|error| LookupError::Failed(Arc::new(error)))?;
        under_way.by_name.insert(name.into(), flight.clone());
        Ok(flight)
    }

    /// The thread of one lookup.
    fn run(&self, name: &str, landing: Landing<Found>, room: Room) {
        let found = (self.lookup)(name).map_err(Arc::new);
        // Results are not kept: the next call looks the name up again.
        self.under_way().by_name.remove(name);
        drop(room);
        landing.tell(found);
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay {
    /// The lookup of a name, unless its thread panicked.
    fn flight(&self, name: &str) -> Option<Flight<Found>> {
        let flight = self.by_name.get(name);
        flight.filter(|flight| flight.is_under_way()).cloned()
    }

    fn room_of(&mut self, space: Option<Space>, most: usize) -> Arc<Semaphore> {
        if self.spaces.len() >= self.sweep_at.max(SWEEP_FROM) {
            self.spaces.retain(|_, room| Arc::strong_count(room) > 1);
            self.sweep_at = 2 * self.spaces.len();
        }
        let room = self.spaces.entry(space);
        Arc::clone(room.or_insert_with(|| Arc::new(Semaphore::new(most))))
    }
}

impl Service<Name> for BoundedResolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = LookupError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, LookupError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), LookupError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        // Asked here, in the task of the call: the future may go on in another one.
        let resolving = Arc::clone(&self.0).resolve(caller(), name.as_str().into());
        let wait = self.0.wait;
        Box::pin(async move {
            let resolved = tokio::time::timeout(wait, resolving).await;
            let timed_out = Err(LookupError::TimedOut(wait));
            resolved.unwrap_or(timed_out).map(Vec::into_iter)
        })
    }
}

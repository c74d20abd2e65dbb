//! Permits to deliver where a queue hands out many deliveries at once: so many at a time, and spaces that wait for some take
//! turns. A space whose functions are slow, or whose events have many subscribers, does not hold up the others.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::Space;
use tokio::sync::oneshot;

/// The permits. Clones are handles to the same ones.
#[derive(Debug, Clone)]
pub(crate) struct FairPermits(Arc<Mutex<PermitPool>>);

#[derive(Debug)]
struct PermitPool {
    free: usize,
    /// Spaces that have permits or wait for some.
    spaces: HashMap<Space, Line>,
}

/// The deliveries of a space.
#[derive(Debug, Default)]
struct Line {
    in_hand: usize,
    waiting: VecDeque<oneshot::Sender<FairPermit>>,
}

/// A permit to deliver; given back when dropped.
#[derive(Debug)]
pub(crate) struct FairPermit {
    permits: FairPermits,
    /// Whose it is; nobody's once it was given back.
    space: Option<Space>,
}

impl FairPermits {
    /// So many permits, at least 1.
    pub(crate) fn new(permits: usize) -> Self {
        Self(Arc::new(Mutex::new(PermitPool {
            free: permits.max(1),
            spaces: HashMap::new(),
        })))
    }

    /// A permit, once it is the turn of a space. Those that ask at the same time are all heard before one gets a permit.
    pub(crate) async fn acquire(&self, space: &Space) -> Option<FairPermit> {
        let (sender, receiver) = oneshot::channel();
        self.line_up(space, sender);
        tokio::task::yield_now().await;
        self.hand_out();
        // The sender is dropped with these permits alone.
        receiver.await.ok()
    }

    fn line_up(&self, space: &Space, sender: oneshot::Sender<FairPermit>) {
        let mut state = self.state();
        if let Some(line) = state.spaces.get_mut(space) {
            line.waiting.push_back(sender);
        } else {
            let line = state.spaces.entry(space.clone()).or_default();
            line.waiting.push_back(sender);
        }
    }

    /// Gives free permits to those that wait, one by one to the space that has the fewest.
    fn hand_out(&self) {
        let mut state = self.state();
        let PermitPool { free, spaces } = &mut *state;
        while *free > 0 {
            let lines = spaces.iter_mut();
            let waiting = lines.filter(|(_, line)| !line.waiting.is_empty());
            let Some((space, line)) = waiting.min_by_key(|(_, line)| line.in_hand) else {
                break;
            };
            let Some(sender) = line.waiting.pop_front() else {
                break;
            };
            let permit = FairPermit {
                permits: self.clone(),
                space: Some(space.clone()),
            };
            match sender.send(permit) {
                Ok(()) => {
                    line.in_hand += 1;
                    *free -= 1;
                }
                // The delivery that waited is gone, and the permit stays free.
                Err(mut unclaimed) => unclaimed.space = None,
            }
        }
        spaces.retain(|_, line| line.in_hand > 0 || !line.waiting.is_empty());
    }

    fn give_back(&self, space: &Space) {
        let mut state = self.state();
        state.free += 1;
        if let Some(line) = state.spaces.get_mut(space) {
            line.in_hand = line.in_hand.saturating_sub(1);
        }
        drop(state);
        self.hand_out();
    }

    fn state(&self) -> MutexGuard<'_, PermitPool> {
        // No code that holds the lock can leave the state half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FairPermit {
    fn drop(&mut self) {
        if let Some(space) = self.space.take() {
            self.permits.give_back(&space);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use futures_util::future::{join, join_all};

    use super::*;

    async fn acquire_all(turns: &FairPermits, space: &str, count: usize) -> Vec<FairPermit> {
        let space = Space::from(space);
        let permits = join_all((0..count).map(|_| turns.acquire(&space))).await;
        permits.into_iter().flatten().collect()
    }

    /// How many permits each of two spaces gets that want so many at the same time, and keep them.
    async fn divided(turns: &FairPermits, loud: usize, quiet: usize) -> (usize, usize) {
        let (loud_space, quiet_space) = (Space::from("loud"), Space::from("quiet"));
        let mut of_loud: Vec<_> = (0..loud).map(|_| Box::pin(turns.acquire(&loud_space))).collect();
        let mut of_quiet: Vec<_> = (0..quiet)
            .map(|_| Box::pin(turns.acquire(&quiet_space)))
            .collect();
        let mut got = (0, 0);
        let mut kept = Vec::new();
        for _ in 0..3 {
            of_loud.retain_mut(|permit| match permit.now_or_never() {
                Some(permit) => {
                    kept.push(permit);
                    got.0 += 1;
                    false
                }
                None => true,
            });
            of_quiet.retain_mut(|permit| match permit.now_or_never() {
                Some(permit) => {
                    kept.push(permit);
                    got.1 += 1;
                    false
                }
                None => true,
            });
            tokio::task::yield_now().await;
        }
        got
    }

    #[tokio::test]
    async fn spaces_share_the_permits_and_one_alone_has_all() {
        for (loud, quiet, want) in [
            (1000, 3, (17, 3)),
            (1000, 1000, (10, 10)),
            (1000, 0, (20, 0)),
            (5, 5, (5, 5)),
        ] {
            assert_eq!(
                divided(&FairPermits::new(20), loud, quiet).await,
                want,
                "{loud} {quiet}"
            );
        }
    }

    #[tokio::test]
    async fn nobody_waits_behind_those_of_another_space() {
        let turns = FairPermits::new(2);
        let mut held = acquire_all(&turns, "loud", 2).await;
        let (loud, quiet) = ("loud".into(), "quiet".into());
        let mut first = Box::pin(turns.acquire(&loud));
        assert!((&mut first).now_or_never().is_none());
        tokio::task::yield_now().await;
        assert!((&mut first).now_or_never().is_none());
        let mut second = Box::pin(turns.acquire(&quiet));
        assert!((&mut second).now_or_never().is_none());
        held.pop();
        tokio::task::yield_now().await;
        assert!((&mut second).now_or_never().is_some(), "the quiet one is next");
        assert!((&mut first).now_or_never().is_some(), "it has given it back");
    }

    #[tokio::test]
    async fn permits_of_those_who_went_away_are_not_lost() {
        let turns = FairPermits::new(1);
        let space = Space::from("a");
        let held = turns.acquire(&space).await;
        let mut given_up = Box::pin(turns.acquire(&space));
        let mut cut = Box::pin(turns.acquire(&space));
        assert!(join(&mut given_up, &mut cut).now_or_never().is_none());
        tokio::task::yield_now().await;
        assert!((&mut cut).now_or_never().is_none());
        drop(given_up);
        drop(held);
        // It has its permit, and goes away before it knows.
        drop(cut);
        assert!(turns.acquire(&space).await.is_some());
        assert!(turns.state().spaces.is_empty());
    }
}

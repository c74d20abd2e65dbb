//! When deliveries look again that wait for the rate of their space. Each subscription of the space has one that waits: would all
//! look when there is one token more, all but one of them would for nothing, and that for each token.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::ids::Space;
use tokio::time::Instant;

/// Those that come too early look once in this time: what they wait for may be lifted.
const LONGEST: Duration = Duration::from_secs(1);

/// Spaces from which on those are looked for of which none waits any more.
const SWEEP_FROM: usize = 1024;

/// The turns of what waits, one after another in each space.
#[derive(Debug, Default)]
pub(crate) struct QuotaTurns(Mutex<Turns>);

#[derive(Debug, Default)]
struct Turns {
    /// The last turn that was given in a space.
    last: HashMap<Space, Instant>,
    sweep_at: usize,
}

impl QuotaTurns {
    /// Gives the next turn of a space: how long it is until then. There is a token in `wait`, and one more each `interval`
    /// after that.
    pub(crate) fn pause(
        &self,
        space: &Space,
        (wait, interval): (Duration, Duration),
        now: Instant,
    ) -> Duration {
        // No code that holds the lock can leave it half changed.
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.sweep(now);
        let last = turns.last.get(space).filter(|last| **last > now);
        let after = last.map_or(Duration::ZERO, |last| (*last - now).saturating_add(interval));
        let pause = wait.max(after).min(LONGEST);
        turns.last.insert(space.clone(), now + pause);
        pause
    }
}

impl Turns {
    fn sweep(&mut self, now: Instant) {
        if self.last.len() < self.sweep_at.max(SWEEP_FROM) {
            return;
        }
        self.last.retain(|_, last| *last > now);
        self.sweep_at = self.last.len() * 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn each_has_a_turn_of_its_own() {
        let turns = QuotaTurns::default();
        let now = Instant::now();
        let space = "one".into();
        let pause = |after| turns.pause(&space, (millis(30), millis(100)), now + millis(after));
        assert_eq!([(); 3].map(|()| pause(0)), [30, 130, 230].map(millis));
        // The first comes again, and is the last.
        assert_eq!(pause(30), millis(300));
        assert_eq!(
            turns.pause(&"two".into(), (millis(7), millis(100)), now),
            millis(7)
        );
        // Those for which it is too long look now and then.
        for _ in 0..1000 {
            assert!(pause(30) <= LONGEST);
        }
        assert_eq!(pause(30), LONGEST);
        // Nobody has come for a while.
        assert_eq!(pause(5_000), millis(30));
    }

    #[test]
    fn spaces_in_which_none_waits_are_forgotten() {
        let turns = QuotaTurns::default();
        let now = Instant::now();
        for number in 0..4 * SWEEP_FROM as u64 {
            let space = Space::from(format!("space-{number}"));
            turns.pause(&space, (millis(1), millis(1)), now + millis(2 * number));
        }
        assert!(turns.0.lock().unwrap().last.len() <= SWEEP_FROM);
    }
}

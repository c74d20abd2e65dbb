//! States of spaces that requests asked for and that a confirmation did not find. Whoever sends an event may ask for any
//! version, so one that is too high must not cost a read for every request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use clocks::Moment;
use domain::ids::Space;
use domain::space_version::SpaceVersion;

use super::held::HeldRoutes;

/// What was asked for in vain.
#[derive(Debug)]
pub(super) struct Refuted {
    /// For how long it stays so without another look.
    interval: Duration,
    /// By space; all spaces that there is nothing of share an entry.
    spaces: Mutex<HashMap<Option<Space>, Refutation>>,
}

#[derive(Debug, Clone, Copy)]
struct Refutation {
    /// The least version that a confirmation did not find.
    version: u64,
    /// When the first confirmation of the interval was begun that did not find one.
    since: Moment,
}

impl Refuted {
    /// Nothing yet.
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            spaces: Mutex::default(),
        }
    }

    /// Whether everything that is asked for and not held is known not to be there. A version that is less than half as far
    /// from the one that is held as those asked for in vain is looked for all the same: so somebody who asks for
    /// impossible ones does not keep those who have just written from what they wrote, and the number of looks is that of
    /// the bits of a version at most.
    pub(super) fn answers(&self, held: &HeldRoutes, at_least: &[SpaceVersion], now: Moment) -> bool {
        let spaces = self.spaces.lock().unwrap_or_else(PoisonError::into_inner);
        at_least.iter().all(|SpaceVersion { space, version }| {
            let here = held.version(space);
            let Some(ahead) = version.checked_sub(here).filter(|ahead| *ahead > 0) else {
                return true;
            };
            let refutation = spaces.get(&key(held, space));
            let refutation = refutation.filter(|refutation| self.is_live(refutation, now));
            let refuted = refutation.and_then(|refutation| refutation.version.checked_sub(here));
            refuted.is_some_and(|refuted| refuted > 0 && ahead > refuted / 2)
        })
    }

    /// Keeps what a confirmation did not find that was begun at `started`.
    pub(super) fn note(&self, held: &HeldRoutes, at_least: &[SpaceVersion], started: Moment) {
        let mut missing = at_least
            .iter()
            .filter(|state| held.version(&state.space) < state.version)
            .peekable();
        if missing.peek().is_none() {
            return;
        }
        let mut spaces = self.spaces.lock().unwrap_or_else(PoisonError::into_inner);
        spaces.retain(|_, refutation| self.is_live(refutation, started));
        for SpaceVersion { space, version } in missing {
            let here = held.version(space);
            let first = Refutation {
                version: *version,
                since: started,
            };
            let refutation = spaces.entry(key(held, space)).or_insert(first);
            if refutation.version <= here {
                // The space has got there since.
                *refutation = first;
            }
            refutation.version = refutation.version.min(*version);
        }
    }

    fn is_live(&self, refutation: &Refutation, now: Moment) -> bool {
        let age = refutation.since.age(now);
        age.is_some_and(|age| age < self.interval)
    }
}

fn key(held: &HeldRoutes, space: &Space) -> Option<Space> {
    (held.version(space) > 0).then(|| space.clone())
}

#[cfg(test)]
mod tests {
    use domain::configuration::Snapshot;
    use domain::routing::PathOwnership;

    use super::super::super::space_snapshot::SpaceSnapshot;
    use super::super::held::LoadedSpace;
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(1);

    fn later(moment: Moment, milliseconds: u64) -> Moment {
        let time = Duration::from_millis(milliseconds);
        Moment {
            monotonic: moment.monotonic + time,
            wall: moment.wall + time,
        }
    }

    /// Routes that hold the space `a` at a version.
    fn holding(version: u64, began: Moment) -> HeldRoutes {
        let state = SpaceSnapshot {
            version,
            snapshot: Snapshot::default(),
        };
        let loaded = LoadedSpace {
            state,
            sealed: std::collections::BTreeSet::new(),
            began,
        };
        HeldRoutes::nothing(PathOwnership::Shared).confirmed(1, began, &HashMap::from([("a".into(), loaded)]))
    }

    fn ask(space: &str, version: u64) -> [SpaceVersion; 1] {
        let space = space.into();
        [SpaceVersion { space, version }]
    }

    #[test]
    fn what_was_not_found_is_not_looked_for_again_for_a_while() {
        let start = Moment::now();
        let held = holding(10, start);
        let refuted = Refuted::new(INTERVAL);
        let huge = ask("a", u64::MAX);
        assert!(!refuted.answers(&held, &huge, start));
        refuted.note(&held, &huge, start);
        assert!(refuted.answers(&held, &huge, start));
        assert!(refuted.answers(&held, &huge, later(start, 999)));
        assert!(!refuted.answers(&held, &huge, later(start, 1000)));
        // Those who have written something are not answered with what was there before.
        assert!(!refuted.answers(&held, &ask("a", 11), start));
        assert!(!refuted.answers(&held, &ask("b", 1), start));
        assert!(refuted.answers(&held, &ask("a", 10), start));
        assert!(refuted.answers(&held, &[], start));
        let [one, other] = [ask("a", u64::MAX), ask("b", 1)];
        assert!(!refuted.answers(&held, &[one, other].concat(), start));
    }

    #[test]
    fn the_looks_of_an_interval_are_few_whatever_is_asked_for() {
        let start = Moment::now();
        let held = holding(10, start);
        let mut asked: Vec<_> = (0..64).map(|bit| u64::MAX >> bit).collect();
        asked.extend((0..10_000).map(|step| u64::MAX - step));
        asked.extend((11..10_000).rev());
        asked.extend(11..10_000);
        for space in ["a", "unknown"] {
            let refuted = Refuted::new(INTERVAL);
            let mut looks = 0;
            for version in &asked {
                let asked = ask(space, *version);
                if !refuted.answers(&held, &asked, later(start, 1)) {
                    looks += 1;
                    refuted.note(&held, &asked, later(start, 1));
                }
            }
            assert!(looks <= 65, "{space}: {looks}");
        }
        let refuted = Refuted::new(INTERVAL);
        for number in 0..1000 {
            let asked = ask(&number.to_string(), 1);
            assert_eq!(refuted.answers(&held, &asked, start), number > 0);
            refuted.note(&held, &asked, start);
        }
        assert_eq!(refuted.spaces.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_version_that_has_come_makes_room_for_the_next() {
        let start = Moment::now();
        let refuted = Refuted::new(INTERVAL);
        refuted.note(&holding(10, start), &ask("a", 11), start);
        let held = holding(11, start);
        assert!(!refuted.answers(&held, &ask("a", 12), start));
        refuted.note(&held, &ask("a", 12), start);
        assert!(refuted.answers(&held, &ask("a", 12), start));
    }
}

//! Calls under way, spread over lanes by their server. A lane has connections of its own: where a server speaks HTTP/2, so
//! few calls share one that the slow ones among them leave room for the others, in its streams and in its window.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::uri::Authority;

/// Calls that share a lane. Servers usually allow 100 streams, and few less than this.
pub(super) const CALLS_OF_LANE: u32 = 32;

/// Most lanes of a server; beyond them calls share those that have the fewest.
const MOST_LANES: usize = 64;

/// The calls of each server, by lane.
#[derive(Default)]
pub(super) struct Lanes(Mutex<HashMap<Authority, Vec<u32>>>);

/// A call under way, until it is dropped.
pub(super) struct Place {
    lanes: Arc<Lanes>,
    server: Authority,
    lane: usize,
}

impl Lanes {
    /// A place in the first lane that has one.
    pub(super) fn enter(self: &Arc<Self>, server: &Authority) -> Place {
        let mut servers = self.lock();
        let calls = servers.entry(server.clone()).or_default();
        let lane = match calls.iter().position(|calls| *calls < CALLS_OF_LANE) {
            Some(lane) => lane,
            None if calls.len() < MOST_LANES => {
                calls.push(0);
                calls.len() - 1
            }
            None => (0..MOST_LANES).min_by_key(|lane| calls[*lane]).unwrap_or(0),
        };
        calls[lane] += 1;
        Place {
            lanes: self.clone(),
            server: server.clone(),
            lane,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Authority, Vec<u32>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The number of its lane, from 0.
    pub(super) fn lane(&self) -> usize {
        self.lane
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut servers = self.lanes.lock();
        if let Some(calls) = servers.get_mut(&self.server) {
            calls[self.lane] -= 1;
            while calls.last() == Some(&0) {
                calls.pop();
            }
            if calls.is_empty() {
                servers.remove(&self.server);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_fill_one_lane_after_the_other() {
        let lanes = Arc::new(Lanes::default());
        let (one, other) = (Authority::from_static("a:1"), Authority::from_static("b"));
        let mut places: Vec<_> = (0..CALLS_OF_LANE).map(|_| lanes.enter(&one)).collect();
        assert!(places.iter().all(|place| place.lane() == 0));
        let next = lanes.enter(&one);
        assert_eq!((next.lane(), lanes.enter(&other).lane()), (1, 0));
        places.pop();
        assert_eq!(lanes.enter(&one).lane(), 0);
        // A lane keeps its number while another one before it empties.
        places.clear();
        assert_eq!(lanes.enter(&one).lane(), 0);
        drop(next);
        assert!(lanes.lock().is_empty());
    }

    #[test]
    fn beyond_the_last_lane_calls_are_spread() {
        let lanes = Arc::new(Lanes::default());
        let server = Authority::from_static("a");
        let all = CALLS_OF_LANE as usize * MOST_LANES;
        let places: Vec<_> = (0..all + MOST_LANES).map(|_| lanes.enter(&server)).collect();
        let more: Vec<_> = places[all..].iter().map(Place::lane).collect();
        assert_eq!(more, (0..MOST_LANES).collect::<Vec<_>>());
        drop(places);
        assert!(lanes.lock().is_empty());
    }
}

//! Calls under way, spread over lanes by their server. A lane has connections of its own: where a server speaks HTTP/2, so
//! few calls share one that the slow ones among them leave room for the others, in its streams and in its window. An event
//! that stays unread ends its connection, so those that share one are of the same space, as long as there are lanes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::Space;
use http::uri::Authority;

/// Calls that share a lane. Servers usually allow 100 streams, and few less than this.
pub(super) const CALLS_OF_LANE: u32 = 32;

/// Most such lanes of a server; beyond them calls share those that have the fewest.
const MOST_LANES: usize = 64;

/// The same of lanes that have one call each.
const MOST_OWN_LANES: usize = 1024;

/// Whether a call shares its connection with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sharing {
    /// With as many as a lane has.
    Shared,
    /// With none: its answer may come in many small pieces which nobody reads for a while, and that ends a connection over
    /// HTTP/2.
    Own,
}

/// The calls of each server, by lane.
pub(super) struct Lanes {
    calls_of_lane: u32,
    most: usize,
    servers: Mutex<HashMap<Authority, Vec<ConnectionLane>>>,
}

/// The calls of a lane, all of the space that entered it when it was empty unless there was no other lane left.
struct ConnectionLane {
    space: Option<Space>,
    calls: u32,
}

/// A call under way, until it is dropped.
pub(super) struct Place {
    lanes: Arc<Lanes>,
    server: Authority,
    lane: usize,
}

impl Lanes {
    /// Lanes of calls that share connections so.
    pub(super) fn new(sharing: Sharing) -> Self {
        let (calls_of_lane, most) = match sharing {
            Sharing::Shared => (CALLS_OF_LANE, MOST_LANES),
            Sharing::Own => (1, MOST_OWN_LANES),
        };
        Self {
            calls_of_lane,
            most,
            servers: Mutex::default(),
        }
    }

    /// A place in the first lane that has one for a call of this space.
    pub(super) fn enter(self: &Arc<Self>, space: Option<Space>, server: &Authority) -> Place {
        let mut servers = self.lock();
        let lanes = servers.entry(server.clone()).or_default();
        let has_room = |lane: &ConnectionLane| {
            lane.calls == 0 || (lane.space == space && lane.calls < self.calls_of_lane)
        };
        let lane = match lanes.iter().position(has_room) {
            Some(lane) => lane,
            None if lanes.len() < self.most => {
                lanes.push(ConnectionLane {
                    space: None,
                    calls: 0,
                });
                lanes.len() - 1
            }
            None => (0..self.most).min_by_key(|lane| lanes[*lane].calls).unwrap_or(0),
        };
        let entered = &mut lanes[lane];
        if entered.calls == 0 {
            entered.space = space;
        }
        entered.calls += 1;
        Place {
            lanes: self.clone(),
            server: server.clone(),
            lane,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Authority, Vec<ConnectionLane>>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
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
        if let Some(lanes) = servers.get_mut(&self.server) {
            lanes[self.lane].calls -= 1;
            while lanes.last().is_some_and(|lane| lane.calls == 0) {
                lanes.pop();
            }
            if lanes.is_empty() {
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
        let lanes = Arc::new(Lanes::new(Sharing::Shared));
        let (one, other) = (Authority::from_static("a:1"), Authority::from_static("b"));
        let mut places: Vec<_> = (0..CALLS_OF_LANE).map(|_| lanes.enter(None, &one)).collect();
        assert!(places.iter().all(|place| place.lane() == 0));
        let next = lanes.enter(None, &one);
        assert_eq!((next.lane(), lanes.enter(None, &other).lane()), (1, 0));
        places.pop();
        assert_eq!(lanes.enter(None, &one).lane(), 0);
        // A lane keeps its number while another one before it empties.
        places.clear();
        assert_eq!(lanes.enter(None, &one).lane(), 0);
        drop(next);
        assert!(lanes.lock().is_empty());
    }

    #[test]
    fn spaces_share_a_lane_only_where_none_is_left() {
        let lanes = Arc::new(Lanes::new(Sharing::Shared));
        let server = Authority::from_static("a");
        let enter = |space: &str| lanes.enter(Some(space.into()), &server);
        let (one, other) = (enter("s"), enter("t"));
        let more = [enter("s"), enter("t")];
        assert_eq!([one.lane(), other.lane()], [0, 1]);
        assert_eq!(more.each_ref().map(Place::lane), [0, 1]);
        // Whoever comes first has an empty lane.
        let [more, _last] = more;
        drop((one, more));
        assert_eq!(enter("u").lane(), 0);
        let _others: Vec<_> = (0..MOST_LANES - 1).map(|n| enter(&n.to_string())).collect();
        assert_eq!(enter("v").lane(), 0);
    }

    #[test]
    fn calls_that_share_nothing_have_a_lane_each() {
        let lanes = Arc::new(Lanes::new(Sharing::Own));
        let server = Authority::from_static("a");
        let mut places: Vec<_> = (0..100).map(|_| lanes.enter(None, &server)).collect();
        let numbers: Vec<_> = places.iter().map(Place::lane).collect();
        assert_eq!(numbers, (0..100).collect::<Vec<_>>());
        drop(places.swap_remove(7));
        assert_eq!(lanes.enter(None, &server).lane(), 7);
    }

    #[test]
    fn beyond_the_last_lane_calls_are_spread() {
        let lanes = Arc::new(Lanes::new(Sharing::Shared));
        let server = Authority::from_static("a");
        let all = CALLS_OF_LANE as usize * MOST_LANES;
        let places: Vec<_> = (0..all + MOST_LANES)
            .map(|_| lanes.enter(None, &server))
            .collect();
        let more: Vec<_> = places[all..].iter().map(Place::lane).collect();
        assert_eq!(more, (0..MOST_LANES).collect::<Vec<_>>());
        drop(places);
        assert!(lanes.lock().is_empty());
    }
}

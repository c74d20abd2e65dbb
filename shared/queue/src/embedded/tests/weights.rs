//! Deliveries of large events count for several workers.

use domain::delivery::Delivery;

use super::super::lane::Entry;
use super::super::record::LaneName;
use super::super::tables::Place;
use super::super::turns::{Next, Turns};
use super::fixture::{ROOMY, delivery, event};

const LARGE: usize = 3 << 20;

/// Puts deliveries into a lane of a space.
fn add(turns: &mut Turns, lane: u64, space: &str, event_bytes: usize) {
    let of_space = || Delivery {
        space: space.into(),
        ..delivery(&event("1"), "a")
    };
    turns.add(lane, || LaneName::of(&of_space()));
    for number in 0..5 {
        let entry = Entry {
            delivery: of_space(),
            bytes: 1,
            cost: 1,
            event_bytes,
        };
        turns.put(lane, Place { due: 0, number }, entry);
    }
}

fn ten_workers(is_shared: bool) -> Turns {
    let mut limits = ROOMY;
    limits.workers = 10;
    let mut turns = Turns::new(&limits);
    turns.ring.is_shared = is_shared;
    turns
}

/// Each call has a copy of its event: a worker stands for a MiB of such copies.
#[test]
fn large_events_count_for_several_workers() {
    for (is_shared, most) in [(false, 3), (true, 2)] {
        let mut turns = ten_workers(is_shared);
        add(&mut turns, 1, "s", LARGE);
        if is_shared {
            add(&mut turns, 2, "t", 1);
        }
        let mut in_hand: Vec<Entry> = Vec::new();
        for _ in 0..2 {
            while let Next::Delivery { entry, .. } = turns.next(1) {
                in_hand.push(entry);
            }
            let is_large = |entry: &Entry| entry.event_bytes == LARGE;
            assert_eq!(
                in_hand.iter().filter(|entry| is_large(entry)).count(),
                most,
                "{is_shared}"
            );
            let done = in_hand.iter().position(is_large).unwrap();
            turns.release(&in_hand.remove(done));
        }
    }
}

/// Two that take more at once than is left do not keep a third out.
#[test]
fn large_events_of_others_leave_each_space_a_worker() {
    let mut turns = ten_workers(true);
    add(&mut turns, 1, "s", 3 * LARGE);
    add(&mut turns, 2, "t", 3 * LARGE);
    while let Next::Delivery { .. } = turns.next(1) {}
    add(&mut turns, 3, "quiet", 1);
    let Next::Delivery { lane: 3, entry, .. } = turns.next(1) else {
        panic!("the third space has no turn");
    };
    turns.release(&entry);
    assert!(matches!(turns.next(1), Next::Delivery { lane: 3, .. }));
}

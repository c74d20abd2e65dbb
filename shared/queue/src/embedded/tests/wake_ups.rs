//! Lanes that go while they wait for a turn take nobody else's with them.

use domain::delivery::Delivery;

use super::super::Limits;
use super::super::lane::Entry;
use super::super::record::LaneName;
use super::super::tables::Place;
use super::super::turns::{Next, Turns};
use super::fixture::{ROOMY, single};

/// A lane of a function, for a subscription with its number.
fn name(number: u64, function: &str) -> LaneName {
    let mut delivery = single("1");
    delivery.function = function.into();
    delivery.subscription = number.to_string().as_str().into();
    LaneName::of(&delivery)
}

/// What of the lanes from 1 on has to be read from the file, each for this function.
fn unread(functions: &[&str], limits: &Limits) -> Turns {
    let mut turns = Turns::new(limits);
    turns.rebuild(
        (1..)
            .zip(functions)
            .map(|(number, function)| (number, name(number, function))),
    );
    turns
}

/// The lanes that are to be read now.
fn loads(turns: &mut Turns) -> Vec<u64> {
    let mut loads = Vec::new();
    while let Next::Load(lane) = turns.next(0) {
        loads.push(lane);
    }
    loads
}

/// A lane was read, and nothing is in it.
fn end_load(turns: &mut Turns, number: u64) {
    turns.change(number, |lane| {
        lane.loading = false;
        lane.extend(Vec::new(), None);
    });
}

fn entry() -> Entry {
    of_function("a")
}

fn of_function(id: &str) -> Entry {
    Entry {
        delivery: Delivery {
            function: id.into(),
            ..single("1")
        },
        bytes: 1,
        cost: 1,
        event_bytes: 1,
    }
}

const fn place(number: u64) -> Place {
    Place { due: 0, number }
}

/// Lanes for the same function with something in memory each.
fn due(lanes: u64, limits: &Limits) -> Turns {
    let mut turns = Turns::new(limits);
    for number in 1..=lanes {
        turns.add(number, || name(number, "a"));
        turns.put(number, place(number), entry());
    }
    turns
}

/// The lane whose delivery is next, if there is one.
fn delivered(turns: &mut Turns) -> Option<u64> {
    match turns.next(0) {
        Next::Delivery { lane, .. } => Some(lane),
        _ => None,
    }
}

const ONE_EACH: Limits = Limits {
    per_function: 1,
    ..ROOMY
};

#[test]
fn lanes_that_go_before_they_are_read_let_the_others_be_read() {
    let mut turns = unread(&["a"; 6], &ROOMY);
    assert_eq!(loads(&mut turns), [1, 2]);
    // These are the next two for which the first two would make room.
    turns.remove(3);
    turns.remove(4);
    end_load(&mut turns, 1);
    end_load(&mut turns, 2);
    assert_eq!(loads(&mut turns), [5, 6]);
}

#[test]
fn a_lane_that_goes_when_it_may_be_read_lets_the_next_one_be_read() {
    let mut turns = unread(&["a"; 6], &ROOMY);
    assert_eq!(loads(&mut turns), [1, 2]);
    end_load(&mut turns, 1);
    end_load(&mut turns, 2);
    // They may go on, and did not yet.
    turns.remove(3);
    turns.remove(4);
    assert_eq!(loads(&mut turns), [5, 6]);
}

#[test]
fn a_lane_that_may_be_read_and_waits_for_its_function_lets_the_next_one_be_read() {
    let mut turns = unread(&["a", "a", "b", "b", "c"], &ONE_EACH);
    assert_eq!(loads(&mut turns), [1, 2]);
    turns.add(9, || name(9, "b"));
    turns.put(9, place(9), entry());
    assert_eq!(delivered(&mut turns), Some(9));
    end_load(&mut turns, 1);
    end_load(&mut turns, 2);
    assert_eq!(loads(&mut turns), [5]);
    end_load(&mut turns, 5);
    turns.release(&of_function("b"));
    assert_eq!(loads(&mut turns), [3, 4]);
}

#[test]
fn lanes_that_go_while_their_function_is_busy_let_the_others_have_their_turn() {
    let mut turns = due(4, &ONE_EACH);
    assert_eq!(delivered(&mut turns), Some(1));
    assert_eq!(delivered(&mut turns), None);
    // Another one has its turn instead, and then comes last.
    turns.remove(3);
    assert_eq!(delivered(&mut turns), None);
    turns.release(&entry());
    assert_eq!(delivered(&mut turns), Some(4));
    turns.release(&entry());
    assert_eq!(delivered(&mut turns), Some(2));
    assert!(!turns.has_blocked());
}

#[test]
fn numbers_of_lanes_that_went_do_not_pile_up() {
    let mut turns = due(1, &ONE_EACH);
    assert_eq!(delivered(&mut turns), Some(1));
    turns.add(2, || name(2, "a"));
    turns.put(2, place(2), entry());
    for number in 3..10_000 {
        turns.add(number, || name(number, "a"));
        turns.put(number, place(number), entry());
        assert_eq!(delivered(&mut turns), None);
        turns.remove(number);
    }
    assert_eq!(delivered(&mut turns), None);
    assert!(turns.blocked() < 100, "{}", turns.blocked());
    turns.release(&entry());
    assert_eq!(delivered(&mut turns), Some(2));
}

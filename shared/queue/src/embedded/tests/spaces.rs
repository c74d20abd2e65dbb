//! What spaces have in common is shared: none takes all of the workers or of the room, each has its turn, and what a turn
//! costs does not depend on how many there are.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::delivery::Delivery;
use proptest::prelude::*;

use super::super::turns::{Next, Turns};
use super::super::{Embedded, Share};
use super::fixture::{Machine, ROOMY, delivery, event, event_of, id, retry};
use crate::{Outcome, QueueError, Received};

fn of(space: &str, name: &str, function: &str) -> Delivery {
    Delivery {
        space: space.into(),
        ..delivery(&event(&format!("{space}.{name}")), function)
    }
}

/// A machine whose queue has ten workers.
fn machine() -> Machine {
    let mut machine = Machine::new();
    machine.limits.workers = 10;
    machine.limits.per_function = 5;
    machine
}

async fn take_all(queue: &Embedded) -> Vec<Received> {
    let mut in_hand = Vec::new();
    while let Some(received) = queue.poll().await {
        in_hand.push(received);
    }
    in_hand
}

fn count(in_hand: &[Received], space: &str) -> usize {
    let of_space = |received: &&Received| received.deliveries[0].space.as_str() == space;
    in_hand.iter().filter(of_space).count()
}

/// Two functions that hang take what a space may have, and a third one no more of it. A quiet space starts at once.
#[tokio::test]
async fn a_space_with_functions_that_hang_leaves_workers_to_others() {
    let machine = machine();
    let queue = machine.open();
    queue.set_shared(true);
    for n in 0..200 {
        let n = n.to_string();
        queue
            .put(vec![
                of("loud", &n, "a"),
                of("loud", &n, "b"),
                of("loud", &n, "c"),
            ])
            .await
            .unwrap();
    }
    let mut in_hand = take_all(&queue).await;
    assert_eq!(count(&in_hand, "loud"), 5);
    for n in 0..3 {
        queue.put(vec![of("quiet", &n.to_string(), "a")]).await.unwrap();
        let received = queue.poll().await.unwrap();
        assert_eq!(received.deliveries[0].space.as_str(), "quiet");
        queue.say(received, Outcome::Done);
    }
    assert!(queue.poll().await.is_none());

    // What is given back, in whatever way, goes on.
    for outcome in [Some(Outcome::Done), Some(retry(Duration::from_hours(1))), None] {
        let received = in_hand.pop().unwrap();
        match outcome {
            Some(outcome) => drop(queue.say(received, outcome)),
            None => drop(received),
        }
        let next = queue.poll().await.unwrap();
        assert!(queue.poll().await.is_none());
        in_hand.push(next);
    }
}

/// A gateway with one space loses nothing, and what it took before another came is not taken back.
#[tokio::test]
async fn a_space_alone_has_all_workers() {
    let machine = machine();
    let queue = machine.open();
    for n in 0..20 {
        let n = n.to_string();
        queue.put(vec![of("s", &n, "a"), of("s", &n, "b")]).await.unwrap();
    }
    let mut in_hand = take_all(&queue).await;
    assert_eq!(in_hand.len(), 10);
    queue.set_shared(true);
    for _ in 0..5 {
        queue.say(in_hand.pop().unwrap(), Outcome::Done);
        assert!(queue.poll().await.is_none());
    }
    queue.say(in_hand.pop().unwrap(), Outcome::Done);
    assert!(queue.poll().await.is_some());
    queue.set_shared(false);
    assert_eq!(take_all(&queue).await.len(), 6);
}

#[tokio::test]
async fn a_share_that_is_set_goes_for_a_space_alone_too() {
    let mut machine = machine();
    machine.limits.spaces.workers = Share::Fixed(3);
    let queue = machine.open();
    for n in 0..20 {
        queue.put(vec![of("s", &n.to_string(), "a")]).await.unwrap();
    }
    assert_eq!(take_all(&queue).await.len(), 3);
}

/// However many lanes a space has, and however much in them, another one has every second turn.
#[tokio::test]
async fn spaces_take_turns() {
    let machine = Machine::new();
    let queue = machine.open();
    for n in 0..50 {
        let lanes = (0..40).map(|lane| of("loud", &n.to_string(), &lane.to_string()));
        queue.put(lanes.collect()).await.unwrap();
    }
    for n in 0..5 {
        queue.put(vec![of("quiet", &n.to_string(), "a")]).await.unwrap();
    }
    let mut first = Vec::new();
    for _ in 0..10 {
        let received = queue.poll().await.unwrap();
        first.push(received.deliveries[0].space.to_string());
        queue.say(received, Outcome::Done);
    }
    let quiet = first.iter().filter(|space| *space == "quiet");
    assert_eq!(quiet.count(), 5, "{first:?}");
}

/// After a restart all lanes have to be read: those of a space with many do not come before that of another.
#[tokio::test]
async fn many_lanes_in_the_file_do_not_hold_up_those_of_others() {
    let machine = Machine::new();
    let queue = machine.open();
    let text = "x".repeat(1000);
    for lane in 0..300 {
        let event = event_of(&lane.to_string(), &text);
        let mut sent = delivery(&event, &lane.to_string());
        sent.space = "loud".into();
        queue.put(vec![sent]).await.unwrap();
    }
    queue.put(vec![of("quiet", "1", "a")]).await.unwrap();
    drop(queue);
    let queue = machine.open();
    let loading = queue.0.schedule.look(|state| state.turns.loading);
    assert_eq!(loading, 0);
    let mut before = 0;
    loop {
        let received = queue.poll().await.unwrap();
        let is_quiet = received.deliveries[0].space.as_str() == "quiet";
        queue.say(received, Outcome::Done);
        if is_quiet {
            break;
        }
        before += 1;
    }
    assert!(before < 10, "{before} came first");
    assert_eq!(queue.deliver_all().await.len(), 300 - before);
}

#[tokio::test]
async fn a_space_that_is_full_leaves_room_to_others() {
    let mut machine = Machine::new();
    machine.limits.deliveries = 20;
    machine.limits.bytes = 40_000;
    let queue = machine.open();
    queue.set_shared(true);
    for n in 0..10 {
        queue.put(vec![of("loud", &n.to_string(), "a")]).await.unwrap();
    }
    let full = |sent: Result<_, QueueError>| match sent {
        Err(QueueError::SpaceFull { spaces }) => spaces[0].to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(full(queue.put(vec![of("loud", "x", "b")]).await), "loud");
    // A request to both finds no room for one of them, and takes none for the other.
    let both = vec![of("quiet", "x", "b"), of("loud", "x", "b")];
    assert_eq!(full(queue.put(both).await), "loud");
    queue.put(vec![of("quiet", "1", "a")]).await.unwrap();
    assert_eq!(queue.backlog(), 11);

    // A space may have more than its share, or less.
    let within = |space: &str, most: usize| {
        let one = of(space, "planned", "b");
        queue.reserve_within([&one], 0, |_| Some(most)).map(drop)
    };
    within("loud", 11).unwrap();
    assert_eq!(full(within("loud", 10)), "loud");
    assert_eq!(full(within("quiet", 1)), "quiet");
    assert_eq!(
        (queue.waiting_of(&"loud".into()), queue.waiting_of(&"none".into())),
        (10, 0)
    );

    // Bytes count as well as deliveries.
    let large = of("quiet", "2", "a");
    assert_eq!(full(queue.reserve([&large], 19_001).map(drop)), "quiet");
    drop(queue.reserve([&large], 19_000).unwrap());

    // What is done makes room, and over a restart nothing is forgotten.
    drop(queue);
    let queue = machine.open();
    queue.set_shared(true);
    assert_eq!(full(queue.put(vec![of("loud", "x", "b")]).await), "loud");
    let received = loop {
        let received = queue.poll().await.unwrap();
        if received.deliveries[0].space.as_str() == "loud" {
            break received;
        }
    };
    queue.say(received, Outcome::Done);
    queue.put(vec![of("loud", "x", "b")]).await.unwrap();
}

/// A space alone may fill the queue; one event with more subscribers than a share passes an empty one.
#[tokio::test]
async fn shares_of_the_room_are_for_those_who_share_it() {
    let mut machine = Machine::new();
    machine.limits.deliveries = 20;
    let queue = machine.open();
    for n in 0..20 {
        queue.put(vec![of("s", &n.to_string(), "a")]).await.unwrap();
    }
    let sent = queue.put(vec![of("s", "x", "a")]).await;
    assert!(matches!(sent, Err(QueueError::Full)));
    assert_eq!(queue.deliver_all().await.len(), 20);

    queue.set_shared(true);
    let one = event("wide");
    let wide: Vec<_> = (0..30).map(|n| delivery(&one, &n.to_string())).collect();
    queue.put(wide).await.unwrap();
    assert_eq!(queue.deliver_all().await.len(), 30);
    // Many events can come one after another.
    let many = (0..15).map(|n| of("s", &n.to_string(), "a")).collect();
    let sent = queue.put(many).await;
    assert!(matches!(sent, Err(QueueError::SpaceFull { .. })));
}

/// Looks at the queue as a whole: nothing is left that could be handed out, and none has more than its share.
fn is_fair(waiting: &BTreeMap<String, usize>, in_hand: &[Received], workers: usize) -> bool {
    let idle = workers.saturating_sub(in_hand.len());
    let half = workers.div_ceil(2);
    waiting.iter().all(|(space, waiting)| {
        let mine = count(in_hand, space);
        // One is reserved for those that have nothing in hand yet.
        let may_have_more = idle > 0 && mine < half && (mine == 0 || idle >= 2);
        mine <= half && (*waiting == 0 || !may_have_more)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever is sent and settled: no space has more than its share, and no worker is idle while one may have more.
    #[test]
    fn workers_are_shared(steps in prop::collection::vec((0..4_usize, 0..4_usize, any::<bool>()), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let machine = machine();
            let queue = machine.open();
            queue.set_shared(true);
            let (mut waiting, mut in_hand) = (BTreeMap::<String, usize>::new(), Vec::new());
            for (number, (space, function, settles)) in steps.into_iter().enumerate() {
                if settles && !in_hand.is_empty() {
                    let at = (space * 4 + function) % in_hand.len();
                    queue.say(in_hand.remove(at), Outcome::Done);
                } else {
                    let space = format!("space{space}");
                    // Each has functions of its own, so that only spaces are in each other's way.
                    queue.put(vec![of(&space, &number.to_string(), &number.to_string())]).await.unwrap();
                    *waiting.entry(space).or_default() += 1;
                }
                while in_hand.len() < 10 {
                    let Some(received) = queue.poll().await else { break };
                    *waiting.get_mut(received.deliveries[0].space.as_str()).unwrap() -= 1;
                    in_hand.push(received);
                }
                assert!(is_fair(&waiting, &in_hand, 10), "{waiting:?} wait, {} in hand", in_hand.len());
            }
        });
    }
}

/// Ten thousand spaces with ten lanes each, all of which are due and have to be looked at in turn.
#[tokio::test]
async fn a_turn_costs_the_same_however_many_there_are() {
    let looks = |spaces: usize, lanes: usize| {
        let mut limits = ROOMY;
        limits.workers = 100;
        let mut turns = Turns::new(&limits);
        turns.ring.is_shared = true;
        let mut number = 0;
        for space in 0..spaces {
            for lane in 0..lanes {
                number += 1;
                let sent = of(&space.to_string(), "1", &lane.to_string());
                turns.add(number, || super::super::record::LaneName::of(&sent));
                turns.put(number, at(number), entry(sent));
            }
        }
        let before = turns.looks;
        for _ in 0..90 {
            let Next::Delivery { .. } = turns.next(1) else {
                panic!("nothing to do");
            };
        }
        turns.looks - before
    };
    assert_eq!(looks(10_000, 10), looks(100, 10));
}

/// One function with very many subscriptions: of the lanes that wait for it, each delivery that ends lets one go on.
#[tokio::test]
async fn a_function_with_many_lanes_costs_others_nothing() {
    let mut limits = ROOMY;
    limits.per_function = 2;
    let mut turns = Turns::new(&limits);
    for lane in 1..=10_000_u64 {
        let mut sent = of("s", "1", &lane.to_string());
        sent.function = "f".into();
        turns.add(lane, || super::super::record::LaneName::of(&sent));
        turns.put(lane, at(lane), entry(sent));
    }
    let mut in_hand = Vec::new();
    while let Next::Delivery { entry, .. } = turns.next(1) {
        in_hand.push(entry);
    }
    assert_eq!(in_hand.len(), 2);
    let before = turns.looks;
    for _ in 0..100 {
        let done = in_hand.pop().unwrap();
        turns.release(&done);
        let Next::Delivery { entry, .. } = turns.next(1) else {
            panic!("nothing to do");
        };
        in_hand.push(entry);
    }
    assert!(turns.looks - before <= 200, "{}", turns.looks - before);
}

fn at(number: u64) -> super::super::tables::Place {
    super::super::tables::Place { due: 0, number }
}

fn entry(delivery: Delivery) -> super::super::lane::Entry {
    super::super::lane::Entry {
        delivery,
        bytes: 1,
        cost: 1,
        event_bytes: 1,
    }
}

/// Ids of spaces are not mixed up: what one has in hand is not counted against another with the same functions.
#[tokio::test]
async fn equal_names_in_different_spaces_have_nothing_to_do_with_each_other() {
    let machine = machine();
    let queue = machine.open();
    queue.set_shared(true);
    for n in 0..6 {
        let n = n.to_string();
        queue.put(vec![of("s", &n, "a"), of("t", &n, "a")]).await.unwrap();
    }
    let in_hand = take_all(&queue).await;
    assert_eq!((count(&in_hand, "s"), count(&in_hand, "t")), (5, 4));
    assert_eq!(id(&in_hand[0]), "s.0-a");
}

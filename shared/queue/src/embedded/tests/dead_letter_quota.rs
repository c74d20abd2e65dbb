//! Dead letters that are too old or too many: the oldest of the right space go, are counted, and hold nobody up.

use std::time::Duration;

use domain::dead_letter::DeadLetterSelection;
use domain::delivery::Delivery;

use super::super::bodies::Bodies;
use super::super::changes::Changes;
use super::super::ledger::Ledger;
use super::super::{DeadLetterLimits, Embedded, opening};
use super::fixture::{Machine, dead, delivery, event_of, single};
use crate::Outcome;

const NONE: DeadLetterLimits = DeadLetterLimits::NONE;

fn machine(dead_letters: DeadLetterLimits) -> Machine {
    let mut machine = Machine::new();
    machine.limits.dead_letters = dead_letters;
    machine
}

/// Gives up a delivery to a space, with an event of about so many bytes.
async fn bury(queue: &Embedded, space: &str, name: &str, bytes: usize) {
    let delivery = Delivery {
        space: space.into(),
        ..delivery(&event_of(name, &"x".repeat(bytes)), "a")
    };
    queue.put(vec![delivery]).await.unwrap();
    let received = queue.poll().await.unwrap();
    let outcome = dead(&received.deliveries[0]);
    queue.say(received, outcome);
    queue.written().await;
}

/// Ids of the dead letters of a space, and how many it had to drop.
async fn shown(queue: &Embedded, space: &str) -> (Vec<String>, usize) {
    let page = queue
        .dead_letter_summaries(&space.into(), None, 10_000, None)
        .await;
    let page = page.unwrap();
    assert_eq!(page.next, None);
    let letters = page.dead_letters.iter();
    let letters = letters.map(|letter| letter.delivery_id.to_string()).collect();
    (letters, usize::try_from(page.dropped).unwrap())
}

fn names(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("{number:03}-a")).collect()
}

#[tokio::test]
async fn the_oldest_of_a_space_go_and_are_counted() {
    let machine = machine(DeadLetterLimits {
        bytes_per_space: 100_000,
        ..NONE
    });
    let queue = machine.open();
    // Older than all that follow, but of another space.
    bury(&queue, "quiet", "000", 10).await;
    for number in 0..50 {
        bury(&queue, "s", &format!("{number:03}"), 9000).await;
        let (letters, dropped) = shown(&queue, "s").await;
        let kept = letters.len();
        assert_eq!(letters, names(number + 1 - kept..number + 1));
        assert_eq!(dropped + kept, number + 1, "accepted = dead + dropped");
        assert!(kept == number + 1 || kept >= 9, "{kept}");
        assert!(kept <= 11, "{kept}");
    }
    assert_eq!(shown(&queue, "quiet").await, (names(0..1), 0));
    let before = shown(&queue, "s").await;
    drop(queue);
    let queue = machine.open();
    assert_eq!(shown(&queue, "s").await, before);
    assert_eq!(
        queue.dead_letter(&"s".into(), &"000-a".into()).await.unwrap(),
        None
    );
    let contents = machine.shut(queue);
    assert_eq!(contents.dropped, before.1 as u64);
    // That of the quiet space is no more than 2,000.
    assert!(contents.dead_bytes <= 102_000);
}

/// A hostile space fills the quota of all: it is the one that loses, however new its dead letters are.
#[tokio::test]
async fn no_space_pushes_those_of_another_out() {
    let machine = machine(DeadLetterLimits {
        bytes_per_space: 60_000,
        bytes: 100_000,
        ..NONE
    });
    let queue = machine.open();
    for number in 0..3 {
        bury(&queue, "quiet", &format!("{number:03}"), 5000).await;
    }
    for number in 0..40 {
        for space in ["hostile", "hostile too"] {
            bury(&queue, space, &format!("{number:03}"), 5000).await;
        }
    }
    assert_eq!(shown(&queue, "quiet").await, (names(0..3), 0));
    for space in ["hostile", "hostile too"] {
        let (letters, dropped) = shown(&queue, space).await;
        assert_eq!(letters.len() + dropped, 40, "{space}");
        assert_eq!(letters, names(40 - letters.len()..40));
        assert!(letters.len() > 4, "{space}: {letters:?}");
    }
    assert!(machine.shut(queue).dead_bytes <= 100_000);
}

#[tokio::test]
async fn what_is_larger_than_the_quota_is_dropped_at_once() {
    let machine = machine(DeadLetterLimits {
        bytes_per_space: 3000,
        ..NONE
    });
    let queue = machine.open();
    bury(&queue, "s", "000", 10).await;
    bury(&queue, "s", "001", 5000).await;
    assert_eq!(shown(&queue, "s").await, (vec![], 2));
    bury(&queue, "s", "002", 10).await;
    assert_eq!(shown(&queue, "s").await, (names(2..3), 2));
    assert_eq!(queue.backlog(), 0);
}

#[tokio::test]
async fn the_old_go_by_themselves() {
    let machine = machine(DeadLetterLimits {
        max_age: Some(Duration::from_secs(100)),
        ..NONE
    });
    let queue = machine.open();
    bury(&queue, "s", "000", 10).await;
    bury(&queue, "t", "000", 10).await;
    machine.advance(Duration::from_mins(1));
    bury(&queue, "s", "001", 10).await;
    machine.advance(Duration::from_millis(39_999));
    assert_eq!(shown(&queue, "s").await, (names(0..2), 0));
    machine.advance(Duration::from_millis(1));
    assert_eq!(shown(&queue, "s").await, (names(1..2), 1));
    assert_eq!(shown(&queue, "t").await, (vec![], 1));
    // The clock of the machine is set back over a restart: nothing becomes younger.
    drop(queue);
    machine.set_wall(super::fixture::START);
    let queue = machine.open();
    machine.advance(Duration::from_mins(1));
    assert_eq!(shown(&queue, "s").await, (vec![], 2));
    assert_eq!(machine.shut(queue).dropped, 3);
}

#[tokio::test]
async fn deleting_all_begins_to_count_anew() {
    let machine = machine(DeadLetterLimits {
        bytes_per_space: 5000,
        ..NONE
    });
    let queue = machine.open();
    for number in 0..10 {
        bury(&queue, "s", &format!("{number:03}"), 1000).await;
    }
    let (letters, dropped) = shown(&queue, "s").await;
    assert!(dropped > 0);
    let purge = async |selection| queue.purge(&"s".into(), &selection).await.unwrap();
    assert_eq!(
        purge(DeadLetterSelection::OfSubscription("a".into())).await,
        letters.len()
    );
    assert_eq!(shown(&queue, "s").await, (vec![], dropped));
    assert_eq!(purge(DeadLetterSelection::All).await, 0);
    assert_eq!(shown(&queue, "s").await, (vec![], 0));
    assert_eq!(machine.shut(queue), super::audit::Contents::default());
}

/// A great many that are too old do not hold up the commits of others.
#[tokio::test]
async fn a_commit_drops_a_bounded_number() {
    let machine = machine(NONE);
    let queue = machine.open();
    for number in 0..600 {
        queue.put(vec![single(&number.to_string())]).await.unwrap();
    }
    while let Some(received) = queue.poll().await {
        let outcome = dead(&received.deliveries[0]);
        queue.say(received, outcome);
    }
    drop(queue);
    let engine = opening::open(&machine.storage(), 1 << 20).unwrap();
    let mut ledger = Ledger::load(&engine).unwrap();
    let limits = DeadLetterLimits {
        max_age: Some(Duration::ZERO),
        ..NONE
    };
    for left in [344, 88, 0, 0] {
        engine
            .write(|tables| {
                let mut changes = Changes {
                    tables,
                    ledger: &mut ledger,
                    bodies: &mut Bodies::default(),
                    now: u64::MAX,
                    wall: u64::MAX,
                    keys_per_space: u64::MAX,
                };
                changes.drop_dead_letters(&limits, 0)?;
                ledger.save(tables, super::fixture::START)
            })
            .unwrap();
        assert_eq!(ledger.dead.of(&"s".into()).letters, left);
    }
    drop(engine);
    assert_eq!(super::audit::audit(&machine.storage()).dropped, 600);
}

/// A page is bounded by bytes, whatever it is asked for; without events many more fit into one.
#[tokio::test]
async fn pages_end_by_bytes() {
    let machine = machine(NONE);
    let queue = machine.open();
    for number in 0..12 {
        bury(&queue, "s", &format!("{number:03}"), 1_000_000).await;
    }
    bury(&queue, "s", "012", 9_000_000).await;
    bury(&queue, "s", "013", 10).await;
    let mut pages = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let page = queue
            .dead_letters(&"s".into(), None, 1000, next.as_deref())
            .await
            .unwrap();
        pages.push(page.dead_letters.len());
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(pages, [4, 4, 4, 1, 1]);
    let (letters, _) = shown(&queue, "s").await;
    assert_eq!(letters, names(0..14));
    queue.put(vec![single("1")]).await.unwrap();
    let received = queue.poll().await.unwrap();
    queue.say(received, Outcome::Done);
}

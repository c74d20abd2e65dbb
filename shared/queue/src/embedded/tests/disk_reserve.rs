//! The disk is full of dead letters: they can be listed and deleted, deliveries end, and after that events are accepted
//! again, also after a restart with the disk full.

use std::time::Duration;

use domain::dead_letter::DeadLetterSelection;
use domain::waiting::WaitingSelection;

use super::super::Embedded;
use super::fixture::{Machine, dead, delivery, event_of, single};
use crate::{Outcome, QueueError};

const MIB: u64 = 1024 * 1024;

/// A small disk, some of which is set aside.
fn machine() -> Machine {
    let mut machine = Machine::new();
    machine.disk.set_capacity(24 << 20);
    machine.reserve = 4 * MIB;
    machine
}

/// Gives deliveries up until nothing more is accepted; gives how many were.
async fn fill(queue: &Embedded) -> usize {
    let text = "x".repeat(100_000);
    for number in 0.. {
        let delivery = delivery(&event_of(&format!("{number:04}"), &text), "a");
        match queue.put(vec![delivery]).await {
            Ok(()) => {}
            Err(QueueError::Unavailable { .. }) => return number,
            Err(error) => panic!("{error}"),
        }
        let received = queue.poll().await.unwrap();
        let outcome = dead(&received.deliveries[0]);
        queue.say(received, outcome);
    }
    unreachable!()
}

async fn is_refused(queue: &Embedded) {
    let sent = queue.put(vec![single("refused")]).await;
    assert!(matches!(sent, Err(QueueError::Unavailable { .. })), "{sent:?}");
}

async fn is_accepted_again(queue: &Embedded) {
    // The file is made smaller when it has been left alone for a while.
    while queue.put(vec![single("again")]).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(queue.deliver_all().await, ["again-a"]);
}

#[tokio::test]
async fn dead_letters_are_listed_and_deleted_on_a_full_disk() {
    for restart in [false, true] {
        let machine = machine();
        let mut queue = machine.open();
        queue.put(vec![single("waits"), single("ends")]).await.unwrap();
        let waits = queue.poll().await.unwrap();
        let ends = queue.poll().await.unwrap();
        let count = fill(&queue).await;
        assert!(count > 30, "{count}");
        // What was under way ends, and the file says so.
        queue.say(ends, Outcome::Done);
        drop(waits);
        queue.written().await;
        // A full disk lets reads pass before the outcomes that it refused at first are tried again.
        while queue.pending() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        is_refused(&queue).await;
        if restart {
            // As if the process had been killed: a clean end would make the file smaller.
            std::mem::forget(queue);
            // What was given back may have been free still, and is set aside again.
            queue = machine.open();
        }
        let space = "s".into();
        let list = queue.dead_letters(&space, None, 1000, None).await.unwrap();
        assert!(list.dead_letters.len() > 30);
        let all = queue
            .dead_letter_summaries(&space, None, 1000, None)
            .await
            .unwrap();
        assert_eq!(all.dead_letters.len(), count);
        let one = DeadLetterSelection::One("0007-a".into());
        assert_eq!(queue.purge(&space, &one).await.unwrap(), 1);
        assert_eq!(queue.dead_letter(&space, &"0007-a".into()).await.unwrap(), None);
        if !restart {
            // Nothing is queued again: that needs room.
            let redriven = queue.redrive(&space, &DeadLetterSelection::All, 1).await;
            assert!(
                matches!(redriven, Err(QueueError::Unavailable { .. })),
                "{redriven:?}"
            );
            is_refused(&queue).await;
        }
        assert_eq!(queue.deliver_all().await, ["waits-a"]);
        queue.written().await;
        assert_eq!(
            queue.purge(&space, &DeadLetterSelection::All).await.unwrap(),
            count - 1
        );
        is_accepted_again(&queue).await;
        assert_eq!(machine.shut(queue), super::audit::Contents::default());
    }
}

#[tokio::test]
async fn events_are_accepted_again_when_others_leave_room() {
    let machine = machine();
    let queue = machine.open();
    let count = fill(&queue).await;
    is_refused(&queue).await;
    machine.disk.grow(20 << 20);
    is_accepted_again(&queue).await;
    let contents = machine.shut(queue);
    assert_eq!((contents.dead.len(), contents.deliveries.len()), (count, 0));
}

#[tokio::test]
async fn a_disk_that_is_full_although_all_was_given_back_is_left_alone_for_a_while() {
    let machine = machine();
    let queue = machine.open();
    queue.put(vec![single("waits")]).await.unwrap();
    machine.disk.set_full(true, false);
    is_refused(&queue).await;
    let before = machine.disk.operations();
    for _ in 0..2000 {
        let cancelled = queue.cancel(&"s".into(), &WaitingSelection::default()).await;
        assert!(cancelled.is_err(), "{cancelled:?}");
    }
    let operations = machine.disk.operations() - before;
    assert!(operations < 200, "{operations}");
    machine.disk.set_full(false, false);
    while queue.put(vec![single("again")]).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(queue.deliver_all().await, ["waits-a", "again-a"]);
}

//! What is large is written ahead of its commit, in parts.

use std::future::Future as _;
use std::pin::pin;
use std::sync::mpsc::channel;
use std::task::{Context, Waker};
use std::time::Duration;

use domain::delivery::Delivery;
use domain::ids::Space;
use fastrand::Rng;
use redb::ReadableTableMetadata as _;
use tokio::time::sleep;

use super::super::Embedded;
use super::super::dead_letters::Letter;
use super::super::pieces::PIECE;
use super::super::settlement::Verdict;
use super::super::staging::Text;
use super::super::tables::PIECES;
use super::fixture::{Machine, dead, delivery, event_of, id, single};
use crate::{Outcome, QueueError};

const MB: usize = 1024 * 1024;

fn large(id: &str) -> Delivery {
    delivery(&event_of(id, &"x".repeat(9 * MB)), "a")
}

#[tokio::test]
async fn no_commit_writes_much_more_than_a_part() {
    let machine = Machine::new();
    let queue = machine.open();
    let (large, mut other) = (large("1"), large("1"));
    other.subscription = "b".into();
    other.id = "1-b".into();
    other.event = large.event.clone();
    machine.disk.take_most_unsynced();
    queue.put(vec![large.clone(), other]).await.unwrap();
    for _ in 0..2 {
        let received = queue.poll().await.unwrap();
        assert_eq!(received.deliveries[0].event, large.event);
        let outcome = dead(&received.deliveries[0]);
        let crate::Receipt::Embedded(receipt) = received.receipt else {
            panic!("a receipt of another queue");
        };
        queue.settle_anywhere(receipt, vec![outcome]).await;
        queue.written().await;
    }
    let most = machine.disk.take_most_unsynced();
    assert!(most < 3 * MB, "{most} bytes");
    let letter = queue.dead_letter(&"s".into(), &"1-b".into()).await.unwrap();
    assert_eq!(letter.unwrap().event, large.event);
    let contents = machine.shut(queue);
    assert_eq!((contents.dead.len(), contents.events), (2, 0));
}

#[tokio::test]
async fn many_events_of_one_request_are_written_ahead_as_well() {
    let machine = Machine::new();
    let queue = machine.open();
    let deliveries = |prefix: &str| -> Vec<Delivery> {
        let ids = (0..100).map(|number| format!("{prefix}{number}"));
        ids.map(|id| delivery(&event_of(&id, &"x".repeat(90_000)), "a"))
            .collect()
    };
    machine.disk.take_most_unsynced();
    queue.put(deliveries("a")).await.unwrap();
    let most = machine.disk.take_most_unsynced();
    assert!(most < 3 * MB, "{most} bytes");
    assert_eq!(queue.deliver_all().await.len(), 100);
    machine.shut(queue);
}

#[tokio::test]
async fn what_nobody_came_to_need_is_deleted() {
    let machine = Machine::new();
    let queue = machine.open();
    // It is a duplicate, which is only known at the end.
    for _ in 0..2 {
        let mut sent = large("1");
        sent.deduplication_key = Some("k".into());
        queue.put(vec![sent]).await.unwrap();
    }
    // Its sender goes away.
    {
        let mut put = pin!(queue.put(vec![large("2")]));
        let mut context = Context::from_waker(Waker::noop());
        machine.disk.take_most_unsynced();
        while machine.disk.take_most_unsynced() < MB / 2 {
            assert!(put.as_mut().poll(&mut context).is_pending());
            sleep(Duration::from_millis(1)).await;
        }
    }
    queue.put(vec![single("3")]).await.unwrap();
    let mut ids = queue.deliver_all().await;
    ids.sort();
    assert_eq!(ids, ["1-a", "3-a"]);
    assert_eq!(machine.shut(queue).events, 0);
}

#[tokio::test]
async fn what_the_end_of_the_process_left_is_deleted_when_the_queue_is_opened() {
    let machine = Machine::new();
    let queue = machine.open();
    let mut text = Text::new(vec![b'x'; 3 * MB]);
    queue.stage(&Space::from("s"), &mut text).await;
    assert_eq!(text.left(), 0);
    assert_eq!(pieces(&queue).await, (3 * MB).div_ceil(PIECE) as u64);
    let (sender, image) = channel();
    machine
        .disk
        .image_after(0, move |image| sender.send(image).unwrap());
    drop(text);
    assert_eq!(pieces(&queue).await, 0);
    machine.shut(queue);
    let image = image.recv().unwrap();
    let machine = Machine::with(image.after_power_cut(&mut Rng::with_seed(1)));
    let queue = machine.open();
    assert_eq!(pieces(&queue).await, 0);
    machine.shut(queue);
}

/// How many pieces there are, once all is written that was asked for.
async fn pieces(queue: &Embedded) -> u64 {
    let read = queue.read(|engine| Ok(engine.read()?.open_table(PIECES)?.len()?));
    read.await.unwrap()
}

#[tokio::test]
async fn a_failure_meanwhile_loses_nothing() {
    let machine = Machine::new();
    let queue = machine.open();
    let mut text = Text::new(vec![b'x'; 3 * MB]);
    queue.stage(&Space::from("s"), &mut text).await;
    assert_eq!(text.left(), 0);
    // The engine is opened anew, and what was written ahead is gone.
    machine.disk.set_full(true, false);
    let refused = queue.put(vec![large("1")]).await.unwrap_err();
    assert!(matches!(refused, QueueError::Unavailable { .. }), "{refused:?}");
    machine.disk.set_full(false, false);
    while queue.put(vec![single("2")]).await.is_err() {
        sleep(Duration::from_millis(5)).await;
    }
    drop(text);
    queue.put(vec![large("3")]).await.unwrap();
    let received = queue.poll().await.unwrap();
    assert_eq!(id(&received), "2-a");
    queue.say(received, Outcome::Done);
    assert_eq!(queue.deliver_all().await, ["3-a"]);
    machine.shut(queue);
}

/// What waits to be written does not keep the writer waiting for itself.
#[tokio::test]
async fn a_queue_ends_although_its_disk_stays_bad() {
    let machine = Machine::new();
    let queue = machine.open();
    queue.put(vec![large("1")]).await.unwrap();
    let received = queue.poll().await.unwrap();
    let Outcome::DeadLetter(letter) = dead(&received.deliveries[0]) else {
        panic!("another outcome");
    };
    let mut letter = Letter::new(&letter).unwrap();
    queue.stage(&Space::from("s"), &mut letter.text).await;
    machine.disk.set_full(true, false);
    let crate::Receipt::Embedded(receipt) = received.receipt else {
        panic!("a receipt of another queue");
    };
    queue.settle_as(receipt, Verdict::Dead(Box::new(letter)));
    tokio::task::spawn_blocking(|| drop(queue)).await.unwrap();
    machine.disk.set_full(false, false);
    let queue = machine.open();
    assert_eq!(queue.deliver_all().await, ["1-a"]);
    machine.shut(queue);
}

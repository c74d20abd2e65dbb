//! Deduplication keys: what counts as the same, and for how long.

use std::time::Duration;

use domain::delivery::Delivery;

use super::fixture::{Machine, delivery, event, single};
use crate::DEDUPLICATION_WINDOW;

fn keyed(id: &str, key: &str) -> Delivery {
    Delivery {
        deduplication_key: Some(key.into()),
        ..single(id)
    }
}

#[tokio::test]
async fn the_second_with_a_key_is_left_out() {
    let machine = Machine::new();
    let queue = machine.open();
    queue.put(vec![keyed("1", "k")]).await.unwrap();
    queue
        .put(vec![keyed("2", "k"), keyed("3", "other"), single("4")])
        .await
        .unwrap();
    assert_eq!(queue.backlog(), 3);
    let mut elsewhere = keyed("5", "k");
    elsewhere.space = "t".into();
    queue.put(vec![elsewhere]).await.unwrap();
    let mut delivered = queue.deliver_all().await;
    delivered.sort();
    assert_eq!(delivered, ["1-a", "3-a", "4-a", "5-a"]);
    // The key outlives its delivery.
    queue.put(vec![keyed("6", "k")]).await.unwrap();
    assert_eq!(queue.backlog(), 0);
    let contents = machine.shut(queue);
    assert_eq!(
        (contents.deliveries.len(), contents.events, contents.keys),
        (0, 0, 3)
    );
}

#[tokio::test]
async fn a_fan_out_shares_its_key() {
    let machine = Machine::new();
    let queue = machine.open();
    let event = event("1");
    let mut sent = ["a", "b", "c"].map(|subscription| delivery(&event, subscription));
    for delivery in &mut sent {
        delivery.deduplication_key = Some("k".into());
    }
    queue.put(sent.to_vec()).await.unwrap();
    assert_eq!(queue.backlog(), 3);
    queue.put(sent.to_vec()).await.unwrap();
    assert_eq!(queue.backlog(), 3);
    assert_eq!(machine.shut(queue).events, 1);
}

/// Of a send whose event is left out for one space and queued for another, the event stays as long as it should.
#[tokio::test]
async fn a_fan_out_that_is_left_out_in_part_counts_right() {
    let machine = Machine::new();
    let queue = machine.open();
    queue.put(vec![keyed("1", "k")]).await.unwrap();
    let event = event("2");
    let mut sent = ["a", "b", "c"].map(|subscription| delivery(&event, subscription));
    sent[0].deduplication_key = Some("k".into());
    queue.put(sent.to_vec()).await.unwrap();
    assert_eq!(queue.backlog(), 3);
    assert_eq!(queue.deliver_all().await.len(), 3);
    assert_eq!(machine.shut(queue).events, 0);
}

#[tokio::test]
async fn a_key_is_remembered_for_exactly_its_window() {
    let machine = Machine::new();
    let mut queue = machine.open();
    queue.put(vec![keyed("1", "k")]).await.unwrap();
    machine.advance(
        DEDUPLICATION_WINDOW
            .checked_sub(Duration::from_millis(1))
            .unwrap(),
    );
    for _ in 0..2 {
        queue.put(vec![keyed("2", "k")]).await.unwrap();
        assert_eq!(queue.backlog(), 1);
        drop(queue);
        queue = machine.open();
    }
    machine.advance(Duration::from_millis(1));
    queue.put(vec![keyed("3", "k")]).await.unwrap();
    assert_eq!(queue.backlog(), 2);
    // The window begins anew with what was queued, and did not with what was left out.
    machine.advance(
        DEDUPLICATION_WINDOW
            .checked_sub(Duration::from_millis(1))
            .unwrap(),
    );
    queue.put(vec![keyed("4", "k")]).await.unwrap();
    assert_eq!(queue.backlog(), 2);
    machine.advance(Duration::from_millis(1));
    queue.put(vec![single("5")]).await.unwrap();
    assert_eq!(machine.shut(queue).keys, 0);
}

#[tokio::test]
async fn many_keys_that_run_out_go_a_few_at_a_time() {
    let machine = Machine::new();
    let queue = machine.open();
    let sent = (0..1000).map(|n| keyed(&n.to_string(), &n.to_string())).collect();
    queue.put(sent).await.unwrap();
    machine.advance(DEDUPLICATION_WINDOW);
    queue.put(vec![single("x")]).await.unwrap();
    let contents = machine.shut(queue);
    assert!((1..1000).contains(&contents.keys), "{}", contents.keys);
    let queue = machine.open();
    for n in 0..20 {
        queue.put(vec![single(&format!("x{n}"))]).await.unwrap();
    }
    assert_eq!(machine.shut(queue).keys, 0);
}

/// The clock of the machine decides nothing here: set back or forward, the window is as long as it is.
#[tokio::test]
async fn a_clock_that_is_set_back_does_not_stretch_the_window() {
    let machine = Machine::new();
    let queue = machine.open();
    queue.put(vec![keyed("1", "k")]).await.unwrap();
    machine.set_wall(machine.wall() - 86_400_000);
    drop(queue);
    let queue = machine.open();
    queue.put(vec![keyed("2", "k")]).await.unwrap();
    assert_eq!(queue.backlog(), 1);
    machine.advance(DEDUPLICATION_WINDOW);
    queue.put(vec![keyed("3", "k")]).await.unwrap();
    assert_eq!(queue.backlog(), 2);
}

/// A space that uses keys faster than they are forgotten is refused, not others, and not for ever.
#[tokio::test]
async fn a_space_has_so_many_keys_and_no_more() {
    let mut machine = Machine::new();
    machine.limits.spaces.deduplication_keys = 100;
    let queue = machine.open();
    let sent = (0..100).map(|n| keyed(&n.to_string(), &n.to_string())).collect();
    queue.put(sent).await.unwrap();
    let sent = queue.put(vec![keyed("x", "x")]).await;
    assert!(matches!(sent, Err(crate::QueueError::KeysFull { spaces }) if spaces == ["s".into()]));
    queue.put(vec![single("without")]).await.unwrap();
    let mut elsewhere = keyed("elsewhere", "x");
    elsewhere.space = "t".into();
    queue.put(vec![elsewhere]).await.unwrap();
    assert_eq!(queue.backlog(), 102);
    let reserved = queue.0.schedule.look(|state| state.accounts.all().reserved);
    assert_eq!(reserved.deliveries, 0);

    drop(queue);
    let queue = machine.open();
    machine.advance(DEDUPLICATION_WINDOW);
    // The first one makes room for others, whatever becomes of itself.
    let _ = queue.put(vec![keyed("y", "y")]).await;
    queue.put(vec![keyed("z", "z")]).await.unwrap();
    machine.shut(queue);
}

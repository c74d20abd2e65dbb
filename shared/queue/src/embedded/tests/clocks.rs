//! Clocks that jump, and deliveries that are wanted at a time of day.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::delivery::Delivery;

use super::super::clock::{Clock, Manual, Source};
use super::fixture::{Machine, START, id, ordered, retry, single};

const HOUR: u64 = 3_600_000;

fn at(id: &str, time: u64) -> Delivery {
    Delivery {
        deliver_at: Some(time),
        ..single(id)
    }
}

#[test]
fn the_clock_follows_forward_and_never_back() {
    let machine = Machine::new();
    let manual: Arc<Manual> = Arc::clone(&machine.clock);
    let clock = Clock::new(Source::Manual(manual), 5);
    assert_eq!(clock.now(), START);
    machine.advance(Duration::from_millis(10));
    assert_eq!((clock.now(), clock.wall()), (START + 10, START + 10));
    machine.set_wall(START + HOUR);
    assert_eq!(clock.now(), START + HOUR);
    machine.set_wall(START - HOUR);
    assert_eq!((clock.now(), clock.wall()), (START + HOUR, START - HOUR));
    machine.advance(Duration::from_millis(7));
    assert_eq!(clock.now(), START + HOUR + 7);
    let later = Clock::new(Source::machine(), u64::MAX / 2);
    assert!(later.now() >= u64::MAX / 2);
}

#[tokio::test]
async fn retries_keep_their_pause_when_the_clock_is_set_back() {
    let machine = Machine::new();
    let mut queue = machine.open();
    queue.put(vec![single("1"), single("2")]).await.unwrap();
    let received = queue.poll().await.unwrap();
    queue.say(received, retry(Duration::from_secs(10)));
    for restart in [false, true] {
        machine.set_wall(machine.wall() - 48 * HOUR);
        if restart {
            queue.written().await;
            drop(queue);
            queue = machine.open();
        }
        // What is due stays so.
        let waiting = queue.poll().await.unwrap();
        assert_eq!(id(&waiting), "2-a");
        drop(waiting);
    }
    assert_eq!(queue.deliver_all().await, ["2-a"]);
    machine.advance(Duration::from_secs(10));
    assert_eq!(queue.deliver_all().await, ["1-a"]);
}

#[tokio::test]
async fn retries_come_early_when_the_clock_is_set_forward() {
    let machine = Machine::new();
    let queue = machine.open();
    queue.put(vec![single("1")]).await.unwrap();
    let received = queue.poll().await.unwrap();
    queue.say(received, retry(Duration::from_secs(10)));
    assert!(queue.poll().await.is_none());
    machine.set_wall(START + HOUR);
    assert_eq!(queue.deliver_all().await, ["1-a"]);
}

#[tokio::test]
async fn nothing_is_delivered_before_its_time_of_day() {
    let machine = Machine::new();
    let mut queue = machine.open();
    queue
        .put(vec![at("noon", START + HOUR), single("now")])
        .await
        .unwrap();
    assert_eq!(queue.deliver_all().await, ["now-a"]);
    machine.advance(Duration::from_millis(HOUR - 1));
    assert!(queue.poll().await.is_none());

    // Half an hour back, a moment before it: another half an hour to go.
    machine.set_wall(START + HOUR / 2);
    machine.advance(Duration::from_millis(2));
    for restart in [false, true] {
        if restart {
            drop(queue);
            queue = machine.open();
        }
        queue.put(vec![single("meanwhile")]).await.unwrap();
        assert_eq!(queue.deliver_all().await, ["meanwhile-a"]);
    }
    machine.advance(Duration::from_millis(HOUR / 2 - 3));
    assert!(queue.poll().await.is_none());
    machine.advance(Duration::from_millis(1));
    let noon = queue.poll().await.unwrap();
    assert_eq!((id(&noon).as_str(), machine.wall()), ("noon-a", START + HOUR));
    assert_eq!(noon.deliveries[0].attempts, 0);
    assert_eq!(queue.backlog(), 0);
    drop(noon);
    assert_eq!(queue.backlog(), 1);
}

#[tokio::test]
async fn a_clock_that_was_ahead_once_does_not_delay_what_comes() {
    let machine = Machine::new();
    let queue = machine.open();
    machine.set_wall(START + 1000 * HOUR);
    queue.put(vec![single("1")]).await.unwrap();
    machine.set_wall(START);
    drop(queue);
    let queue = machine.open();
    queue.put(vec![single("2"), at("3", START + 1000)]).await.unwrap();
    assert_eq!(queue.deliver_all().await, ["1-a", "2-a"]);
    machine.advance(Duration::from_millis(999));
    assert!(queue.poll().await.is_none());
    machine.advance(Duration::from_millis(1));
    assert_eq!(queue.deliver_all().await, ["3-a"]);
}

#[tokio::test]
async fn a_time_of_day_that_has_passed_is_now() {
    let machine = Machine::new();
    let queue = machine.open();
    queue
        .put(vec![at("1", 0), at("2", START), at("3", u64::MAX)])
        .await
        .unwrap();
    assert_eq!(queue.deliver_all().await, ["1-a", "2-a"]);
    assert_eq!(queue.backlog(), 1);
    assert_eq!(machine.shut(queue).deliveries.len(), 1);
}

#[tokio::test]
async fn one_that_is_too_early_keeps_its_order() {
    let machine = Machine::new();
    let queue = machine.open();
    let mut first = ordered("1", "k");
    first.deliver_at = Some(START + HOUR);
    queue.put(vec![first, ordered("2", "k")]).await.unwrap();
    machine.advance(Duration::from_millis(HOUR));
    machine.set_wall(START);
    assert!(queue.poll().await.is_none());
    machine.advance(Duration::from_millis(HOUR));
    assert_eq!(queue.deliver_all().await, ["1-a", "2-a"]);
}

/// A circuit is half-open at an instant, not at a millisecond.
#[test]
fn no_pause_ends_before_it_is_over() {
    let clock = Clock::new(Source::machine(), 0);
    for n in 0..100 {
        let pause = Duration::from_micros(500 + n * 7);
        let began = Instant::now();
        let due = clock.after(pause);
        while clock.now() < due {
            std::hint::spin_loop();
        }
        assert!(began.elapsed() >= pause, "{:?} of {pause:?}", began.elapsed());
    }
}

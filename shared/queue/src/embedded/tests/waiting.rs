//! What waits is listed, cancelled, and given up at once where nobody is left to deliver it to.

use std::time::Duration;

use domain::dead_letter::DeadLetterReason;
use domain::delivery::Delivery;
use domain::waiting::{WaitingPage, WaitingSelection};

use super::super::waiting::WaitingLane;
use super::super::{Durability, Embedded, EmbeddedSettings};
use super::fixture::{Machine, ROOMY, START, delivery, event, event_of, id, ordered, retry, single};
use crate::Outcome;

const HOUR: u64 = 3_600_000;

fn of_subscription(id: &str) -> WaitingSelection {
    WaitingSelection {
        subscription: Some(id.into()),
        ..WaitingSelection::default()
    }
}

fn of_event(id: &str) -> WaitingSelection {
    WaitingSelection {
        event_id: Some(id.to_owned()),
        ..WaitingSelection::default()
    }
}

fn all() -> WaitingSelection {
    WaitingSelection::default()
}

/// Due in an hour.
fn late(id: &str) -> Delivery {
    Delivery {
        deliver_at: Some(START + HOUR),
        ..single(id)
    }
}

fn ids(page: &WaitingPage) -> Vec<&str> {
    let ids = page.deliveries.iter();
    ids.map(|delivery| delivery.delivery_id.as_str()).collect()
}

/// All pages of a list.
async fn listed(queue: &Embedded, selection: &WaitingSelection, limit: usize) -> Vec<String> {
    let (mut ids, mut next) = (Vec::new(), None);
    loop {
        let page = queue
            .waiting(&"s".into(), selection, limit, next.as_deref())
            .await
            .unwrap();
        assert!(page.deliveries.len() <= limit);
        ids.extend(
            page.deliveries
                .iter()
                .map(|delivery| delivery.delivery_id.to_string()),
        );
        next = page.next;
        if next.is_none() {
            return ids;
        }
        assert!(
            next.as_deref()
                .unwrap()
                .bytes()
                .all(|byte| byte.is_ascii_graphic())
        );
    }
}

#[tokio::test]
async fn what_waits_is_shown_and_what_is_under_way_is_not() {
    let machine = Machine::new();
    let queue = machine.open();
    queue
        .put(vec![late("late"), ordered("first", "k")])
        .await
        .unwrap();
    queue
        .put(vec![ordered("second", "k"), delivery(&event("b"), "b")])
        .await
        .unwrap();
    let mut elsewhere = single("elsewhere");
    elsewhere.space = "t".into();
    queue.put(vec![elsewhere]).await.unwrap();
    assert_eq!(
        listed(&queue, &all(), 100).await,
        ["first-a", "late-a", "second-a", "b-b"]
    );
    let page = queue
        .waiting(&"s".into(), &of_event("late"), 100, None)
        .await
        .unwrap();
    let shown = &page.deliveries[0];
    assert_eq!((ids(&page), shown.due_at), (vec!["late-a"], Some(START + HOUR)));
    assert_eq!(
        (&*shown.event_type, shown.accepted_at, shown.attempts),
        ("t", START, 0)
    );
    let page = queue
        .waiting(&"s".into(), &of_event("second"), 100, None)
        .await
        .unwrap();
    let shown = &page.deliveries[0];
    assert_eq!((shown.due_at, shown.ordering_key.as_deref()), (None, Some("k")));
    assert_eq!(listed(&queue, &of_subscription("b"), 100).await, ["b-b"]);

    let received = queue.poll().await.unwrap();
    assert!(!listed(&queue, &all(), 100).await.contains(&id(&received)));
    queue.say(received, retry(Duration::from_mins(1)));
    queue.written().await;
    assert_eq!(listed(&queue, &all(), 100).await.len(), 4);
    for strange in ["", "zz", "r", "rz.", "b1.0", "r1.zz", "ä"] {
        let page = queue
            .waiting(&"s".into(), &all(), 100, Some(strange))
            .await
            .unwrap();
        assert!(page.deliveries.len() <= 4, "{strange}");
    }
}

#[tokio::test]
async fn pages_end_by_number_and_by_bytes() {
    let machine = Machine::new();
    let queue = machine.open();
    let sent: Vec<_> = (0..700).map(|n| single(&format!("{n:03}"))).collect();
    let want: Vec<_> = sent.iter().map(|delivery| delivery.id.to_string()).collect();
    queue.put(sent).await.unwrap();
    for limit in [1000, 257, 100] {
        assert_eq!(listed(&queue, &all(), limit).await, want);
    }
    assert_eq!(queue.cancel(&"s".into(), &all()).await.unwrap(), 700);
    // Ids of events can be very long: so many as are asked for would be too much.
    for n in 0..8 {
        queue
            .put(vec![single(&format!("{n}{}", "x".repeat(300_000)))])
            .await
            .unwrap();
    }
    let page = queue.waiting(&"s".into(), &all(), 100, None).await.unwrap();
    assert!(
        (1..8).contains(&page.deliveries.len()),
        "{}",
        page.deliveries.len()
    );
    assert_eq!(listed(&queue, &all(), 100).await.len(), 8);
}

#[tokio::test]
async fn cancelled_deliveries_are_gone_and_others_are_not() {
    let machine = Machine::new();
    let queue = machine.open();
    let large = event_of("large", &"x".repeat(6000));
    queue
        .put(vec![delivery(&large, "a"), delivery(&large, "b")])
        .await
        .unwrap();
    queue
        .put((0..600).map(|n| late(&n.to_string())).collect())
        .await
        .unwrap();
    queue.put(vec![delivery(&event("y"), "b")]).await.unwrap();
    let received = queue.poll().await.unwrap();
    assert_eq!(id(&received), "large-a");
    assert_eq!(queue.cancel(&"s".into(), &of_event("300")).await.unwrap(), 1);
    assert_eq!(queue.cancel(&"t".into(), &all()).await.unwrap(), 0);
    // The one that is under way stays, and can be settled.
    assert_eq!(
        queue.cancel(&"s".into(), &of_subscription("a")).await.unwrap(),
        599
    );
    assert_eq!(queue.backlog(), 2);
    queue.say(received, retry(Duration::ZERO));
    let mut delivered = queue.deliver_all().await;
    delivered.sort();
    assert_eq!(delivered, ["large-a", "large-b", "y-b"]);
    machine.advance(Duration::from_hours(2));
    assert!(queue.poll().await.is_none());
    let contents = machine.shut(queue);
    assert_eq!(
        (contents.deliveries.len(), contents.dead.len(), contents.events),
        (0, 0, 0)
    );
}

/// Of a key the head may be cancelled, those behind it, or all: what is left goes on in its order.
#[tokio::test]
async fn order_outlives_what_is_cancelled() {
    let machine = Machine::new();
    let queue = machine.open();
    queue
        .put((0..6).map(|n| ordered(&n.to_string(), "k")).collect())
        .await
        .unwrap();
    for gone in ["2", "0", "5"] {
        assert_eq!(queue.cancel(&"s".into(), &of_event(gone)).await.unwrap(), 1);
    }
    assert_eq!(queue.backlog(), 3);
    let head = queue.poll().await.unwrap();
    assert_eq!(id(&head), "1-a");
    assert_eq!(queue.cancel(&"s".into(), &of_event("3")).await.unwrap(), 1);
    queue.say(head, Outcome::Done);
    assert_eq!(queue.deliver_all().await, ["4-a"]);
    queue
        .put((6..9).map(|n| ordered(&n.to_string(), "k")).collect())
        .await
        .unwrap();
    assert_eq!(queue.cancel(&"s".into(), &all()).await.unwrap(), 3);
    queue.put(vec![ordered("9", "k")]).await.unwrap();
    assert_eq!(queue.deliver_all().await, ["9-a"]);
    assert_eq!(machine.shut(queue).deliveries.len(), 0);
}

/// What a deleted subscription leaves, the year 9999 included, is dead at once; what was queued since then is not.
#[tokio::test]
async fn what_nobody_is_left_for_becomes_dead_letters() {
    let machine = Machine::new();
    let queue = machine.open();
    let mut last = late("last");
    last.deliver_at = Some(253_402_300_799_000);
    queue
        .put((0..300).map(|n| late(&n.to_string())).collect())
        .await
        .unwrap();
    queue.put(vec![last, delivery(&event("b"), "b")]).await.unwrap();
    let lanes = queue.lanes(None).await.unwrap();
    assert_eq!((lanes.lanes.len(), lanes.next), (2, None));
    queue.put(vec![late("new")]).await.unwrap();
    let lane = WaitingLane {
        space: "s".into(),
        subscription: "a".into(),
        function: "a".into(),
    };
    assert!(lanes.lanes.contains(&lane));
    let reason = DeadLetterReason::SubscriptionDeleted;
    assert_eq!(queue.give_up(&lane, reason, lanes.until).await.unwrap(), 301);
    assert_eq!(queue.backlog(), 2);
    let page = queue.dead_letters(&"s".into(), None, 1000, None).await.unwrap();
    assert!(page.dead_letters.iter().all(|letter| letter.reason == reason));
    assert_eq!(page.dead_letters.len(), 301);
    let contents = machine.shut(queue);
    assert_eq!((contents.deliveries.len(), contents.dead.len()), (2, 301));
}

/// A disk that fails in the middle of it: what was taken out is gone or waits, and the rest waits.
#[tokio::test]
async fn a_failed_commit_cancels_nothing_for_good() {
    for after_the_fact in [false, true] {
        let machine = Machine::new();
        let queue = machine.open();
        queue
            .put((0..10).map(|n| single(&n.to_string())).collect())
            .await
            .unwrap();
        machine.disk.set_full(true, after_the_fact);
        assert!(queue.cancel(&"s".into(), &all()).await.is_err());
        machine.disk.set_full(false, false);
        queue.written().await;
        let left = listed(&queue, &all(), 100).await;
        assert!(after_the_fact || left.len() == 10);
        assert_eq!(queue.deliver_all().await, left);
        assert_eq!(machine.shut(queue).deliveries.len(), 0);
    }
}

/// Workers and cancelling at once: everything is delivered or cancelled, nothing both and nothing neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_delivery_is_made_or_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let queue = Embedded::open(EmbeddedSettings {
        directory: Some(folder.path().to_owned()),
        cache_bytes: 1 << 20,
        durability: Durability::OperatingSystem,
        reserve_bytes: 0,
        limits: ROOMY,
    })
    .unwrap();
    let worker = tokio::spawn({
        let queue = queue.clone();
        async move {
            let mut delivered = 0;
            while let Some(received) = queue.receive().await {
                delivered += 1;
                tokio::task::yield_now().await;
                queue.say(received, Outcome::Done);
            }
            delivered
        }
    });
    let (mut sent, mut cancelled) = (0, 0);
    for round in 0..60 {
        let some: Vec<_> = (0..40)
            .map(|n| ordered(&format!("{round}.{n}"), &(n % 7).to_string()))
            .collect();
        sent += some.len();
        queue.put(some).await.unwrap();
        cancelled += queue.cancel(&"s".into(), &all()).await.unwrap();
    }
    while queue.backlog() > 0
        || queue
            .0
            .schedule
            .look(|state| state.accounts.all().in_hand.deliveries > 0)
    {
        tokio::task::yield_now().await;
    }
    queue.close();
    assert_eq!(worker.await.unwrap() + cancelled, sent);
    assert!(cancelled > 0);
}

#[tokio::test]
async fn a_page_that_was_made_up_shows_nothing_of_other_spaces() {
    let machine = Machine::new();
    let queue = machine.open();
    let keyed = |id: &str| ordered(id, "k");
    queue
        .put(vec![keyed("theirs-1"), keyed("theirs-2")])
        .await
        .unwrap();
    let mine = [keyed("mine-1"), keyed("mine-2")].map(|delivery| Delivery {
        space: "t".into(),
        ..delivery
    });
    queue.put(mine.into()).await.unwrap();
    let space = "t".into();
    let first = queue.waiting(&space, &all(), 1, None).await.unwrap();
    let spot = first.next.unwrap();
    // The next one stands behind the first, so that both kinds of spots are known from it.
    let lane = spot[1..].split('.').next().unwrap();
    let zeros = |bytes: usize| "00".repeat(bytes);
    for section in ["r", "b"] {
        for key in [zeros(24), zeros(16), zeros(8), zeros(1), String::new()] {
            let made_up = format!("{section}{lane}.{key}");
            let page = queue.waiting(&space, &all(), 10, Some(&made_up)).await.unwrap();
            assert_eq!(ids(&page), ["mine-1-a", "mine-2-a"], "{made_up}");
        }
    }
    let page = queue.waiting(&space, &all(), 10, Some(&spot)).await.unwrap();
    assert_eq!(ids(&page), ["mine-2-a"]);
}

//! Dead letters in the table: what is put is found, in order and once, however large it is and whoever races.

use std::time::Duration;

use domain::dead_letter::{DeadLetter, DeadLetterReason, LastResponse};
use domain::ids::{DeliveryId, Space, SubscriptionId};
use futures::future::join_all;
use store::{DynamoDb, DynamoDbSettings, StoreError};

use super::{TestTable, number};

pub(crate) const SPACE: &str = "default";

/// One with an event that holds a text.
pub(crate) fn dead_letter(id: &str, subscription: &str, dead_at: u64, data: &str) -> DeadLetter {
    let event = format!(
        r#"{{"eventType":"e","cloudEventsVersion":"0.1","source":"/test","eventID":"1","data":"{data}"}}"#
    );
    DeadLetter {
        delivery_id: id.into(),
        space: SPACE.into(),
        subscription_id: subscription.into(),
        function_id: "f".into(),
        reason: DeadLetterReason::AttemptsExhausted,
        error: Some("it failed".to_owned()),
        last_response: Some(LastResponse {
            status: Some(500),
            body: "no \"luck\"".to_owned(),
        }),
        attempts: 185,
        accepted_at: dead_at - 1000,
        dead_at,
        ordering_key: None,
        arrival: domain::delivery::Arrival::after(domain::hops::Hops::new(2)),
        event: serde_json::from_str(&event).unwrap(),
    }
}

/// A text that does not get smaller.
pub(crate) fn random_text(bytes: usize) -> String {
    let mut random = fastrand::Rng::with_seed(7);
    (0..bytes).map(|_| random.alphanumeric()).collect()
}

pub(crate) fn store(table: &TestTable) -> DynamoDb {
    DynamoDb::new(table.client.clone(), table.settings())
}

/// All dead letters of the space or of a subscription, read in pages.
pub(crate) async fn all(store: &DynamoDb, subscription: Option<&str>, limit: usize) -> Vec<DeadLetter> {
    let subscription = subscription.map(SubscriptionId::from);
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = store
            .dead_letters(&SPACE.into(), subscription.as_ref(), limit, after.as_deref())
            .await
            .unwrap();
        assert!(page.dead_letters.len() <= limit);
        assert!(
            page.next.is_none() || !page.dead_letters.is_empty(),
            "a page that goes on is not empty"
        );
        all.extend(page.dead_letters);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

/// How many items there are at all: nothing but the tests' dead letters is in the table.
pub(crate) async fn items(table: &TestTable) -> usize {
    let scan = table.client.scan().table_name(&table.name).into_paginator();
    let items: Result<Vec<_>, _> = scan.items().send().collect().await;
    items.unwrap().len()
}

#[tokio::test]
async fn lists_are_in_the_order_of_time_and_end() {
    let table = TestTable::create().await;
    let store = store(&table);
    let mut letters: Vec<_> = (0..25)
        .map(|number| {
            let subscription = ["one", "two"][number % 2];
            // Two each at the same time; ids do not follow the time.
            let dead_at = 1_700_000_000_000 + (number as u64 / 2);
            dead_letter(&format!("d{:02}", 99 - number), subscription, dead_at, "x")
        })
        .collect();
    join_all(letters.iter().rev().map(|letter| store.put_dead_letter(letter)))
        .await
        .into_iter()
        .collect::<Result<(), _>>()
        .unwrap();
    letters.sort_by_key(|letter| (letter.dead_at, letter.delivery_id.clone()));
    for limit in [1, 7, 25, 5000] {
        assert_eq!(all(&store, None, limit).await, letters, "{limit}");
        for subscription in ["one", "two", "three"] {
            let mut want = letters.clone();
            want.retain(|letter| letter.subscription_id.as_str() == subscription);
            assert_eq!(all(&store, Some(subscription), limit).await, want);
        }
    }
    let space = Space::from(SPACE);
    let page = async |after: &str| store.dead_letters(&space, None, 25, Some(after)).await.unwrap();
    for garbage in ["", "garbage", "MDAwMA", "ä"] {
        let page = page(garbage).await;
        assert_eq!(
            (page.dead_letters, page.next),
            (letters.clone(), None),
            "{garbage}"
        );
    }
    for letter in &letters {
        let found = store.dead_letter(&space, &letter.delivery_id).await.unwrap();
        assert_eq!(found.as_ref(), Some(letter));
    }
    // A place where nothing is any more is still a place.
    let first = store.dead_letters(&space, None, 5, None).await.unwrap();
    store.delete_dead_letters(&letters[3..10]).await.unwrap();
    assert_eq!(page(&first.next.unwrap()).await.dead_letters, letters[10..]);
    table.delete().await;
}

#[tokio::test]
async fn names_that_look_like_keys_lead_nowhere() {
    let table = TestTable::create().await;
    let store = store(&table);
    let letter = dead_letter("d", "s", 1_700_000_000_000, "x");
    store.put_dead_letter(&letter).await.unwrap();
    let all = DeliveryId::from("d");
    for name in ["other", "default#SUBSCRIPTION#s", "default#DELIVERY#d", ""] {
        let space = Space::from(name);
        let page = store.dead_letters(&space, None, 5, None).await.unwrap();
        assert!(page.dead_letters.is_empty() && page.next.is_none(), "{name}");
        assert_eq!(store.dead_letter(&space, &all).await.unwrap(), None);
    }
    let long = Space::from("l".repeat(3000));
    let far = DeadLetter {
        space: long.clone(),
        subscription_id: "s".repeat(3000).into(),
        ..letter.clone()
    };
    store.put_dead_letter(&far).await.unwrap();
    assert_eq!(store.dead_letter(&long, &all).await.unwrap().as_ref(), Some(&far));
    let listed = store.dead_letters(&long, Some(&far.subscription_id), 5, None);
    assert_eq!(listed.await.unwrap().dead_letters, [far]);
    table.delete().await;
}

#[tokio::test]
async fn a_delivery_has_one_dead_letter_the_last_that_was_put() {
    let table = TestTable::create().await;
    let store = store(&table);
    let put = async |letter: &DeadLetter| store.put_dead_letter(letter).await.unwrap();
    let large = dead_letter("d", "s", 1_700_000_000_000, &random_text(1_048_000));
    put(&large).await;
    assert_eq!(items(&table).await, 5, "three parts and two pointers");
    put(&large).await;
    assert_eq!(all(&store, None, 5).await, std::slice::from_ref(&large));
    // Later, earlier and at the same time.
    for (dead_at, data) in [(8, "small"), (3, "smaller"), (3, "same time")] {
        let letter = dead_letter("d", "s", 1_700_000_000_000 + dead_at, data);
        put(&letter).await;
        for subscription in [None, Some("s")] {
            assert_eq!(all(&store, subscription, 5).await, std::slice::from_ref(&letter));
        }
        assert_eq!(items(&table).await, 3, "{data}");
    }
    put(&large).await;
    let read = store.dead_letter(&SPACE.into(), &"d".into()).await.unwrap();
    assert_eq!(read.as_ref(), Some(&large));
    store.delete_dead_letters(&[large.clone(), large]).await.unwrap();
    assert_eq!(items(&table).await, 0);
    assert_eq!(store.dead_letter(&SPACE.into(), &"d".into()).await.unwrap(), None);
    table.delete().await;
}

#[tokio::test]
async fn deletion_spares_what_has_died_again_meanwhile() {
    let table = TestTable::create().await;
    let store = store(&table);
    let first = dead_letter("d", "s", 1_700_000_000_000, "x");
    let again = dead_letter("d", "s", 1_700_000_009_000, "x");
    let other = dead_letter("o", "s", 1_700_000_000_000, "x");
    store.put_dead_letter(&first).await.unwrap();
    store.put_dead_letter(&other).await.unwrap();
    // It is queued again, and given up before the queueing is through with the old one.
    store.put_dead_letter(&again).await.unwrap();
    store.delete_dead_letters(&[first, other.clone()]).await.unwrap();
    assert_eq!(all(&store, None, 5).await, std::slice::from_ref(&again));
    store.delete_dead_letters(&[other, again]).await.unwrap();
    assert_eq!(items(&table).await, 0);
    table.delete().await;
}

#[tokio::test]
async fn a_page_ends_before_it_gets_too_large() {
    let table = TestTable::create().await;
    let store = store(&table);
    let data = "x".repeat(1_400_000);
    let letters: Vec<_> = (0..5)
        .map(|number| dead_letter(&format!("d{number}"), "s", 1_700_000_000_000 + number, &data))
        .collect();
    for letter in &letters {
        store.put_dead_letter(letter).await.unwrap();
    }
    let page = store.dead_letters(&SPACE.into(), None, 100, None).await.unwrap();
    assert_eq!(page.dead_letters, letters[..2]);
    assert_eq!(all(&store, None, 100).await, letters);

    let huge = dead_letter("huge", "s", 1_600_000_000_000, &"x".repeat(5_000_000));
    store.put_dead_letter(&huge).await.unwrap();
    let page = store.dead_letters(&SPACE.into(), None, 100, None).await.unwrap();
    assert_eq!(page.dead_letters, [huge], "one is always in it");
    let too_large = dead_letter("d", "s", 1_700_000_000_000, &random_text(6_000_000));
    let refused = store.put_dead_letter(&too_large).await.unwrap_err();
    assert!(matches!(refused, StoreError::TooLarge { .. }), "{refused:?}");
    table.delete().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_dispatchers_one_has_the_last_word() {
    let table = TestTable::create().await;
    let large = random_text(500_000);
    for round in 0..3 {
        let id = format!("d{round}");
        let puts = (0..12_u64).map(|number| {
            let data = if number % 4 == 0 { &large } else { "small" };
            let letter = dead_letter(&id, "s", 1_700_000_000_000 + number * 7 % 12, data);
            let store = store(&table);
            tokio::spawn(async move { store.put_dead_letter(&letter).await })
        });
        for put in join_all(puts).await {
            put.unwrap().unwrap();
        }
        let store = store(&table);
        let listed = all(&store, None, 100).await;
        assert_eq!(listed.len(), 1, "round {round}");
        assert_eq!(all(&store, Some("s"), 100).await, listed);

        // Who deletes races with who puts: it is there in full or not at all.
        let again = dead_letter(&id, "s", 1_800_000_000_000, &large);
        let (deleted, put) = tokio::join!(store.delete_dead_letters(&listed), store.put_dead_letter(&again));
        deleted.unwrap();
        put.unwrap();
        assert_eq!(all(&store, None, 100).await, std::slice::from_ref(&again));
        store.delete_dead_letters(&[again]).await.unwrap();
        assert_eq!(items(&table).await, 0);
    }
    table.delete().await;
}

#[tokio::test]
async fn all_calls_can_be_made_by_tasks() {
    let table = TestTable::create().await;
    let store = store(&table);
    let tasks = tokio::spawn(async move {
        let letter = dead_letter("d", "s", 1_700_000_000_000, "x");
        store.put_dead_letter(&letter).await.unwrap();
        let page = store.dead_letters(&letter.space, None, 5, None).await.unwrap();
        assert_eq!(page.dead_letters, std::slice::from_ref(&letter));
        let read = store
            .dead_letter(&letter.space, &letter.delivery_id)
            .await
            .unwrap();
        store.delete_dead_letters(&[read.unwrap()]).await.unwrap();
    });
    tasks.await.unwrap();
    assert_eq!(items(&table).await, 0);
    table.delete().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_list_shows_what_is_replaced_meanwhile_at_most_once() {
    let table = TestTable::create().await;
    let writers = (0..4_u64).map(|writer| {
        let store = store(&table);
        tokio::spawn(async move {
            for round in 0..30 {
                let dead_at = 1_700_000_000_000 + round * 10 + writer;
                let letter = dead_letter(&format!("d{writer}"), "s", dead_at, "x");
                store.put_dead_letter(&letter).await.unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let store = store(&table);
    let mut lists = 0;
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        let page = store.dead_letters(&SPACE.into(), None, 100, None).await.unwrap();
        let mut ids: Vec<_> = page
            .dead_letters
            .iter()
            .map(|letter| &letter.delivery_id)
            .collect();
        ids.sort();
        assert!(ids.is_sorted_by(|one, other| one < other), "{ids:?}");
        lists += 1;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(lists > 3, "nothing was listed meanwhile");
    assert_eq!(all(&store, Some("s"), 100).await.len(), 4);
    table.delete().await;
}

/// The table forgets a dead letter as a whole: the document with all of its parts, and the pointers to it.
#[tokio::test]
async fn everything_of_a_dead_letter_expires() {
    let table = TestTable::create().await;
    let letter = dead_letter("d", "one", 1_700_000_000_999, &random_text(700_000));
    let partitions = [
        "DEADLETTERS#default",
        "DEADLETTERS#default#SUBSCRIPTION#one",
        "DEADLETTERS#default#DELIVERY#d",
    ];
    for (max_age, want) in [
        (Some(Duration::from_secs(100)), Some(1_700_000_100)),
        (None, None),
    ] {
        let settings = DynamoDbSettings {
            dead_letter_max_age: max_age,
            ..table.settings()
        };
        let store = DynamoDb::new(table.client.clone(), settings);
        store.put_dead_letter(&letter).await.unwrap();
        let items = table.items(&partitions).await;
        assert!(items.len() > 3, "{}", items.len());
        for item in items {
            assert_eq!(item.get("expires"), want.map(number).as_ref(), "{:?}", item["sk"]);
        }
        // Of one that the table is about to forget some parts may be gone before others.
        table.remove_item("DEADLETTERS#default#DELIVERY#d", "0001").await;
        let found = store.dead_letter(&SPACE.into(), &letter.delivery_id).await;
        match max_age {
            Some(_) => assert_eq!(found.unwrap(), None),
            None => assert!(matches!(found, Err(StoreError::Corrupt { .. }))),
        }
    }
}

//! Deduplication keys in the table: one of many gets the key, and whatever goes wrong, no key is lost for good.

use std::collections::HashSet;

use domain::ids::Space;
use futures::future::join_all;
use store::{Claim, ClaimToken, DEDUPLICATION_WINDOW, DynamoDb, StoreError};

use super::faulty_client::{Fault, Plan, faulty_client};
use super::instance::Instance;
use super::link::Link;
use super::{TestTable, number, text};
use crate::log;

const KEY: &str = "order-4711";
/// Longer than a claim stands by itself, in milliseconds.
const LEASE: u32 = 31_000;
const HOUR: u32 = 3_600_000;

fn space() -> Space {
    Space::from("default")
}

fn window() -> u32 {
    DEDUPLICATION_WINDOW.as_millis().try_into().unwrap()
}

async fn claim(store: &DynamoDb) -> Claim {
    store.claim_deduplication_key(&space(), KEY).await.unwrap()
}

async fn granted(store: &DynamoDb) -> ClaimToken {
    match claim(store).await {
        Claim::Granted(token) => token,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_key_is_used_for_the_window_once_its_event_is_queued() {
    let table = TestTable::create().await;
    let (one, two) = (Instance::new(&table), Instance::new(&table));
    let token = granted(&one.dynamodb).await;
    assert_eq!(claim(&two.dynamodb).await, Claim::Contended);
    one.dynamodb.release_deduplication_key(&token).await.unwrap();
    let token = granted(&two.dynamodb).await;
    two.dynamodb.confirm_deduplication_key(&token).await.unwrap();
    for instance in [&one, &two] {
        assert_eq!(claim(&instance.dynamodb).await, Claim::Duplicate);
        instance.shift.freeze(window() - 10_000);
        assert_eq!(claim(&instance.dynamodb).await, Claim::Duplicate);
    }
    // What is confirmed is not to be released or confirmed anew.
    two.dynamodb.release_deduplication_key(&token).await.unwrap();
    two.dynamodb.confirm_deduplication_key(&token).await.unwrap();
    assert_eq!(claim(&one.dynamodb).await, Claim::Duplicate);
    one.shift.freeze(10_001);
    granted(&one.dynamodb).await;

    let other = Space::from("other");
    let claimed = one.dynamodb.claim_deduplication_key(&other, KEY).await.unwrap();
    assert!(matches!(claimed, Claim::Granted(_)), "{claimed:?}");
    let claimed = one
        .dynamodb
        .claim_deduplication_key(&space(), "another")
        .await
        .unwrap();
    assert!(matches!(claimed, Claim::Granted(_)), "{claimed:?}");
    table.delete().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_gets_the_key() {
    let table = TestTable::create().await;
    let stores: Vec<_> = (0..4).map(|_| Instance::new(&table).dynamodb).collect();
    for key in 0..10 {
        let claims = (0..20).map(|number| {
            let store = stores[number % stores.len()].clone();
            let key = format!("key-{key}");
            tokio::spawn(async move { store.claim_deduplication_key(&space(), &key).await.unwrap() })
        });
        let claims: Vec<_> = join_all(claims).await.into_iter().map(Result::unwrap).collect();
        let count = |of: fn(&Claim) -> bool| claims.iter().filter(|claim| of(claim)).count();
        assert_eq!(count(|claim| matches!(claim, Claim::Granted(_))), 1, "{claims:?}");
        assert_eq!(count(|claim| *claim == Claim::Contended), 19, "{claims:?}");
    }
    table.delete().await;
}

#[tokio::test]
async fn a_claim_of_a_process_that_died_lapses() {
    let table = TestTable::create().await;
    let (slow, next) = (Instance::new(&table), Instance::new(&table));
    let late = granted(&slow.dynamodb).await;
    next.shift.freeze(LEASE);
    let token = granted(&next.dynamodb).await;
    // The first was not dead after all. The key is not its any more, to give away or to use.
    slow.dynamodb.release_deduplication_key(&late).await.unwrap();
    slow.dynamodb.confirm_deduplication_key(&late).await.unwrap();
    assert_eq!(claim(&next.dynamodb).await, Claim::Contended);
    next.dynamodb.release_deduplication_key(&token).await.unwrap();
    // Its event is queued, though, and the key is free: now it counts.
    slow.dynamodb.confirm_deduplication_key(&late).await.unwrap();
    assert_eq!(claim(&slow.dynamodb).await, Claim::Duplicate);

    // A confirmation that is late counts where nobody took the key.
    slow.shift.freeze(window() + 1000);
    let late = granted(&slow.dynamodb).await;
    slow.shift.freeze(LEASE);
    slow.dynamodb.confirm_deduplication_key(&late).await.unwrap();
    assert_eq!(claim(&slow.dynamodb).await, Claim::Duplicate);
    table.delete().await;
}

#[tokio::test]
async fn wrong_clocks_repeat_events_and_swallow_none() {
    let table = TestTable::create().await;
    let (ahead, right, behind) = (
        Instance::new(&table),
        Instance::new(&table),
        Instance::new(&table),
    );
    ahead.shift.freeze(24 * HOUR);
    behind.shift.set_wall_clock_back(24 * HOUR);
    for wrong in [&ahead, &behind] {
        let token = granted(&wrong.dynamodb).await;
        wrong.dynamodb.confirm_deduplication_key(&token).await.unwrap();
        assert_eq!(claim(&wrong.dynamodb).await, Claim::Duplicate);
        let token = granted(&right.dynamodb).await;
        right.dynamodb.confirm_deduplication_key(&token).await.unwrap();
        assert_eq!(claim(&right.dynamodb).await, Claim::Duplicate);
    }
    // A process whose clock is off by a little sees the same as others.
    let near = Instance::new(&table);
    near.shift.set_wall_clock_back(20_000);
    assert_eq!(claim(&near.dynamodb).await, Claim::Duplicate);
    near.shift.freeze(40_000);
    assert_eq!(claim(&near.dynamodb).await, Claim::Duplicate);
    table.delete().await;
}

#[tokio::test]
async fn lost_answers_and_throttles_are_outlasted() {
    let table = TestTable::create().await;
    let plan = Plan::default();
    let store = DynamoDb::new(faulty_client(&table.endpoint, &plan), table.settings());
    let sound = Instance::new(&table).dynamodb;
    for fault in [
        Fault::AnswerLost,
        Fault::TimedOut,
        Fault::Throttled,
        Fault::Unavailable,
    ] {
        plan.add("PutItem", [fault]);
        let token = granted(&store).await;
        assert_eq!(claim(&sound).await, Claim::Contended, "{fault:?}");
        plan.add("DeleteItem", [fault]);
        store.release_deduplication_key(&token).await.unwrap();
        let token = granted(&store).await;
        plan.add("PutItem", [fault]);
        store.confirm_deduplication_key(&token).await.unwrap();
        assert_eq!(claim(&store).await, Claim::Duplicate, "{fault:?}");
        assert!(plan.is_done(), "{fault:?}");
        forget(&table).await;
    }
    table.delete().await;
}

#[tokio::test]
async fn a_table_that_is_out_of_reach_is_unavailable() {
    let table = TestTable::create().await;
    let link = Link::to(&table.endpoint).await;
    let far = Instance::at(
        &table,
        &link.endpoint,
        super::instance::HOUR,
        super::instance::HOUR,
    );
    let token = granted(&far.dynamodb).await;
    link.cut();
    let failures = [
        far.dynamodb
            .claim_deduplication_key(&space(), KEY)
            .await
            .unwrap_err(),
        far.dynamodb.confirm_deduplication_key(&token).await.unwrap_err(),
        far.dynamodb.release_deduplication_key(&token).await.unwrap_err(),
    ];
    for err in failures {
        assert!(matches!(err, StoreError::Unavailable { .. }), "{err:?}");
        assert!(!format!("{err:?} {token:?}").contains(KEY), "{err:?} {token:?}");
    }
    link.mend();
    far.dynamodb.confirm_deduplication_key(&token).await.unwrap();
    assert_eq!(claim(&far.dynamodb).await, Claim::Duplicate);
    table.delete().await;
}

#[tokio::test]
async fn items_are_spread_hold_no_key_and_expire() {
    log::keep();
    let table = TestTable::create().await;
    let store = Instance::new(&table).dynamodb;
    for number in 0..64 {
        let key = format!("{KEY}-{number}");
        let claim = store.claim_deduplication_key(&space(), &key).await.unwrap();
        let Claim::Granted(token) = claim else {
            panic!("{claim:?}")
        };
        if number % 2 == 0 {
            store.confirm_deduplication_key(&token).await.unwrap();
        }
    }
    let items = scan(&table).await;
    assert_eq!(items.len(), 64);
    let partitions: HashSet<_> = items.iter().map(|item| item["pk"].as_s().unwrap()).collect();
    assert!(partitions.len() > 32, "{partitions:?}");
    for item in &items {
        assert!(item["pk"].as_s().unwrap().starts_with("DEDUPLICATION#default#"));
        let number = |name: &str| item[name].as_n().unwrap().parse::<u64>().unwrap();
        let (lapses, expires) = (number("lapses"), number("expires"));
        assert!(expires * 1000 > lapses, "it is not forgotten while it counts");
        assert!(expires * 1000 < lapses + 120_000);
        assert!(!format!("{item:?}").contains(KEY), "{item:?}");
    }

    // An item that cannot be read keeps nobody from queueing for longer than it takes.
    let (pk, sk) = (items[0]["pk"].clone(), items[0]["sk"].clone());
    forget(&table).await;
    table
        .put([("pk", pk.clone()), ("sk", sk.clone()), ("junk", text(KEY))])
        .await;
    let unread = (0..64).map(|number| format!("{KEY}-{number}"));
    for key in unread {
        let claim = store.claim_deduplication_key(&space(), &key).await.unwrap();
        assert!(matches!(claim, Claim::Granted(_)), "{claim:?}");
    }
    forget(&table).await;
    let sk_text = sk.as_s().unwrap().clone();
    let garbage = [
        ("pk", pk),
        ("sk", sk),
        ("lapses", text(KEY)),
        ("expires", number(1)),
    ];
    table.put(garbage).await;
    let claims = join_all((0..64).map(|number| {
        let (store, key) = (store.clone(), format!("{KEY}-{number}"));
        async move { store.claim_deduplication_key(&space(), &key).await.unwrap() }
    }));
    let contended = claims
        .await
        .iter()
        .filter(|claim| **claim == Claim::Contended)
        .count();
    assert_eq!(contended, 1);
    assert!(!log::lines_with(&sk_text).is_empty());
    assert!(log::lines_with(KEY).is_empty());
    table.delete().await;
}

async fn scan(
    table: &TestTable,
) -> Vec<std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>> {
    let scan = table.client.scan().table_name(&table.name).into_paginator();
    let items: Result<Vec<_>, _> = scan.items().send().collect().await;
    items.unwrap()
}

/// Removes all items.
async fn forget(table: &TestTable) {
    for item in scan(table).await {
        table.remove(&[item["pk"].as_s().unwrap()]).await;
    }
}

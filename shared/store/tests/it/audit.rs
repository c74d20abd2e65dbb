//! Records of changes: in the transaction of the change, a chain whatever races, within their bounds, on every store.

use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::audit::{Actor, Author, MadeRecords};
use domain::ids::Space;
use domain::resource::{EventType, Function};
use futures::future::join_all;
use serde_json::Value;
use store::{AuditLimits, AuditPage, Embedded, EmbeddedSettings, Store};

use crate::dynamodb::TestTable;
use crate::open;
use crate::replacement::{filled, put};
use crate::resources::{event_type, function};

/// Runs what all stores do.
pub(crate) async fn contract(store: &Store) {
    who_races_is_in_an_order(store).await;
    refusals_and_nothing_new_leave_no_record(store).await;
    what_is_made_at_once_has_one_record(store).await;
    pages_go_on(store).await;
    authors_are_told_of_what_is_made(store).await;
}

/// Each record is told once it is in effect, and nothing is told of what is refused.
async fn authors_are_told_of_what_is_made(store: &Store) {
    let space = Space::from("audit-told");
    let (tell, told) = std::sync::mpsc::channel();
    let author = Author {
        made: Some(MadeRecords::to(move |record| tell.send(record).unwrap())),
        ..Author::gateway()
    };
    let telling = store.on_behalf_of(author);
    let told = || -> Vec<String> {
        let records = told.try_iter();
        let lines = records.flat_map(|record| {
            let changed = record.changed.into_iter();
            changed.map(move |one| {
                format!(
                    "{} {} {} {}",
                    record.version,
                    one.operation.name(),
                    one.kind,
                    one.id
                )
            })
        });
        lines.collect()
    };
    telling.create(event_type(&space, "a")).await.unwrap();
    assert_eq!(told(), ["1 create eventtype a"]);
    telling.create(event_type(&space, "a")).await.unwrap_err();
    assert!(told().is_empty());
    telling.delete::<EventType>(&space, &"a".into()).await.unwrap();
    store.create(event_type(&space, "b")).await.unwrap();
    assert_eq!(told(), ["2 delete eventtype a"]);
    let before = telling.space_state(&space).await.unwrap();
    let after = filled(&before, 2);
    telling.replace(before, after).await.unwrap().unwrap();
    assert_eq!(told().len(), 4);
}

async fn all(store: &Store, space: &Space) -> AuditPage {
    store.audit(space, None, 1000).await.unwrap()
}

/// The records of a page from the oldest to the newest, which have to hang together after one with a hash.
fn chain(page: &AuditPage, mut previous: Option<String>) -> Vec<Value> {
    let mut read = Vec::new();
    for kept in page.records.iter().rev() {
        let record: Value = serde_json::from_str(&kept.text).unwrap();
        assert_eq!(record["previous"].as_str(), previous.as_deref());
        assert_eq!(record["version"], kept.version);
        previous = Some(kept.hash.clone());
        read.push(record);
    }
    read
}

fn versions(page: &AuditPage) -> Vec<u64> {
    page.records.iter().map(|kept| kept.version).collect()
}

async fn who_races_is_in_an_order(store: &Store) {
    let space = Space::from("audit-races");
    let create = |number: u8| {
        let author = Author {
            actor: Actor::Root,
            address: Some([192, 0, 2, number].into()),
            request_id: Some(format!("r-{number}")),
            operation: Some("eventtype.create".to_owned()),
            made: None,
        };
        let store = store.on_behalf_of(author);
        let event_type = event_type(&space, &format!("e{number}"));
        tokio::spawn(async move { store.create(event_type).await.unwrap() })
    };
    join_all((0..10).map(create)).await;
    let page = all(store, &space).await;
    assert_eq!(versions(&page), (1..=10).rev().collect::<Vec<_>>());
    for record in chain(&page, None) {
        let number = record["requestId"].as_str().unwrap().trim_start_matches("r-");
        assert_eq!(record["address"], format!("192.0.2.{number}"));
        assert_eq!(record["changes"][0]["id"], format!("e{number}"));
        assert_eq!(record["changes"].as_array().unwrap().len(), 1);
        assert_eq!(
            (&record["actor"]["kind"], &record["operation"]),
            (&"root".into(), &"eventtype.create".into())
        );
    }
}

async fn refusals_and_nothing_new_leave_no_record(store: &Store) {
    let space = Space::from("audit-refusals");
    store.create(event_type(&space, "e")).await.unwrap();
    store.create(event_type(&space, "e")).await.unwrap_err();
    let missing = store.delete::<Function>(&space, &"f".into()).await;
    missing.unwrap_err();
    let state = store.space_state(&space).await.unwrap();
    let same = state.snapshot.clone();
    store.replace(state, same).await.unwrap().unwrap();
    store.delete::<EventType>(&space, &"e".into()).await.unwrap();
    let page = all(store, &space).await;
    let records = chain(&page, None);
    assert_eq!(versions(&page), [2, 1]);
    // Nobody asked: what was done stands for it.
    let operations: Vec<_> = records.iter().map(|record| &record["operation"]).collect();
    assert_eq!(operations, ["eventtype.create", "eventtype.delete"]);
    assert_eq!(records[0]["actor"]["kind"], "gateway");
}

async fn what_is_made_at_once_has_one_record(store: &Store) {
    let space = Space::from("audit-replace");
    let state = store.space_state(&space).await.unwrap();
    let after = filled(&state, 60);
    store.replace(state, after).await.unwrap().unwrap();
    let page = all(store, &space).await;
    let records = chain(&page, None);
    assert_eq!(versions(&page), [62]);
    assert_eq!(records[0]["changes"].as_array().unwrap().len(), 62);
}

async fn pages_go_on(store: &Store) {
    let space = Space::from("audit-races");
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = store.audit(&space, before, 4).await.unwrap();
        seen.extend(versions(&page));
        before = page.records.last().map(|kept| kept.version);
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen, (1..=10).rev().collect::<Vec<_>>());
    let none = all(store, &Space::from("audit-nothing")).await;
    assert!(none.records.is_empty() && !none.has_more);
}

fn open_with(directory: &Path, audit: Option<AuditLimits>) -> Store {
    let settings = EmbeddedSettings {
        audit,
        ..EmbeddedSettings::new(directory)
    };
    Store::Embedded(Embedded::open(settings).unwrap())
}

#[tokio::test]
async fn embedded_records_are_bounded_in_number_and_age() {
    let directory = tempfile::tempdir().unwrap();
    let space = Space::from("shop");
    let limits = |records: u64, age: Option<Duration>| {
        let bytes = u64::MAX;
        Some(AuditLimits { records, bytes, age })
    };
    let store = open_with(directory.path(), limits(3, None));
    for number in 0..5 {
        store
            .create(event_type(&space, &format!("e{number}")))
            .await
            .unwrap();
    }
    let page = all(&store, &space).await;
    assert_eq!(versions(&page), [5, 4, 3]);
    // The oldest that is kept still names the one before it.
    let oldest: Value = serde_json::from_str(&page.records[2].text).unwrap();
    chain(&page, oldest["previous"].as_str().map(str::to_owned));
    assert!(oldest["previous"].is_string());
    drop(store);
    // Whoever keeps fewer, or for no time, has the rest removed when the store is opened.
    let store = open_with(directory.path(), limits(2, None));
    assert_eq!(versions(&all(&store, &space).await), [5, 4]);
    drop(store);
    let store = open_with(directory.path(), limits(9, Some(Duration::ZERO)));
    assert_eq!(versions(&all(&store, &space).await), [5]);
    drop(store);
    // Nothing is recorded, and what is there stays.
    let store = open_with(directory.path(), None);
    store.create(event_type(&space, "unseen")).await.unwrap();
    assert_eq!(versions(&all(&store, &space).await), [5]);
    drop(store);
    let store = open(directory.path());
    store.create(event_type(&space, "seen")).await.unwrap();
    let page = all(&store, &space).await;
    assert_eq!(versions(&page), [6, 5]);
    let before = &page.records[1].text;
    let previous: Value = serde_json::from_str(before).unwrap();
    chain(&page, previous["previous"].as_str().map(str::to_owned));
}

#[tokio::test]
async fn embedded_records_are_bounded_in_their_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let space = Space::from("shop");
    let limited = |bytes: u64| {
        let limits = AuditLimits {
            bytes,
            ..AuditLimits::USUAL
        };
        open_with(directory.path(), Some(limits))
    };
    let bytes = |page: &AuditPage| {
        page.records
            .iter()
            .map(|kept| kept.text.len() as u64)
            .sum::<u64>()
    };
    let store = limited(u64::MAX);
    for name in ["e0", "e1", "e2", "e3"] {
        store.create(event_type(&space, name)).await.unwrap();
    }
    let all_bytes = bytes(&all(&store, &space).await);
    drop(store);
    let store = limited(all_bytes);
    assert_eq!(versions(&all(&store, &space).await), [4, 3, 2, 1]);
    store.create(event_type(&space, "e4")).await.unwrap();
    let page = all(&store, &space).await;
    assert_eq!(versions(&page), [5, 4, 3]);
    let two = bytes(&page) - page.records[2].text.len() as u64;
    drop(store);
    // Whoever keeps fewer has the rest removed when the store is opened, but for the newest one.
    let store = limited(two);
    assert_eq!(versions(&all(&store, &space).await), [5, 4]);
    drop(store);
    let store = limited(1);
    assert_eq!(versions(&all(&store, &space).await), [5]);
    store.create(event_type(&space, "e5")).await.unwrap();
    assert_eq!(versions(&all(&store, &space).await), [6]);
}

#[tokio::test]
async fn a_large_replacement_has_as_many_records_as_it_takes() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let space = Space::from("shop");
    let state = store.space_state(&space).await.unwrap();
    let mut after = filled(&state, 250);
    put(&mut after, function(&space, "g"), state.next_created + 900);
    store.replace(state, after).await.unwrap().unwrap();
    let page = all(&store, &space).await;
    chain(&page, None);
    assert_eq!(versions(&page), [253, 200, 100]);
}

#[tokio::test]
async fn table_records_lapse_and_go_on_after_a_program_that_makes_none() {
    let table = TestTable::create().await;
    let space = Space::from("shop");
    let store = table.store();
    store.create(event_type(&space, "a")).await.unwrap();
    let expires = table
        .attribute("AUDIT#shop", "00000000000000000001", "expires")
        .await;
    let Some(AttributeValue::N(expires)) = expires else {
        panic!("{expires:?}");
    };
    let days = (expires.parse::<u64>().unwrap() - clocks::epoch_millis() / 1000).div_ceil(86_400);
    assert_eq!(days, 400);
    // As an earlier version leaves the record of the space.
    let older = store::DynamoDbSettings {
        audit: None,
        ..table.settings()
    };
    let older = Store::DynamoDb(store::DynamoDb::new(table.client.clone(), older));
    older.create(event_type(&space, "b")).await.unwrap();
    let update = table.client.update_item().table_name(&table.name);
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let update = update.key("pk", key("VERSIONS")).key("sk", key("shop"));
    let update = update.update_expression("REMOVE auditHash, auditVersion");
    update.send().await.unwrap();
    table.store().create(event_type(&space, "c")).await.unwrap();
    let page = all(&store, &space).await;
    assert_eq!(versions(&page), [3, 1]);
    chain(&page, None);
    // What has lapsed is not shown, whatever the table has still, and neither is what came before it.
    let shorter = store::DynamoDbSettings {
        audit: Some(AuditLimits {
            age: Some(Duration::ZERO),
            ..AuditLimits::USUAL
        }),
        ..table.settings()
    };
    let shorter = Store::DynamoDb(store::DynamoDb::new(table.client.clone(), shorter));
    assert!(all(&shorter, &space).await.records.is_empty());
    let update = table.client.update_item().table_name(&table.name);
    let update = update
        .key("pk", key("AUDIT#shop"))
        .key("sk", key("00000000000000000001"));
    let update = update.update_expression("SET expires = :past");
    let update = update.expression_attribute_values(":past", AttributeValue::N("1".to_owned()));
    update.send().await.unwrap();
    assert_eq!(versions(&all(&table.store(), &space).await), [3]);
    table.delete().await;
}

//! Buckets of tokens in a table that several processes share.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::Space;
use domain::quota::{FillRate, Quota, TokenRequest};
use store::{StoreError, Tokens};

use super::instance::Instance;
use super::{TestTable, number, text};

const HOUR: u32 = 3_600_000;

fn rate() -> FillRate {
    FillRate::new(Duration::from_hours(1), 10)
}

#[tokio::test]
async fn processes_share_a_bucket_and_learn_how_often_it_was_asked() {
    let table = TestTable::create().await;
    let (one, two) = (Instance::new(&table), Instance::new(&table));
    let space = Space::from("shop");
    let take = async |instance: &Instance, tokens| {
        let request = TokenRequest::exactly(tokens);
        let taken = instance
            .store
            .take_tokens(&space, Quota::Events, rate(), request)
            .await;
        taken.unwrap().map_err(|empty| empty.left)
    };
    // It is not there, it is there, and it is full again.
    assert_eq!(take(&one, 4).await, Ok(Tokens { tokens: 4, leases: 1 }));
    assert_eq!(take(&two, 4).await, Ok(Tokens { tokens: 4, leases: 2 }));
    assert_eq!(take(&one, 4).await, Err(2));
    for instance in [&one, &two] {
        instance.shift.freeze(20 * HOUR);
    }
    assert_eq!(take(&one, 9).await, Ok(Tokens { tokens: 9, leases: 3 }));
    // A clock that is ahead brings what comes until then, and no more.
    two.shift.freeze(3 * HOUR);
    assert_eq!(take(&two, 4).await, Ok(Tokens { tokens: 4, leases: 4 }));
    assert_eq!(take(&one, 1).await, Err(0));
    assert!(table.attribute("QUOTA#shop", "events", "expires").await.is_some());
    table.delete().await;
}

/// What is owed is not forgotten by the table before it is made up for, and a clock that was wrong by a month stops nobody.
#[tokio::test]
async fn buckets_are_kept_for_as_long_as_they_matter_and_no_longer() {
    let table = TestTable::create().await;
    let (right, wrong) = (Instance::new(&table), Instance::new(&table));
    let take = async |instance: &Instance, tokens| {
        let request = TokenRequest::exactly(tokens);
        let space = Space::from("shop");
        let taken = instance
            .store
            .take_tokens(&space, Quota::Events, rate(), request)
            .await;
        taken
            .unwrap()
            .map(|taken| taken.tokens)
            .map_err(|empty| empty.left)
    };
    let kept = async |name: &str| {
        let value = table.attribute("QUOTA#shop", "events", name).await.unwrap();
        value.as_n().unwrap().parse::<u64>().unwrap()
    };
    // 40 hours, after which it is kept for another day.
    assert_eq!(take(&right, 40).await, Ok(40));
    assert_eq!(
        kept("expires").await,
        kept("fullAt").await / 1_000_000_000 + 24 * 60 * 60
    );
    wrong.shift.freeze(30 * 24 * HOUR);
    assert_eq!(take(&wrong, 10).await, Ok(10));
    assert_eq!(take(&wrong, 1).await, Err(0));
    assert_eq!(take(&right, 3).await, Ok(3));
    assert_eq!(take(&right, 8).await, Err(7));
    table.delete().await;
}

#[tokio::test]
async fn a_bucket_that_cannot_be_read_is_an_error() {
    let table = TestTable::create().await;
    let broken = [
        ("pk", text("QUOTA#shop")),
        ("sk", text("events")),
        ("fullAt", AttributeValue::Bool(true)),
    ];
    table.put(broken).await;
    let instance = Instance::new(&table);
    let request = TokenRequest::exactly(1);
    let taken = instance
        .store
        .take_tokens(&"shop".into(), Quota::Events, rate(), request)
        .await;
    assert!(matches!(taken, Err(StoreError::Corrupt { .. })), "{taken:?}");
    table
        .put([
            ("pk", text("QUOTA#shop")),
            ("sk", text("events")),
            ("fullAt", number(0)),
        ])
        .await;
    let taken = instance
        .store
        .take_tokens(&"shop".into(), Quota::Events, rate(), request)
        .await;
    assert_eq!(taken.unwrap(), Ok(Tokens { tokens: 1, leases: 1 }));
    table.delete().await;
}

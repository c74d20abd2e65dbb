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

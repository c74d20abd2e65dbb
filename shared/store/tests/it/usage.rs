//! What spaces use: what every kind of store keeps of it.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::Space;
use domain::usage::{UsageCounts, UsageRow, hour_of};
use store::{Embedded, EmbeddedSettings, Store, UsageDayClaim};

use crate::dynamodb::TestTable;

fn row(space: &str, hour: u64, writer: u64, events: u64) -> UsageRow {
    UsageRow {
        space: space.into(),
        hour,
        writer,
        counts: UsageCounts {
            events,
            dead_letters: 1,
            ..UsageCounts::default()
        },
    }
}

/// The hours in which a space used something, with its events and dead letters.
async fn used(store: &Store, space: &str, hours: std::ops::Range<u64>) -> Vec<(u64, u64, u64)> {
    let used = store.usage(&Space::from(space), hours).await.unwrap();
    let counts = used.into_iter();
    counts
        .map(|(hour, counts)| (hour, counts.events, counts.dead_letters))
        .collect()
}

/// Runs the contract.
pub(crate) async fn contract(store: &Store) {
    let now = hour_of(clocks::epoch_millis());
    let put = async |rows: Vec<UsageRow>| store.put_usage(rows).await.unwrap();
    assert_eq!(used(store, "usage", 0..now + 1).await, []);
    put(vec![row("usage", now, 1, 5), row("usage-other", now, 1, 100)]).await;
    put(vec![row("usage", now - 1, 1, 3), row("usage", now, u64::MAX, 2)]).await;
    assert_eq!(
        used(store, "usage", 0..now + 1).await,
        [(now - 1, 3, 1), (now, 7, 2)]
    );
    // What a writer says again counts once, and what it says last is what counts.
    put(vec![row("usage", now, 1, 5)]).await;
    put(vec![row("usage", now, 1, 6)]).await;
    assert_eq!(used(store, "usage", now..now + 1).await, [(now, 8, 2)]);
    assert_eq!(used(store, "usage", now - 1..now).await, [(now - 1, 3, 1)]);
    assert_eq!(used(store, "usage", now..now).await, []);
    assert_eq!(used(store, "usage-other", 0..u64::MAX / 2).await, [(now, 100, 1)]);
    put(Vec::new()).await;
    claims(store).await;
}

/// One of all who claim a day wins, and learns of the day before it.
async fn claims(store: &Store) {
    let claim = async |space: &str, day: u64| {
        let space = Space::from(space);
        store.claim_usage_day(&space, day).await.unwrap()
    };
    assert_eq!(claim("usage", 20_000).await, UsageDayClaim::Won { before: None });
    let before = Some(20_000);
    for (day, want) in [
        (20_000, UsageDayClaim::Lost),
        (19_999, UsageDayClaim::Lost),
        (20_003, UsageDayClaim::Won { before }),
        (20_003, UsageDayClaim::Lost),
        // Somebody's clock is ahead.
        (29_999, UsageDayClaim::Won { before: Some(20_003) }),
        (20_004, UsageDayClaim::Won { before: Some(29_999) }),
        (20_004, UsageDayClaim::Lost),
    ] {
        assert_eq!(claim("usage", day).await, want, "{day}");
    }
    assert_eq!(claim("usage-other", 1).await, UsageDayClaim::Won { before: None });
    let all = futures::future::join_all((0..8).map(|_| claim("usage", 20_005))).await;
    let won = all.iter().filter(|claim| **claim != UsageDayClaim::Lost);
    assert_eq!(won.count(), 1);
    // It is among the rows of no hour.
    assert_eq!(used(store, "usage", 0..u64::MAX / 2).await.len(), 2);
}

#[tokio::test]
async fn embedded_usage_is_there_again_until_it_is_too_old() {
    let directory = tempfile::tempdir().unwrap();
    let open = |usage_age: Duration| {
        let settings = EmbeddedSettings {
            usage_age,
            ..EmbeddedSettings::new(directory.path())
        };
        Store::Embedded(Embedded::open(settings).unwrap())
    };
    let now = hour_of(clocks::epoch_millis());
    let all = 0..now + 2;
    let store = open(Duration::from_hours(100));
    let rows = [
        ("a", now - 50),
        ("a", now),
        ("b", now - 60),
        ("b", now - 50),
        ("c", now),
    ];
    let rows = rows.map(|(space, hour)| row(space, hour, 1, 1));
    store.put_usage(rows.to_vec()).await.unwrap();
    drop(store);
    // Whoever keeps it for a shorter time has the rest removed when the store is opened.
    let store = open(Duration::from_hours(55));
    assert_eq!(used(&store, "a", all.clone()).await.len(), 2);
    assert_eq!(used(&store, "b", all.clone()).await, [(now - 50, 1, 1)]);
    // And when something is written of the space.
    store
        .put_usage(vec![row("a", now - 58, 2, 1), row("a", now, 2, 1)])
        .await
        .unwrap();
    assert_eq!(
        used(&store, "a", all.clone()).await,
        [(now - 50, 1, 1), (now, 2, 2)]
    );
    assert_eq!(used(&store, "c", all).await, [(now, 1, 1)]);
}

#[tokio::test]
async fn the_table_forgets_usage_in_time() {
    let table = TestTable::create().await;
    let store = table.store();
    let many = (0..30).map(|writer| row("shop", 500_000, writer, 1));
    store.put_usage(many.collect()).await.unwrap();
    assert_eq!(used(&store, "shop", 500_000..500_001).await, [(500_000, 30, 30)]);
    let expires = table
        .attribute("USAGE#shop", "00500000#0000000000000000", "expires")
        .await;
    let end = 500_001 * 3600 + 92 * 86_400;
    assert_eq!(expires, Some(AttributeValue::N(end.to_string())));
    table.delete().await;
}

//! How long the store takes: printed (`cargo test -p store figures -- --nocapture --test-threads 1`), and asserted only where an
//! order of magnitude would be a fault on any machine.

use std::hint::black_box;
use std::time::{Duration, Instant};

use domain::ids::Space;
use domain::resource::Subscription;
use futures::future::join_all;
use store::Store;

use crate::open;
use crate::resources::{event_type, function, sync};

async fn with_function(store: &Store, space: &Space) {
    store.create(function(space, "f")).await.unwrap();
    store.create(event_type(space, "e")).await.unwrap();
}

async fn subscribe_all(store: &Store, space: &Space, numbers: std::ops::Range<usize>) {
    let path = |number: usize| format!("/api/v1/customers-{number}/orders/:order");
    let creations = numbers.map(|number| store.create(sync(space, "e", "f", &path(number))));
    for result in join_all(creations).await {
        result.unwrap();
    }
}

/// Resident memory of this process in MB, where the system tells.
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes / 1024.0)
}

#[tokio::test]
async fn opening_with_ten_thousand_subscriptions() {
    let directory = tempfile::tempdir().unwrap();
    let space = Space::from("default");
    let bare = resident();
    let store = open(directory.path());
    println!("memory, MB: bare {bare:?}, with an empty store {:?}", resident());
    with_function(&store, &space).await;
    subscribe_all(&store, &space, 0..10_000).await;
    println!("memory, MB: with 10,000 subscriptions {:?}", resident());
    drop(store);
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        let store = open(directory.path());
        let took = start.elapsed();
        println!("opening with 10,000 subscriptions: {took:?}");
        fastest = fastest.min(took);
        let table = store.routing_table(&[]).await.unwrap();
        assert!(
            table
                .routes("e", "GET", "/api/v1/customers-9999/orders/1")
                .sync
                .is_some()
        );
    }
    // Other tests and whatever else runs may hold up one of them.
    assert!(fastest < Duration::from_secs(1), "{fastest:?}");
}

#[tokio::test]
async fn registering_the_three_thousandth_subscription() {
    let directory = tempfile::tempdir().unwrap();
    let space = Space::from("default");
    let store = open(directory.path());
    with_function(&store, &space).await;
    let mut took = Vec::new();
    for number in 0..3000 {
        let start = Instant::now();
        subscribe_all(&store, &space, number..number + 1).await;
        took.push(start.elapsed());
    }
    let median = |from: usize| {
        let mut part = took[from..from + 100].to_vec();
        part.sort();
        part[50]
    };
    println!(
        "registering, median of 100: first {:?}, 3,000th {:?}",
        median(0),
        median(2900)
    );
    assert_eq!(store.counts().await.unwrap()[2].2, 3000);

    let start = Instant::now();
    subscribe_all(&store, &space, 3000..4000).await;
    println!(
        "registering 1,000 more at once: {:?} each",
        start.elapsed() / 1000
    );
    let start = Instant::now();
    for _ in 0..1_000_000 {
        black_box(store.routing_table(&[]).await.unwrap());
    }
    println!("asking for the routing table: {:?}", start.elapsed() / 1_000_000);
    let id = sync(&space, "e", "f", "/api/v1/customers-0/orders/:order").subscription_id;
    store.delete::<Subscription>(&space, &id).await.unwrap();
    let table = store.routing_table(&[]).await.unwrap();
    assert!(
        table
            .routes("e", "GET", "/api/v1/customers-0/orders/1")
            .sync
            .is_none()
    );
}

//! How long the routes of a large space take to load: printed
//! (`cargo test --release -p store snapshot_figures -- --nocapture`), and asserted only where an order of magnitude would be
//! a fault on any machine.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use domain::configuration::Configured;
use domain::ids::Space;

use super::instance::Instance;
use super::{TestTable, number, text};
use crate::resources::{event_type, function, sync};

const SUBSCRIPTIONS: u64 = 10_000;

type Item = HashMap<String, AttributeValue>;

fn item<R: Configured>(prefix: &str, resource: &R, created: u64) -> Item {
    let json = serde_json::to_string(resource).unwrap();
    HashMap::from(
        [
            ("pk", text(format!("SPACE#{}", resource.space()))),
            ("sk", text(format!("{prefix}#{}", resource.id()))),
            ("resource", text(json)),
            ("created", number(created)),
            ("version", number(created)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    )
}

/// Puts a space into a table as that many writes would leave it, in a tenth of the time.
async fn fill(table: &TestTable, space: &Space) {
    let mut items = vec![
        item("FUNCTION", &function(space, "f"), 1),
        item("EVENTTYPE", &event_type(space, "http.request"), 2),
    ];
    items.extend((0..SUBSCRIPTIONS).map(|number| {
        let path = format!("/api/v1/customers-{number}/orders/:order");
        item(
            "SUBSCRIPTION",
            &sync(space, "http.request", "f", &path),
            1_763_000_000_000_000 + number * 1371,
        )
    }));
    for some in items.chunks(25) {
        let put = |item: &Item| {
            let put = PutRequest::builder()
                .set_item(Some(item.clone()))
                .build()
                .unwrap();
            WriteRequest::builder().put_request(put).build()
        };
        let write = table.client.batch_write_item();
        let write = write.request_items(&table.name, some.iter().map(put).collect());
        write.send().await.unwrap();
    }
    table
        .put([
            ("pk", text("VERSIONS")),
            ("sk", text(space.as_str())),
            ("space", text(space.as_str())),
            ("version", number(SUBSCRIPTIONS + 2)),
            ("created", number(1_763_100_000_000_000)),
            ("eventtypes", number(1)),
            ("functions", number(1)),
            ("subscriptions", number(SUBSCRIPTIONS)),
            ("cors", number(0)),
        ])
        .await;
}

async fn load(table: &TestTable) -> Duration {
    let instance = Instance::new(table);
    let start = Instant::now();
    let routes = instance.routes().await.unwrap();
    let took = start.elapsed();
    let path = format!("/api/v1/customers-{}/orders/1", SUBSCRIPTIONS - 1);
    assert!(routes.routes("http.request", "GET", &path).sync.is_some());
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loading_ten_thousand_subscriptions() {
    let table = TestTable::create().await;
    fill(&table, &"default".into()).await;
    let from_items = load(&table).await;
    let start = Instant::now();
    Instance::new(&table)
        .dynamodb
        .publisher()
        .catch_up()
        .await
        .unwrap();
    let publishing = start.elapsed();
    let head = table
        .attribute("SNAPSHOT#default", "LATEST", "data")
        .await
        .unwrap();
    println!(
        "{SUBSCRIPTIONS} subscriptions: published in {publishing:?} as {} bytes, loaded from items in {from_items:?}",
        head.as_b().unwrap().as_ref().len()
    );
    for _ in 0..3 {
        let took = load(&table).await;
        println!("loaded from the published snapshot in {took:?}");
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
    table.delete().await;
}

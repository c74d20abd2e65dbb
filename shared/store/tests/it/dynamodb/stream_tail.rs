//! Following the stream of a table.

use std::time::Duration;

use domain::ids::Space;
use store::{Store, StreamTail};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::instance::{HOUR, Instance, streams, until};
use super::link::Link;
use super::world::{World, seen, shown};
use super::{TestTable, text};
use crate::log;
use crate::resources::function;

/// A process that follows the stream. Its own clocks give it no reason to look for anything newer.
struct Follower {
    instance: Instance,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Follower {
    async fn start(table: &TestTable, endpoint: &str) -> Self {
        let instance = Instance::at(table, endpoint, HOUR, 2 * HOUR);
        instance.routes().await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let tail = StreamTail::new(
            streams(endpoint),
            instance.dynamodb.clone(),
            Duration::from_millis(10),
        );
        let task = tokio::spawn(tail.run(stopped));
        Self { instance, stop, task }
    }

    /// Waits until it has published everything and holds it.
    async fn has_caught_up(&self, table: &TestTable, world: &World) {
        for space in world.spaces() {
            let (version, state) = world.state(space);
            let pk = format!("SNAPSHOT#{space}");
            let published =
                async || table.attribute(&pk, "LATEST", "version").await == Some(super::number(version));
            until("it is published", published).await;
            let is_held =
                async || seen(&self.instance.routes().await.unwrap(), space) == shown(&state, space);
            until("it is held", is_held).await;
        }
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(Duration::from_secs(5), self.task)
            .await
            .unwrap()
            .unwrap();
    }
}

async fn has_function(instance: &Instance, space: &Space, id: &str) -> bool {
    instance
        .routes()
        .await
        .unwrap()
        .function(space, &id.into())
        .is_some()
}

#[tokio::test]
async fn what_is_written_is_published_and_noticed() {
    let table = TestTable::create().await;
    let writer: Store = table.store();
    let mut world = World::new(&["one", "two"], 17);
    // Before it starts, while it runs, while nobody follows, and by one that follows later.
    world.write(&writer, 20).await;
    let follower = Follower::start(&table, &table.endpoint).await;
    follower.has_caught_up(&table, &world).await;
    for _ in 0..3 {
        world.write(&writer, 10).await;
        follower.has_caught_up(&table, &world).await;
    }
    follower.stop().await;
    world.write(&writer, 10).await;
    let [one, two] = [(); 2].map(|()| Follower::start(&table, &table.endpoint));
    let (one, two) = (one.await, two.await);
    world.write(&writer, 10).await;
    one.has_caught_up(&table, &world).await;
    two.has_caught_up(&table, &world).await;
    one.stop().await;
    two.stop().await;
    table.delete().await;
}

#[tokio::test]
async fn a_change_that_cannot_be_read_stops_nothing() {
    log::keep();
    let table = TestTable::create().await;
    let writer: Store = table.store();
    let (poisoned, other) = (Space::from("poisoned"), Space::from("other"));
    writer.create(function(&poisoned, "f")).await.unwrap();
    let follower = Follower::start(&table, &table.endpoint).await;
    // It catches up once it knows where the stream ends.
    let catches_up = async || {
        table
            .attribute("SNAPSHOT#poisoned", "LATEST", "version")
            .await
            .is_some()
    };
    until("it follows", catches_up).await;
    table
        .put([
            ("pk", text("SPACE#poisoned")),
            ("sk", text("CHANGE")),
            ("change", text("{\"hunter2")),
        ])
        .await;
    writer.create(function(&other, "f")).await.unwrap();
    until("the other is noticed", async || {
        has_function(&follower.instance, &other, "f").await
    })
    .await;
    writer.create(function(&poisoned, "g")).await.unwrap();
    until("it goes on", async || {
        has_function(&follower.instance, &poisoned, "g").await
    })
    .await;
    let logged = async || {
        log::lines_with("SPACE#poisoned/CHANGE")
            .iter()
            .any(|line| line.contains("ERROR"))
    };
    until("the operator is told", logged).await;
    assert!(log::lines_with("hunter2").is_empty());
    follower.stop().await;
    table.delete().await;
}

#[tokio::test]
async fn it_goes_on_when_the_database_is_back() {
    let table = TestTable::create().await;
    let writer: Store = table.store();
    let mut world = World::new(&["one"], 19);
    let link = Link::to(&table.endpoint).await;
    let follower = Follower::start(&table, &link.endpoint).await;
    world.write(&writer, 5).await;
    follower.has_caught_up(&table, &world).await;
    link.cut();
    world.write(&writer, 5).await;
    link.mend();
    follower.has_caught_up(&table, &world).await;
    follower.stop().await;
    table.delete().await;
}

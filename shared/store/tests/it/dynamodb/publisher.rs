//! Published snapshots: whatever way the changes come, they end up as the resources are.

use std::collections::BTreeMap;

use domain::ids::Space;
use domain::resource::{Function, Resource as _};
use fastrand::Rng;
use futures::future::join;
use store::{SnapshotPublisher, SpaceChange, Store};

use super::instance::{HOUR, Instance};
use super::link::Link;
use super::world::{World, seen, shown};
use super::{TestTable, number, text};
use crate::resources::function;

const SPACES: [&str; 3] = ["one", "two", "three"];

/// Version of the published snapshot of a space; 0 when there is none.
async fn published_version(table: &TestTable, space: &str) -> u64 {
    let version = table
        .attribute(&format!("SNAPSHOT#{space}"), "LATEST", "version")
        .await;
    version.map_or(0, |version| version.as_n().unwrap().parse().unwrap())
}

/// Carries out random writes; gives their changes as the stream tells them.
async fn write(table: &TestTable, store: &Store, world: &mut World, count: usize) -> Vec<SpaceChange> {
    let mut changes = Vec::new();
    for _ in 0..count {
        let write = world.next();
        let pk = format!("SPACE#{}", write.leads_to.space);
        write.perform(store).await;
        let change = table.attribute(&pk, "CHANGE", "change").await.unwrap();
        changes.push(SpaceChange::parse(change.as_s().unwrap()).unwrap());
    }
    changes
}

/// Fails unless the published snapshots are what the resources are. They alone are read: of items there is one query for
/// each space that is not published as it is.
async fn assert_published(table: &TestTable, world: &World) {
    let instance = Instance::new(table);
    let routes = instance.routes().await.unwrap();
    for space in world.spaces() {
        let (version, state) = world.state(space);
        assert_eq!(published_version(table, space.as_str()).await, version, "{space}");
        assert_eq!(seen(&routes, space), shown(&state, space), "{space}");
    }
    assert_eq!(instance.queries(), 1, "not everything was published");
}

async fn apply(publisher: &SnapshotPublisher, changes: Vec<SpaceChange>) {
    let failures = publisher.apply(changes).await;
    assert!(failures.is_empty(), "{failures:?}");
}

#[tokio::test]
async fn changes_may_come_twice_out_of_order_and_with_gaps() {
    for seed in 0..12 {
        let table = TestTable::create().await;
        let writer = Instance::new(&table);
        let publisher = Instance::new(&table).dynamodb.publisher();
        let (mut world, mut random) = (World::new(&SPACES, seed), Rng::with_seed(seed));
        let mut told: Vec<SpaceChange> = Vec::new();
        for _ in 0..8 {
            told.extend(write(&table, &writer.store, &mut world, random.usize(1..8)).await);
            let from = random.usize(..told.len());
            let mut batch = told[from..].to_vec();
            // What was told before may come again, something may be lost or late, and nothing has to be in order.
            batch.extend_from_slice(&told[..random.usize(..=from)]);
            match random.u8(..3) {
                0 => random.shuffle(&mut batch),
                1 => batch.truncate(random.usize(..=batch.len())),
                _ => {}
            }
            for part in batch.chunks(random.usize(1..6)) {
                let before = published_version(&table, "one").await;
                apply(&publisher, part.to_vec()).await;
                assert!(published_version(&table, "one").await >= before);
            }
        }
        // The last change of each space comes at last, if nothing else does.
        let newest = |space| told.iter().rev().find(|change| change.space == space).cloned();
        apply(
            &publisher,
            SPACES
                .iter()
                .filter_map(|space| newest((*space).into()))
                .collect(),
        )
        .await;
        assert_published(&table, &world).await;
        table.delete().await;
    }
}

#[tokio::test]
async fn changes_in_order_are_published_without_reading_a_resource() {
    let table = TestTable::create().await;
    let writer = Instance::new(&table);
    let instance = Instance::new(&table);
    let publisher = instance.dynamodb.publisher();
    let mut world = World::new(&SPACES, 5);
    for _ in 0..10 {
        let changes = write(&table, &writer.store, &mut world, 5).await;
        apply(&publisher, changes).await;
    }
    assert_eq!(instance.queries(), 0);
    assert_published(&table, &world).await;
    table.delete().await;
}

#[tokio::test]
async fn any_number_may_publish_at_once_and_nothing_goes_back() {
    let table = TestTable::create().await;
    let writer = Instance::new(&table);
    let publishers = [(); 2].map(|()| Instance::new(&table).dynamodb.publisher());
    let (mut world, mut random) = (World::new(&SPACES, 9), Rng::with_seed(9));
    let mut told: Vec<SpaceChange> = Vec::new();
    let mut reached = [0; 3];
    for _ in 0..20 {
        told.extend(write(&table, &writer.store, &mut world, 3).await);
        let [ahead, mut behind] = [told.clone(), told[..random.usize(1..told.len())].to_vec()];
        random.shuffle(&mut behind);
        // One of them may be the later to end though it knows less.
        let of_one = async { apply(&publishers[0], ahead).await };
        let of_the_other = async {
            for change in behind {
                apply(&publishers[1], vec![change]).await;
            }
        };
        join(of_one, of_the_other).await;
        for (space, reached) in SPACES.iter().zip(&mut reached) {
            let version = published_version(&table, space).await;
            assert!(version >= *reached, "{space}: {version} after {reached}");
            *reached = version;
        }
    }
    assert_published(&table, &world).await;
    table.delete().await;
}

#[tokio::test]
async fn who_began_earlier_and_ends_later_takes_nothing_back() {
    let table = TestTable::create().await;
    let writer = Instance::new(&table);
    let link = Link::to(&table.endpoint).await;
    let late = Instance::at(&table, &link.endpoint, HOUR, 2 * HOUR)
        .dynamodb
        .publisher();
    let early = Instance::new(&table).dynamodb.publisher();
    let mut world = World::new(&["one"], 21);
    let first = write(&table, &writer.store, &mut world, 3).await;
    apply(&late, first).await;
    let next = write(&table, &writer.store, &mut world, 3).await;
    // It has read the state before all three, and is to add one of them.
    link.hold_back();
    let overtaken = apply(&late, next[..1].to_vec());
    let overtaking = async {
        link.keeps_an_answer().await;
        apply(&early, next.clone()).await;
        link.release();
    };
    join(overtaken, overtaking).await;
    assert_published(&table, &world).await;
    table.delete().await;
}

#[tokio::test]
async fn a_space_that_fails_keeps_no_other_from_being_published() {
    let table = TestTable::create().await;
    let writer = Instance::new(&table);
    let publisher = Instance::new(&table).dynamodb.publisher();
    for name in ["good", "bad", "fine"] {
        let space = Space::from(name);
        for id in ["f", "g"] {
            writer.store.create(function(&space, id)).await.unwrap();
        }
    }
    // Its changes have a gap, and how far it has come cannot be read.
    table
        .put([
            ("pk", text("VERSIONS")),
            ("sk", text("bad")),
            ("version", text("?")),
        ])
        .await;
    let mut changes = Vec::new();
    for name in ["good", "bad", "fine"] {
        let change = table
            .attribute(&format!("SPACE#{name}"), "CHANGE", "change")
            .await
            .unwrap();
        changes.push(SpaceChange::parse(change.as_s().unwrap()).unwrap());
    }
    changes.push(changes[1].clone());
    let failures = publisher.apply(changes).await;
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!((failures[0].space.as_str(), failures[0].index), ("bad", 1));
    for (space, want) in [("good", 2), ("bad", 0), ("fine", 2)] {
        assert_eq!(published_version(&table, space).await, want, "{space}");
    }
    table.delete().await;
}

#[tokio::test]
async fn what_was_missed_is_caught_up_with() {
    let table = TestTable::create().await;
    let writer = Instance::new(&table);
    let instance = Instance::new(&table);
    let mut world = World::new(&SPACES, 11);
    for _ in 0..3 {
        world.write(&writer.store, 10).await;
        instance.dynamodb.publisher().catch_up().await.unwrap();
        assert_published(&table, &world).await;
    }
    // Nothing was missed: nothing is read but the versions.
    let queries = instance.queries();
    instance.dynamodb.publisher().catch_up().await.unwrap();
    assert_eq!(instance.queries(), queries + 1);
    table.delete().await;
}

/// A function that cannot be compressed to less than three quarters of this many bytes.
fn incompressible(space: &Space, id: &str, bytes: usize, random: &mut Rng) -> Function {
    const DIGITS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
    let padding = (0..bytes)
        .map(|_| char::from(DIGITS[random.usize(..64)]))
        .collect();
    Function {
        metadata: BTreeMap::from([("padding".to_owned(), padding)]),
        ..function(space, id)
    }
}

/// Names and whether they are going to be forgotten, of the parts that are not in the head.
async fn parts(table: &TestTable) -> Vec<(String, bool)> {
    let items = table.items(&["SNAPSHOT#large"]).await;
    let parts = items.iter().filter(|item| item["sk"] != text("LATEST"));
    parts
        .map(|item| (item["sk"].as_s().unwrap().clone(), item.contains_key("expires")))
        .collect()
}

#[tokio::test]
async fn what_an_item_cannot_hold_is_published_in_parts() {
    let table = TestTable::create().await;
    let (writer, space) = (Instance::new(&table), Space::from("large"));
    let publisher = Instance::new(&table).dynamodb.publisher();
    let mut random = Rng::with_seed(13);
    for id in 0..6 {
        let large = incompressible(&space, &format!("f{id}"), 180_000, &mut random);
        writer.store.create(large).await.unwrap();
    }
    publisher.catch_up().await.unwrap();
    let chunks = table.attribute("SNAPSHOT#large", "LATEST", "chunks").await;
    assert_eq!(chunks, Some(number(3)));
    let first = parts(&table).await;
    assert!(
        first.len() == 2 && first.iter().all(|(_, expires)| !expires),
        "{first:?}"
    );
    let loaded = async |queries| {
        let instance = Instance::new(&table);
        let routes = instance.routes().await.unwrap();
        for id in 0..6 {
            let id = format!("f{id}");
            let stored = writer
                .store
                .get::<Function>(&space, &id.as_str().into())
                .await
                .unwrap();
            assert_eq!(routes.function(&space, stored.id()), Some(&stored));
        }
        assert_eq!(instance.queries(), queries);
    };
    loaded(1).await;

    // The next one has parts of its own; those of the one before are left to be forgotten, and not before.
    writer.store.create(function(&space, "more")).await.unwrap();
    publisher.catch_up().await.unwrap();
    let second = parts(&table).await;
    assert_eq!(second.len(), 4);
    for (name, expires) in &second {
        assert_eq!(*expires, first.iter().any(|(old, _)| old == name), "{second:?}");
    }
    loaded(1).await;

    // Without one of them the items are read: the versions, and two pages of them.
    let (name, _) = second.iter().find(|(_, expires)| !expires).unwrap();
    let delete = table.client.delete_item().table_name(&table.name);
    delete
        .key("pk", text("SNAPSHOT#large"))
        .key("sk", text(name))
        .send()
        .await
        .unwrap();
    loaded(3).await;
    table.delete().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_passed_over_until_there_is_a_newer_one() {
    let table = TestTable::create().await;
    let (writer, space) = (Instance::new(&table), Space::from("one"));
    let publisher = Instance::new(&table).dynamodb.publisher();
    writer.store.create(function(&space, "f")).await.unwrap();
    publisher.catch_up().await.unwrap();
    let head = &table.items(&["SNAPSHOT#one"]).await[0];
    let damaged = [
        ("format", number(6)),
        (
            "data",
            aws_sdk_dynamodb::types::AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(*b"?")),
        ),
        ("data", text("?")),
        ("chunks", number(2)),
    ];
    for (name, value) in damaged {
        let mut item = head.clone();
        item.insert(name.to_owned(), value);
        let put = table.client.put_item().table_name(&table.name);
        put.set_item(Some(item)).send().await.unwrap();
        let instance = Instance::new(&table);
        let routes = instance.routes().await.unwrap();
        assert!(routes.function(&space, &"f".into()).is_some());
        assert_eq!(instance.queries(), 2, "{name}");
    }
    writer.store.create(function(&space, "g")).await.unwrap();
    publisher.catch_up().await.unwrap();
    let instance = Instance::new(&table);
    assert!(
        instance
            .routes()
            .await
            .unwrap()
            .function(&space, &"g".into())
            .is_some()
    );
    assert_eq!(instance.queries(), 1);

    // An older program leaves out what it does not know: what it published gives way to the same version.
    let mut old = table.items(&["SNAPSHOT#one"]).await[0].clone();
    let current = old.insert("format".to_owned(), number(1));
    let put = table.client.put_item().table_name(&table.name);
    put.set_item(Some(old)).send().await.unwrap();
    let instance = Instance::new(&table);
    instance.routes().await.unwrap();
    assert_eq!(instance.queries(), 2);
    publisher.catch_up().await.unwrap();
    let head = &table.items(&["SNAPSHOT#one"]).await[0];
    assert_eq!(head.get("format"), current.as_ref());
    table.delete().await;
}

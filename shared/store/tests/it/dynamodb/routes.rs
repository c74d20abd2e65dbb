//! How old the routes of an instance can be, whatever happens to it.

use std::time::Duration;

use domain::ids::Space;
use domain::resource::Function;
use domain::routing::RoutingTable;
use domain::space_version::SpaceVersion;
use futures::future::{join, join_all};
use store::StoreError;

use super::TestTable;
use super::instance::{HOUR, Instance, until};
use super::link::Link;
use super::world::{World, seen, shown};
use crate::resources::function;

const HOUR_MILLIS: u32 = 3_600_000;

fn has_function(routes: &RoutingTable, space: &Space) -> bool {
    routes.function(space, &"f".into()).is_some()
}

/// A table with a function, an instance that holds it, and another that writes.
async fn with_function(space: &Space) -> (TestTable, Instance, Instance) {
    let table = TestTable::create().await;
    let (reader, writer) = (Instance::new(&table), Instance::new(&table));
    writer.store.create(function(space, "f")).await.unwrap();
    assert!(has_function(&reader.routes().await.unwrap(), space));
    (table, reader, writer)
}

async fn delete_function(writer: &Instance, space: &Space) -> SpaceVersion {
    let deleted = writer.store.delete::<Function>(space, &"f".into()).await;
    deleted.unwrap().version.unwrap()
}

#[tokio::test]
async fn one_read_is_enough_for_all_that_wait_and_for_a_while() {
    let table = TestTable::create().await;
    let instance = Instance::new(&table);
    for routes in join_all((0..20).map(|_| instance.routes())).await {
        routes.unwrap();
    }
    assert_eq!(instance.queries(), 1);
    for _ in 0..20 {
        instance.routes().await.unwrap();
    }
    assert_eq!(instance.queries(), 1);
    // Old enough to be confirmed alongside, by one for all again.
    instance.shift.freeze(HOUR_MILLIS + 1000);
    for routes in join_all((0..20).map(|_| instance.routes())).await {
        routes.unwrap();
    }
    until("it is confirmed", async || instance.queries() == 2).await;
    for _ in 0..20 {
        instance.routes().await.unwrap();
    }
    assert_eq!(instance.queries(), 2);
    table.delete().await;
}

#[tokio::test]
async fn what_was_frozen_confirms_before_it_serves_whichever_clock_tells() {
    for shift in [
        |instance: &Instance| instance.shift.freeze(2 * HOUR_MILLIS + 1),
        |instance: &Instance| instance.shift.stop_wall_clock(2 * HOUR_MILLIS + 1),
        |instance: &Instance| instance.shift.set_wall_clock_back(HOUR_MILLIS),
    ] {
        let space = Space::from("frozen");
        let (table, reader, writer) = with_function(&space).await;
        delete_function(&writer, &space).await;
        // Nothing has told it yet: what follows is due to the clock alone.
        assert!(has_function(&reader.routes().await.unwrap(), &space));
        shift(&reader);
        assert!(!has_function(&reader.routes().await.unwrap(), &space));
        table.delete().await;
    }
}

#[tokio::test]
async fn a_confirmation_from_before_a_freeze_is_neither_waited_for_nor_trusted() {
    let space = Space::from("thawed");
    let table = TestTable::create().await;
    let link = Link::to(&table.endpoint).await;
    let reader = Instance::at(&table, &link.endpoint, HOUR, 2 * HOUR);
    let writer = Instance::new(&table);
    writer.store.create(function(&space, "f")).await.unwrap();
    assert!(has_function(&reader.routes().await.unwrap(), &space));

    // It asks for the versions, and is frozen before the answer is there.
    link.hold_back();
    reader.shift.freeze(HOUR_MILLIS + 1000);
    assert!(has_function(&reader.routes().await.unwrap(), &space));
    link.keeps_an_answer().await;
    delete_function(&writer, &space).await;
    reader.shift.freeze(2 * HOUR_MILLIS);
    let routes = reader.routes().await.unwrap();
    assert!(!has_function(&routes, &space));

    // The answer that comes late changes nothing: neither what is held nor when that was confirmed.
    let queries = reader.queries();
    link.release();
    link.delivered_late().await;
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(!has_function(&reader.routes().await.unwrap(), &space));
    }
    assert_eq!(reader.queries(), queries);
    table.delete().await;
}

#[tokio::test]
async fn an_unreachable_table_is_borne_up_to_the_cap_and_no_longer() {
    let space = Space::from("unreachable");
    let table = TestTable::create().await;
    let link = Link::to(&table.endpoint).await;
    let reader = Instance::at(&table, &link.endpoint, HOUR, 2 * HOUR);
    let writer = Instance::new(&table);
    writer.store.create(function(&space, "f")).await.unwrap();
    assert!(has_function(&reader.routes().await.unwrap(), &space));

    link.cut();
    reader.shift.freeze(HOUR_MILLIS + 1000);
    for _ in 0..10 {
        assert!(has_function(&reader.routes().await.unwrap(), &space));
    }
    reader.shift.freeze(HOUR_MILLIS);
    let start = std::time::Instant::now();
    for routes in join_all((0..10).map(|_| reader.routes())).await {
        let err = routes.unwrap_err();
        assert!(matches!(err, StoreError::Unavailable { .. }), "{err:?}");
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());

    delete_function(&writer, &space).await;
    link.mend();
    assert!(!has_function(&reader.routes().await.unwrap(), &space));
    table.delete().await;
}

#[tokio::test]
async fn who_names_a_version_sees_it_at_once() {
    let space = Space::from("named");
    let (table, reader, writer) = with_function(&space).await;
    let version = delete_function(&writer, &space).await;
    assert!(has_function(&reader.routes().await.unwrap(), &space));
    assert!(!has_function(
        &reader.routes_since(version.clone()).await.unwrap(),
        &space
    ));
    // What is held already costs nothing.
    let queries = reader.queries();
    reader.routes_since(version).await.unwrap();
    assert_eq!(reader.queries(), queries);
    // A version that nobody wrote is asked for, and then served as it is.
    let unwritten = SpaceVersion {
        space: "nowhere".into(),
        version: 7,
    };
    reader.routes_since(unwritten).await.unwrap();
    assert_eq!(reader.queries(), queries + 1);
    table.delete().await;
}

/// Anybody may name any version: that costs the instance one read for a while, and keeps nobody else from what they wrote.
#[tokio::test]
async fn a_version_out_of_reach_is_asked_for_once_for_a_while() {
    let space = Space::from("out-of-reach");
    let (table, reader, writer) = with_function(&space).await;
    let huge = SpaceVersion {
        space: space.clone(),
        version: u64::MAX,
    };
    let queries = reader.queries();
    for _ in 0..50 {
        reader.routes_since(huge.clone()).await.unwrap();
    }
    assert_eq!(reader.queries(), queries + 1);
    let version = delete_function(&writer, &space).await;
    let routes = reader.routes_since(version).await.unwrap();
    assert!(!has_function(&routes, &space));
    reader.shift.freeze(HOUR_MILLIS + 1);
    let queries = reader.queries();
    for _ in 0..50 {
        reader.routes_since(huge.clone()).await.unwrap();
    }
    assert_eq!(reader.queries(), queries + 1);

    // Those who have to know whether something is gone are not answered from memory.
    writer.store.create(function(&space, "f")).await.unwrap();
    let routes = reader.store.newest_routing_table().await.unwrap();
    assert!(has_function(&routes, &space));
    table.delete().await;
}

#[tokio::test]
async fn a_confirmation_from_before_a_write_is_not_enough_for_who_names_it() {
    let space = Space::from("overtaken");
    let table = TestTable::create().await;
    let link = Link::to(&table.endpoint).await;
    let reader = Instance::at(&table, &link.endpoint, HOUR, 2 * HOUR);
    let writer = Instance::new(&table);
    writer.store.create(function(&space, "f")).await.unwrap();
    assert!(has_function(&reader.routes().await.unwrap(), &space));

    // A confirmation under way that has its answer, though not here, before the write.
    link.hold_back();
    reader.shift.freeze(HOUR_MILLIS + 1000);
    reader.routes().await.unwrap();
    link.keeps_an_answer().await;
    let version = delete_function(&writer, &space).await;

    let (routes, ()) = join(reader.routes_since(version), async { link.release() }).await;
    assert!(!has_function(&routes.unwrap(), &space));
    table.delete().await;
}

#[tokio::test]
async fn a_table_that_was_restored_counts_though_its_versions_are_lower() {
    let table = TestTable::create().await;
    let (reader, writer) = (Instance::new(&table), Instance::new(&table));
    let mut world = World::new(&["kept", "gone"], 7);
    world.write(&writer.store, 30).await;
    let kept = world.spaces()[0].clone();
    let gone = world.spaces()[1].clone();
    let backup = table.items(&["SPACE#kept", "VERSIONS"]).await;
    let (at_backup, state) = world.state(&kept);
    world.write(&writer.store, 30).await;
    assert!(world.state(&kept).0 > at_backup && world.state(&gone).0 > 0);
    let routes = reader.routes().await.unwrap();
    for space in world.spaces() {
        assert_eq!(seen(&routes, space), shown(&world.state(space).1, space));
    }

    table.remove(&["SPACE#kept", "SPACE#gone", "VERSIONS"]).await;
    for item in backup {
        if item["sk"] != super::text("gone") {
            let put = table.client.put_item().table_name(&table.name);
            put.set_item(Some(item)).send().await.unwrap();
        }
    }
    reader.shift.freeze(3 * HOUR_MILLIS);
    let routes = reader.routes().await.unwrap();
    assert_eq!(seen(&routes, &kept), shown(&state, &kept));
    assert_eq!(
        seen(&routes, &gone),
        shown(&domain::configuration::Snapshot::default(), &gone)
    );
    table.delete().await;
}

//! Secrets that do not open for now: what cannot be called, what can, and when it can again.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::Space;
use domain::routing::RoutingTable;
use store::{DynamoDb, DynamoDbSettings, Store};

use super::encryption::{instance, newest_change, routed, store};
use super::kms_peer::KmsPeer;
use super::shift::Shift;
use super::{TestTable, text};
use crate::encryption::with_secrets;
use crate::resources::{asynchronous, event_type, function};

/// Whether a function is there, and whether it can be called.
fn state(routes: &RoutingTable, space: &Space, id: &str) -> (bool, bool) {
    let is_there = routed(routes, space, id).is_some();
    (is_there, is_there && !routes.is_sealed(space, &id.into()))
}

/// Time between two attempts, in ms.
const SEALED_RETRY: u32 = 5_000;
const CALLABLE: (bool, bool) = (true, true);
const SEALED: (bool, bool) = (true, false);

#[tokio::test]
async fn a_seal_that_was_changed_keeps_one_function_from_being_called() {
    let table = TestTable::create().await;
    let kms = KmsPeer::default();
    let (one, two) = (Space::from("one"), Space::from("two"));
    let through = store(&table, Some(kms.key()));
    for space in [&one, &two] {
        through.create(event_type(space, "e")).await.unwrap();
        through.create(with_secrets(space, "f")).await.unwrap();
        through.create(function(space, "plain")).await.unwrap();
    }
    through.create(with_secrets(&one, "g")).await.unwrap();
    through.create(asynchronous(&one, "e", "f", "/f")).await.unwrap();
    let right = table.attribute("SPACE#one", "FUNCTION#f", "seal").await.unwrap();
    // Base64, but nothing that KMS has ever given.
    set_seal(&table, text(r#"{"dataKey":"AAAA"}"#)).await;
    let routes = store(&table, Some(kms.key())).routing_table(&[]).await.unwrap();
    assert_eq!(state(&routes, &one, "f"), SEALED);
    for (space, id) in [(&one, "g"), (&one, "plain"), (&two, "f"), (&two, "plain")] {
        assert_eq!(state(&routes, space, id), CALLABLE, "{space} {id}");
    }
    assert_eq!(routes.routes("e", "GET", "/f").asynchronous.len(), 1);
    // Nobody publishes the space with it.
    let publisher = instance(&table, Some(kms.key())).publisher();
    let failures = publisher.apply(vec![newest_change(&table, &one).await]).await;
    assert_eq!(failures.len(), 1);
    assert!(table.items(&["SNAPSHOT#one"]).await.is_empty());
    set_seal(&table, right).await;
    let routes = store(&table, Some(kms.key())).routing_table(&[]).await.unwrap();
    assert_eq!(state(&routes, &one, "f"), CALLABLE);
    table.delete().await;
}

async fn set_seal(table: &TestTable, seal: aws_sdk_dynamodb::types::AttributeValue) {
    let update = table.client.update_item().table_name(&table.name);
    let update = update.key("pk", text("SPACE#one")).key("sk", text("FUNCTION#f"));
    let update = update
        .update_expression("SET seal = :seal")
        .expression_attribute_values(":seal", seal);
    update.send().await.unwrap();
}

/// The versions say that nothing has changed: it has to be tried again all the same, but not by each confirmation.
#[tokio::test]
async fn functions_can_be_called_soon_after_kms_answers() {
    let table = TestTable::create().await;
    let (kms, space) = (KmsPeer::default(), Space::from("default"));
    let writer = instance(&table, Some(kms.key()));
    let through = Store::DynamoDb(writer.clone());
    through.create(with_secrets(&space, "f")).await.unwrap();
    through.create(function(&space, "plain")).await.unwrap();
    for is_published in [false, true] {
        if is_published {
            writer.publisher().catch_up().await.unwrap();
        }
        let (cold, shift) = reader(&table, &kms, Duration::ZERO);
        for (fault, later, want) in [
            (Some("KMSInternalException"), 0, SEALED),
            (Some("ThrottlingException"), SEALED_RETRY, SEALED),
            (None, 0, SEALED),
            (None, SEALED_RETRY, CALLABLE),
            // The key was had, and the space did not change.
            (Some("KMSInternalException"), SEALED_RETRY, CALLABLE),
        ] {
            kms.fail(fault);
            shift.freeze(later);
            let routes = cold.routing_table(&[]).await.unwrap();
            assert_eq!(state(&routes, &space, "f"), want, "{is_published} {fault:?}");
            assert_eq!(state(&routes, &space, "plain"), CALLABLE);
        }
        kms.fail(None);
    }
    table.delete().await;
}

/// What is held may serve for a while, and has all that it needs.
#[tokio::test]
async fn functions_that_can_be_called_stay_so_while_what_is_held_may_serve() {
    const HELD_FOR: Duration = Duration::from_hours(1);
    let table = TestTable::create().await;
    let (kms, space) = (KmsPeer::default(), Space::from("default"));
    let first = store(&table, Some(kms.key()));
    first.create(with_secrets(&space, "f")).await.unwrap();
    let (held, shift) = reader(&table, &kms, HELD_FOR);
    assert_eq!(
        state(&held.routing_table(&[]).await.unwrap(), &space, "f"),
        CALLABLE
    );
    // Another instance has another data key.
    let second = store(&table, Some(kms.key()));
    let version = second
        .create(with_secrets(&space, "g"))
        .await
        .unwrap()
        .version
        .unwrap();
    kms.fail(Some("KMSInternalException"));
    let newest = held.routing_table(std::slice::from_ref(&version)).await;
    assert!(newest.is_err(), "{newest:?}");
    let routes = held.routing_table(&[]).await.unwrap();
    assert_eq!(state(&routes, &space, "f"), CALLABLE);
    assert_eq!(state(&routes, &space, "g"), (false, false));
    shift.freeze(u32::try_from(HELD_FOR.as_millis()).unwrap() + 1);
    let routes = held.routing_table(&[]).await.unwrap();
    assert_eq!(state(&routes, &space, "g"), SEALED);
    table.delete().await;
}

/// An instance that confirms before each request, or serves from what it holds for so long.
fn reader(table: &TestTable, kms: &KmsPeer, max_staleness: Duration) -> (Store, Arc<Shift>) {
    let shift = Arc::new(Shift::default());
    let settings = DynamoDbSettings {
        kms: Some(kms.key()),
        revalidate_after: Duration::ZERO,
        max_staleness,
        ..table.settings()
    };
    let instance = DynamoDb::with_clock(table.client.clone(), settings, shift.clock());
    (Store::DynamoDb(instance), shift)
}

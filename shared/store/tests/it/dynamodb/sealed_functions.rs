//! Secrets that do not open for now: what cannot be called, what can, and when it can again.

use std::time::Duration;

use domain::ids::Space;
use domain::routing::RoutingTable;
use store::{DynamoDb, DynamoDbSettings, Store};

use super::encryption::{instance, newest_change, routed, store};
use super::kms_peer::KmsPeer;
use super::{TestTable, text};
use crate::encryption::with_secrets;
use crate::resources::{asynchronous, event_type, function};

/// Whether a function is there, and whether it can be called.
fn state(routes: &RoutingTable, space: &Space, id: &str) -> (bool, bool) {
    let is_there = routed(routes, space, id).is_some();
    (is_there, is_there && !routes.is_sealed(space, &id.into()))
}

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

/// The versions say that nothing has changed: each confirmation has to try again all the same.
#[tokio::test]
async fn functions_can_be_called_as_soon_as_kms_answers() {
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
        let cold = Store::DynamoDb(DynamoDb::new(
            table.client.clone(),
            DynamoDbSettings {
                kms: Some(kms.key()),
                revalidate_after: Duration::ZERO,
                max_staleness: Duration::ZERO,
                ..table.settings()
            },
        ));
        for (fault, want) in [
            (Some("KMSInternalException"), SEALED),
            (Some("ThrottlingException"), SEALED),
            (None, CALLABLE),
            // The key was had, and the space did not change.
            (Some("KMSInternalException"), CALLABLE),
        ] {
            kms.fail(fault);
            let routes = cold.routing_table(&[]).await.unwrap();
            assert_eq!(state(&routes, &space, "f"), want, "{is_published} {fault:?}");
            assert_eq!(state(&routes, &space, "plain"), CALLABLE);
        }
        kms.fail(None);
    }
    table.delete().await;
}

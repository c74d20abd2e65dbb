//! The stores from outside: their contract, races, what survives a restart, and failures.

#![expect(
    clippy::unwrap_used,
    reason = "a test says by panicking that its ground gave way"
)]

mod audit;
mod buckets;
mod contract;
mod dynamodb;
mod encryption;
mod faults;
mod figures;
mod log;
mod path_ownership;
mod pause;
mod persistence;
mod races;
mod replacement;
mod resources;
mod tenants;
mod usage;

use std::path::Path;

use dynamodb::TestTable;
use store::{Embedded, EmbeddedSettings, OpenError, Store};

/// That of the gateway, so that the figures are too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn try_open(directory: &Path) -> Result<Store, OpenError> {
    Embedded::open(EmbeddedSettings::new(directory)).map(Store::Embedded)
}

fn open(directory: &Path) -> Store {
    try_open(directory).unwrap()
}

#[tokio::test]
async fn embedded_keeps_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    contract::contract(open(directory.path())).await;
}

#[tokio::test]
async fn dynamodb_keeps_the_contract() {
    let table = TestTable::create().await;
    contract::contract(table.store()).await;
    table.delete().await;
}

//! The store from outside: its contract, races, what survives a restart, and failures of the disk.

#![expect(
    clippy::unwrap_used,
    reason = "a test says by panicking that its ground gave way"
)]

mod contract;
mod faults;
mod figures;
mod log;
mod persistence;
mod races;
mod resources;

use std::path::Path;

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

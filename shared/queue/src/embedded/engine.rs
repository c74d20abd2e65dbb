//! The storage engine behind the embedded queue: redb, in one file.

use std::sync::Arc;

use redb::{Builder, Database, ReadTransaction, ReadableDatabase as _, StorageBackend};

use super::storage::{Backend, Storage};
use super::tables::{ABOUT, EngineError, FORMAT, FORMAT_KEY, PlaceKey, READY, Tables};

/// An open engine. After a failure it is of no more use and must be opened anew.
pub(super) struct Engine {
    database: Database,
    bytes: Arc<dyn StorageBackend>,
}

impl Engine {
    /// Makes an empty queue where the storage holds nothing.
    pub(super) fn create_if_missing(storage: &Storage, cache_bytes: usize) -> Result<(), EngineError> {
        storage.create_if_missing(|backend| create(backend, cache_bytes))
    }

    /// Opens what the storage holds, whatever its format is.
    pub(super) fn open_any(storage: &Storage, cache_bytes: usize) -> Result<Self, EngineError> {
        let backend = storage.open()?;
        let bytes = backend.bytes();
        let database = builder(cache_bytes).create_with_backend(backend)?;
        Ok(Self { database, bytes })
    }

    /// A figure about the queue.
    pub(super) fn about(&self, key: &str) -> Result<Option<u64>, EngineError> {
        let about = self.read()?.open_table(ABOUT)?;
        Ok(about.get(key)?.map(|figure| figure.value()))
    }

    /// What is in the file now.
    pub(super) fn read(&self) -> Result<ReadTransaction, EngineError> {
        Ok(self.database.begin_read()?)
    }

    /// Carries out changes, all or none of them; they are where the durability of the storage wants them when this
    /// returns. After a failure they may be there as well.
    pub(super) fn write<T>(
        &self,
        change: impl FnOnce(&mut Tables<'_>) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let transaction = self.database.begin_write()?;
        let result = change(&mut Tables::of(&transaction))?;
        transaction.commit()?;
        Ok(result)
    }

    /// Which of these places are taken.
    pub(super) fn are_there(&self, keys: impl Iterator<Item = PlaceKey>) -> Result<Vec<bool>, EngineError> {
        let ready = self.read()?.open_table(READY)?;
        keys.map(|key| Ok(ready.get(&key)?.is_some())).collect()
    }

    /// Gives free space back to the disk.
    pub(super) fn compact(&mut self) -> Result<(), EngineError> {
        self.database.compact()?;
        Ok(())
    }

    /// Bytes of the file.
    pub(super) fn file_bytes(&self) -> Result<u64, EngineError> {
        Ok(self.bytes.len()?)
    }
}

fn create(backend: Backend, cache_bytes: usize) -> Result<(), EngineError> {
    let database = builder(cache_bytes).create_with_backend(backend)?;
    let transaction = database.begin_write()?;
    {
        let mut tables = Tables::of(&transaction);
        tables.create()?;
        tables.about.get()?.insert(FORMAT_KEY, FORMAT)?;
    }
    Ok(transaction.commit()?)
}

fn builder(cache_bytes: usize) -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(cache_bytes);
    builder
}

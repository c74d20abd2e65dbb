//! The storage engine behind the embedded queue: redb, in one file.

use std::sync::Arc;

use redb::{Builder, Database, ReadTransaction, ReadableDatabase as _, StorageBackend};

use super::migration;
use super::reserve::is_out_of_space;
use super::staging;
use super::storage::{Backend, Storage};
use super::tables::{ABOUT, EngineError, FORMAT, FORMAT_KEY, PlaceKey, READY, Tables};

/// An open engine. After a failure it is of no more use and must be opened anew.
pub(super) struct Engine {
    database: Database,
    bytes: Arc<dyn StorageBackend>,
}

/// Why the engine cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum EngineOpenError {
    /// A later version wrote the file.
    #[error("delivery queue has format {0}, this version knows up to {FORMAT}")]
    NewerFormat(u64),
    /// The file cannot be read or written.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl EngineOpenError {
    /// Whether it is for want of space on the disk.
    pub(super) fn is_out_of_space(&self) -> bool {
        matches!(self, Self::Engine(EngineError::Io(error)) if is_out_of_space(error))
    }
}

impl Engine {
    /// Makes an empty queue where the storage holds nothing.
    pub(super) fn create_if_missing(storage: &Storage, cache_bytes: usize) -> Result<(), EngineError> {
        storage.create_if_missing(|backend| create(backend, cache_bytes))
    }

    /// Opens what the storage holds.
    pub(super) fn open(storage: &Storage, cache_bytes: usize) -> Result<Self, EngineOpenError> {
        let backend = storage.open().map_err(EngineError::from)?;
        let bytes = backend.bytes();
        let database = builder(cache_bytes)
            .create_with_backend(backend)
            .map_err(EngineError::from)?;
        let engine = Self { database, bytes };
        match engine.about(FORMAT_KEY)? {
            Some(FORMAT) => {
                staging::delete_staged(&engine)?;
                Ok(engine)
            }
            Some(1..FORMAT) => {
                migration::enter_dead_letters(&engine)?;
                Ok(engine)
            }
            Some(found) if found > FORMAT => Err(EngineOpenError::NewerFormat(found)),
            _ => Err(EngineError::Corrupted("no format".to_owned()).into()),
        }
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

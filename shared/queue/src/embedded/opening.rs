//! Opening the file of a queue: it is brought to the form of this version, and what nobody came to need is deleted.

use super::engine::Engine;
use super::migration;
use super::reserve::is_out_of_space;
use super::staging;
use super::storage::Storage;
use super::tables::{EngineError, FORMAT, FORMAT_KEY};

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

/// Opens what the storage holds.
pub(super) fn open(storage: &Storage, cache_bytes: usize) -> Result<Engine, EngineOpenError> {
    let engine = Engine::open_any(storage, cache_bytes)?;
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

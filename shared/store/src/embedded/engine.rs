//! The storage engine behind the embedded store: redb, in one file. Nothing else here knows which engine it is.

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use redb::{Builder, Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use super::EmbeddedSettings;
use crate::error::{OpenError, StoreError};
use crate::record::Write;

/// Why the engine could not read or write.
pub(super) type EngineError = redb::Error;

const RESOURCES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("resources");
const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");
const FORMAT_KEY: &str = "format";
const FORMAT: u64 = 1;

/// An open engine. After a failed [`Engine::commit`] it is of no more use and must be opened anew.
pub(super) struct Engine {
    database: Database,
}

impl Engine {
    /// Opens the file in the folder of the settings, or makes it.
    pub(super) fn open(settings: &EmbeddedSettings) -> Result<Self, OpenError> {
        let directory = || settings.directory.clone();
        let engine = Self::open_or_create(&settings.directory, settings.cache_bytes).map_err(|err| {
            OpenError::Unusable {
                directory: directory(),
                source: err.into(),
            }
        })?;
        let found = engine.format().map_err(|err| OpenError::Unusable {
            directory: directory(),
            source: err.into(),
        })?;
        if found > FORMAT {
            return Err(OpenError::NewerFormat {
                directory: directory(),
                found,
                known: FORMAT,
            });
        }
        Ok(engine)
    }

    fn open_or_create(directory: &Path, cache_bytes: usize) -> Result<Self, EngineError> {
        let file = directory.join("configuration.redb");
        if !file.try_exists()? {
            // A file whose creation was interrupted cannot be opened, so it gets its name when it is complete.
            let unfinished = directory.join("configuration.redb.new");
            drop(Self::create(&unfinished, cache_bytes)?);
            fs::rename(&unfinished, &file)?;
            sync_directory(directory)?;
        }
        Ok(Self {
            database: Builder::new().set_cache_size(cache_bytes).open(file)?,
        })
    }

    fn create(path: &Path, cache_bytes: usize) -> Result<Self, EngineError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let database = Builder::new()
            .set_cache_size(cache_bytes)
            .create_file(options.open(path)?)?;
        let transaction = database.begin_write()?;
        transaction.open_table(ABOUT)?.insert(FORMAT_KEY, FORMAT)?;
        transaction.open_table(RESOURCES)?;
        transaction.commit()?;
        Ok(Self { database })
    }

    fn format(&self) -> Result<u64, EngineError> {
        let about = self.database.begin_read()?.open_table(ABOUT)?;
        let format = about.get(FORMAT_KEY)?;
        format
            .map(|format| format.value())
            .ok_or_else(|| EngineError::Corrupted("no format".to_owned()))
    }

    /// Shows every record, in ascending order of the keys, until one is refused.
    pub(super) fn read_all(
        &self,
        mut each: impl FnMut(&str, &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let resources = self.resources().map_err(StoreError::unavailable)?;
        for entry in resources.iter().map_err(StoreError::unavailable)? {
            let (key, value) = entry.map_err(StoreError::unavailable)?;
            each(key.value(), value.value())?;
        }
        Ok(())
    }

    fn resources(&self) -> Result<redb::ReadOnlyTable<&'static str, &'static [u8]>, EngineError> {
        Ok(self.database.begin_read()?.open_table(RESOURCES)?)
    }

    /// Carries out all writes, in their order, or none; they are on disk when this returns.
    pub(super) fn commit(&mut self, writes: &[Write]) -> Result<(), EngineError> {
        let mut transaction = self.database.begin_write()?;
        // Opening after a crash then takes as long as after a clean stop, for one more sync a commit (ADR 1).
        transaction.set_quick_repair(true);
        {
            let mut resources = transaction.open_table(RESOURCES)?;
            for Write { key, value } in writes {
                match value {
                    Some(value) => resources.insert(key.as_str(), value.as_slice())?,
                    None => resources.remove(key.as_str())?,
                };
            }
        }
        Ok(transaction.commit()?)
    }
}

/// Makes a new name in a folder last. Only Unix can, and must, say so.
fn sync_directory(directory: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(directory)?.sync_all()
    } else {
        Ok(())
    }
}

//! The storage engine behind the embedded store: redb, in one file. Nothing but what is below this knows which engine it is.

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use domain::audit::{AuditHead, SealedRecord};
use domain::ids::Space;
use imbl::OrdMap;
use redb::{Builder, Database, ReadableDatabase as _, ReadableTable as _, TableDefinition, WriteTransaction};

use self::audit_tables::{append, heads, overdue, page, trim};
use super::EmbeddedSettings;
use crate::audit::{AuditLimits, AuditPage};
use crate::error::{OpenError, StoreError};
use crate::record::Write;
use crate::record_format;

mod audit_tables;
mod usage_tables;

/// Why the engine could not read or write.
pub(super) type EngineError = redb::Error;

const FILE: &str = "configuration.redb";
const RESOURCES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("resources");
const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");
const FORMAT_KEY: &str = "format";

/// An open engine. After a failed [`Engine::commit`] it is of no more use and must be opened anew.
pub(super) struct Engine {
    database: Database,
    /// What the file says it has.
    format: u64,
}

impl Engine {
    /// Makes an empty file in the folder of the settings if there is none.
    pub(super) fn create_if_missing(settings: &EmbeddedSettings) -> Result<(), OpenError> {
        create_if_missing(settings).map_err(|err| unusable(settings, err))
    }

    /// Opens the file in the folder of the settings.
    pub(super) fn open(settings: &EmbeddedSettings) -> Result<Self, OpenError> {
        let database = builder(settings).open(settings.directory.join(FILE));
        let database = database.map_err(|err| unusable(settings, err.into()))?;
        let found = format(&database).map_err(|err| unusable(settings, err))?;
        if found > record_format::NEWEST {
            let directory = settings.directory.clone();
            return Err(OpenError::NewerFormat {
                directory,
                found,
                known: record_format::NEWEST,
            });
        }
        Ok(Self {
            database,
            format: found,
        })
    }

    /// Says that the file has a format, unless it says so already: what an earlier program has written may need it.
    pub(super) fn raise_format(&mut self, settings: &EmbeddedSettings, needed: u64) -> Result<(), OpenError> {
        if needed <= self.format {
            return Ok(());
        }
        self.write(&[], needed, |_| Ok(()))
            .map_err(|err| unusable(settings, err))
    }

    /// Removes records of changes that are too many or too old by now.
    pub(super) fn trim_audit(&mut self, settings: &EmbeddedSettings) -> Result<(), OpenError> {
        let mut trim_all = || -> Result<(), EngineError> {
            let Some(limits) = settings.audit else {
                return Ok(());
            };
            let overdue = overdue(&self.database.begin_read()?, limits)?;
            if overdue.is_empty() {
                return Ok(());
            }
            self.write(&[], self.format, |transaction| {
                trim(transaction, &overdue, limits)
            })
        };
        trim_all().map_err(|err| unusable(settings, err))
    }

    /// The newest record of changes of each space that has any.
    pub(super) fn audit_heads(&self) -> Result<OrdMap<Space, AuditHead>, EngineError> {
        heads(&self.database.begin_read()?)
    }

    /// Records of the changes of a space, the newest first: those before a version, or all.
    pub(super) fn audit(
        &self,
        space: &Space,
        before: Option<u64>,
        limit: usize,
    ) -> Result<AuditPage, EngineError> {
        page(&self.database.begin_read()?, space, before, limit)
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

    /// Carries out all writes, in their order, and adds what is recorded of them, or does nothing; it is on disk when this
    /// returns.
    pub(super) fn commit(
        &mut self,
        writes: &[Write],
        records: &[SealedRecord],
        limits: Option<AuditLimits>,
    ) -> Result<(), EngineError> {
        let needed = writes.iter().map(|write| write.format);
        let needed = needed.max().unwrap_or(self.format);
        self.write(writes, needed, |transaction| match limits {
            Some(limits) => append(transaction, records, limits),
            None => Ok(()),
        })
    }

    fn write(
        &mut self,
        writes: &[Write],
        needed: u64,
        more: impl FnOnce(&WriteTransaction) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let mut transaction = self.database.begin_write()?;
        // Opening after a crash then takes as long as after a clean stop, for one more sync a commit (ADR 1).
        transaction.set_quick_repair(true);
        let format = self.format.max(needed);
        if format > self.format {
            transaction.open_table(ABOUT)?.insert(FORMAT_KEY, format)?;
        }
        {
            let mut resources = transaction.open_table(RESOURCES)?;
            for Write { key, value, .. } in writes {
                match value {
                    Some(value) => resources.insert(key.as_str(), value.as_slice())?,
                    None => resources.remove(key.as_str())?,
                };
            }
        }
        more(&transaction)?;
        transaction.commit()?;
        self.format = format;
        Ok(())
    }
}

fn format(database: &Database) -> Result<u64, EngineError> {
    let about = database.begin_read()?.open_table(ABOUT)?;
    let format = about.get(FORMAT_KEY)?;
    format
        .map(|format| format.value())
        .ok_or_else(|| EngineError::Corrupted("no format".to_owned()))
}

fn create_if_missing(settings: &EmbeddedSettings) -> Result<(), EngineError> {
    let file = settings.directory.join(FILE);
    if file.try_exists()? {
        return Ok(());
    }
    // A file whose creation was interrupted cannot be opened, so it gets its name when it is complete.
    let unfinished = file.with_added_extension("new");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let database = builder(settings).create_file(options.open(&unfinished)?)?;
    let transaction = database.begin_write()?;
    transaction
        .open_table(ABOUT)?
        .insert(FORMAT_KEY, record_format::FIRST)?;
    transaction.open_table(RESOURCES)?;
    transaction.commit()?;
    drop(database);
    fs::rename(&unfinished, &file)?;
    Ok(sync_directory(&settings.directory)?)
}

fn builder(settings: &EmbeddedSettings) -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(settings.cache_bytes);
    builder
}

fn unusable(settings: &EmbeddedSettings, err: EngineError) -> OpenError {
    OpenError::Unusable {
        directory: settings.directory.clone(),
        source: err.into(),
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

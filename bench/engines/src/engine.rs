//! One face for the engines under test, with the settings the gateway would give them.

use std::{
    env,
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
    str::FromStr,
};

use anyhow::{Error, Result, bail};
use fjall::{KeyspaceCreateOptions, PersistMode};
use redb::{ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};

/// Block or page cache in bytes unless `BENCH_CACHE_BYTES` says otherwise: a gateway that idles below 20 MB cannot give more.
const CACHE_BYTES: u64 = 1024 * 1024;
/// The smallest memtable fjall recommends, for the same reason.
const MEMTABLE_BYTES: u64 = 8 * 1024 * 1024;

const TABLE: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("entries");

/// Which engine, in which mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Append to a plain file and `fdatasync`: the floor of the machine and of this program, not a candidate.
    File,
    /// redb as it comes: one-phase commit, full repair after a crash.
    Redb,
    /// redb with quick repair: two-phase commit that also saves the allocator state.
    RedbQuick,
    /// fjall with small caches and one worker thread.
    Fjall,
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "file" => Self::File,
            "redb" => Self::Redb,
            "redb-quick" => Self::RedbQuick,
            "fjall" => Self::Fjall,
            other => bail!("unknown engine {other}"),
        })
    }
}

/// One change of a group.
pub enum Change {
    /// Insert or replace.
    Put(Vec<u8>, Vec<u8>),
    /// Remove; the key exists.
    Delete(Vec<u8>),
}

/// An open engine.
pub enum Store {
    /// See [`Kind::File`].
    File(File),
    /// See [`Kind::Redb`] and [`Kind::RedbQuick`].
    Redb {
        /// The open file.
        database: redb::Database,
        /// Whether commits save what makes recovery quick.
        quick: bool,
    },
    /// See [`Kind::Fjall`].
    Fjall {
        /// The open directory.
        database: fjall::Database,
        /// The one keyspace.
        entries: fjall::Keyspace,
    },
}

impl Store {
    /// Opens or creates the store inside `dir`, ready to read and write.
    pub fn open(kind: Kind, dir: &Path) -> Result<Self> {
        let cache_bytes = match env::var("BENCH_CACHE_BYTES") {
            Ok(bytes) => bytes.parse()?,
            Err(_) => CACHE_BYTES,
        };
        Ok(match kind {
            Kind::File => Self::File(
                OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(dir.join("entries.log"))?,
            ),
            Kind::Redb | Kind::RedbQuick => Self::Redb {
                database: redb::Builder::new()
                    .set_cache_size(usize::try_from(cache_bytes)?)
                    .create(dir.join("entries.redb"))?,
                quick: kind == Kind::RedbQuick,
            },
            Kind::Fjall => {
                let database = fjall::Database::builder(dir.join("entries.fjall"))
                    .cache_size(cache_bytes)
                    .worker_threads(1)
                    .max_journaling_size(64 * 1024 * 1024)
                    .manual_journal_persist(true)
                    .open()?;
                let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
                let entries = database.keyspace("entries", options)?;
                Self::Fjall { database, entries }
            }
        })
    }

    /// Applies `changes` as one atomic group; they are on disk when this returns.
    pub fn commit(&mut self, changes: Vec<Change>) -> Result<()> {
        match self {
            Self::File(file) => {
                let mut bytes = Vec::new();
                for change in changes {
                    let (key, value) = match change {
                        Change::Put(key, value) => (key, value),
                        Change::Delete(key) => (key, Vec::new()),
                    };
                    bytes.extend_from_slice(&u32::try_from(value.len())?.to_le_bytes());
                    bytes.extend_from_slice(&key);
                    bytes.extend_from_slice(&value);
                }
                file.write_all(&bytes)?;
                file.sync_data()?;
            }
            Self::Redb { database, quick } => {
                let mut transaction = database.begin_write()?;
                transaction.set_quick_repair(*quick);
                {
                    let mut table = transaction.open_table(TABLE)?;
                    for change in changes {
                        match change {
                            Change::Put(key, value) => table.insert(key.as_slice(), value.as_slice())?,
                            Change::Delete(key) => table.remove(key.as_slice())?,
                        };
                    }
                }
                transaction.commit()?;
            }
            Self::Fjall { database, entries } => {
                let mut batch = database.batch().durability(Some(PersistMode::SyncData));
                for change in changes {
                    match change {
                        Change::Put(key, value) => batch.insert(entries, key, value),
                        Change::Delete(key) => batch.remove(entries, key),
                    }
                }
                batch.commit()?;
            }
        }
        Ok(())
    }

    /// The value of `key`.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(match self {
            Self::File(_) => bail!("the plain file cannot be read by key"),
            Self::Redb { database, .. } => {
                let table = database.begin_read()?.open_table(TABLE)?;
                table.get(key)?.map(|value| value.value().to_vec())
            }
            Self::Fjall { entries, .. } => entries.get(key)?.map(|value| value.to_vec()),
        })
    }

    /// Reads up to `limit` entries from the lowest key up and returns how many there were.
    pub fn scan(&self, limit: usize) -> Result<usize> {
        let mut count = 0;
        match self {
            Self::File(_) => bail!("the plain file cannot be scanned"),
            Self::Redb { database, .. } => {
                let table = database.begin_read()?.open_table(TABLE)?;
                for entry in table.iter()?.take(limit) {
                    let (_key, value) = entry?;
                    count += usize::from(!value.value().is_empty());
                }
            }
            Self::Fjall { entries, .. } => {
                for entry in entries.iter().take(limit) {
                    count += usize::from(!entry.value()?.is_empty());
                }
            }
        }
        Ok(count)
    }

    /// Gives unused disk space back, as far as the engine offers it.
    pub fn shrink(&mut self) -> Result<()> {
        match self {
            Self::File(_) => bail!("the plain file cannot shrink"),
            Self::Redb { database, .. } => {
                database.compact()?;
            }
            // Not in fjall's documented interface: left alone it compacts only as further writes come in.
            Self::Fjall { entries, .. } => entries.major_compact()?,
        }
        Ok(())
    }

    /// Number of entries, by whatever means the engine has.
    pub fn len(&self) -> Result<u64> {
        Ok(match self {
            Self::File(_) => bail!("the plain file does not count"),
            Self::Redb { database, .. } => database.begin_read()?.open_table(TABLE)?.len()?,
            Self::Fjall { entries, .. } => u64::try_from(entries.len()?)?,
        })
    }
}

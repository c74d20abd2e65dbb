//! Where the bytes of a queue are: a file of this machine, or memory.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{DatabaseError, StorageBackend};

use super::Durability;
use super::owner_only::readable_by_owner;
use super::reserve::{Place, Reserve};

const FILE: &str = "queue.redb";
const LOCK: &str = "queue.lock";
const RESERVE: &str = "queue.reserve";

/// Where the bytes of a queue are.
#[derive(Debug, Clone)]
pub(super) enum Storage {
    /// In a file of a folder.
    Folder {
        /// The folder.
        path: PathBuf,
        /// When a commit counts.
        durability: Durability,
        /// Bytes of the disk that are set aside.
        reserve_bytes: u64,
    },
    /// Elsewhere; it lives as long as there is a handle.
    Shared {
        /// The bytes.
        bytes: Arc<dyn StorageBackend>,
        /// Whether they outlive the process.
        durable: bool,
        /// Where space is set aside, and how much.
        #[cfg(test)]
        reserve: Option<(Arc<super::tests::disk::Disk>, u64)>,
    },
}

/// What the engine gets: a storage that outlives it, or a file.
pub(super) struct Backend {
    bytes: Arc<dyn StorageBackend>,
    /// Whether a commit waits for the disk.
    syncs: bool,
}

impl Storage {
    /// Memory of this process.
    pub(super) fn memory() -> Self {
        Self::Shared {
            bytes: Arc::new(InMemoryBackend::new()),
            durable: false,
            #[cfg(test)]
            reserve: None,
        }
    }

    /// What is set aside of the disk that the bytes are on.
    pub(super) fn reserve(&self) -> Reserve {
        match self {
            Self::Folder {
                path, reserve_bytes, ..
            } => Reserve::new(Place::File(path.join(RESERVE)), *reserve_bytes),
            #[cfg(test)]
            Self::Shared {
                reserve: Some((disk, bytes)),
                ..
            } => Reserve::new(Place::Disk(Arc::clone(disk)), *bytes),
            Self::Shared { .. } => Reserve::new(Place::Nowhere, 0),
        }
    }

    /// Makes the folder, and gives the lock that keeps other processes out.
    pub(super) fn lock(&self) -> Result<Option<File>, TryLockError> {
        let Self::Folder { path, .. } = self else {
            return Ok(None);
        };
        create_directory(path).map_err(TryLockError::Error)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        readable_by_owner(&mut options);
        let file = options.open(path.join(LOCK)).map_err(TryLockError::Error)?;
        file.try_lock()?;
        Ok(Some(file))
    }

    /// Has the file made if there is none. It gets its name when it is complete: one whose making was interrupted could
    /// not be opened.
    pub(super) fn create_if_missing<E: From<io::Error> + From<DatabaseError>>(
        &self,
        make: impl FnOnce(Backend) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self::Folder { path, .. } = self else {
            let backend = self.open()?;
            return if backend.len()? == 0 {
                make(backend)
            } else {
                Ok(())
            };
        };
        let file = path.join(FILE);
        if file.try_exists()? {
            return Ok(());
        }
        let unfinished = file.with_added_extension("new");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        readable_by_owner(&mut options);
        let bytes = Arc::new(FileBackend::new(options.open(&unfinished)?)?);
        make(Backend { bytes, syncs: true })?;
        fs::rename(&unfinished, &file)?;
        Ok(sync_directory(path)?)
    }

    /// The bytes, for one engine.
    pub(super) fn open(&self) -> Result<Backend, DatabaseError> {
        match self {
            Self::Folder { path, durability, .. } => {
                let file = OpenOptions::new().read(true).write(true).open(path.join(FILE))?;
                Ok(Backend {
                    bytes: Arc::new(FileBackend::new(file)?),
                    syncs: *durability == Durability::Disk,
                })
            }
            Self::Shared { bytes, .. } => Ok(Backend {
                bytes: Arc::clone(bytes),
                syncs: true,
            }),
        }
    }
}

impl Backend {
    /// A second handle to the bytes, to ask for their number.
    pub(super) fn bytes(&self) -> Arc<dyn StorageBackend> {
        Arc::clone(&self.bytes)
    }
}

/// Locks are left out: the lock file keeps others out, and is held longer than any engine.
impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.bytes.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.bytes.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.bytes.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.syncs {
            self.bytes.sync_data()
        } else {
            Ok(())
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.bytes.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        // After a clean end the machine may die as well, whatever the durability.
        if self.syncs {
            Ok(())
        } else {
            self.bytes.sync_data()
        }
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend")
            .field("syncs", &self.syncs)
            .finish_non_exhaustive()
    }
}

fn create_directory(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Makes a new name in a folder last. Only Unix can, and must, say so.
fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(directory)?.sync_all()
    } else {
        Ok(())
    }
}

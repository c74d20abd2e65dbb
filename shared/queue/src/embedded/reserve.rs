//! Disk space that is set aside while there is some, so that dead letters can be deleted and deliveries can end when the
//! disk is full.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::owner_only::readable_by_owner;

/// Space of a disk.
#[derive(Debug)]
pub(super) struct Reserve {
    place: Place,
    bytes: u64,
    /// Whether the space is set aside, if any is wanted.
    held: bool,
}

/// Where the space is.
#[derive(Debug)]
pub(super) enum Place {
    /// In a file, which holds nothing.
    File(PathBuf),
    /// Nowhere: what is kept is not on a disk.
    Nowhere,
    /// On a disk of tests.
    #[cfg(test)]
    Disk(std::sync::Arc<super::tests::disk::Disk>),
}

impl Reserve {
    /// Space of so many bytes that is not set aside yet; none is for 0.
    pub(super) fn new(place: Place, bytes: u64) -> Self {
        if let (Place::File(path), 0) = (&place, bytes) {
            // One of before, when some was wanted.
            let _ = fs::remove_file(path);
        }
        let place = if bytes == 0 { Place::Nowhere } else { place };
        let held = matches!(place, Place::Nowhere);
        Self { place, bytes, held }
    }

    /// Whether it is wanted and not there.
    pub(super) fn is_missing(&self) -> bool {
        !self.held
    }

    /// How much is wanted.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Sets the space aside, if there is `spare` besides.
    pub(super) fn take(&mut self, spare: u64) -> io::Result<()> {
        match &self.place {
            Place::Nowhere => {}
            Place::File(path) => allocate(path, self.bytes, spare)?,
            #[cfg(test)]
            Place::Disk(disk) => disk.reserve(self.bytes, spare)?,
        }
        self.held = true;
        Ok(())
    }

    /// Gives the space back to the disk; says whether there was any.
    pub(super) fn release(&mut self) -> bool {
        if !self.held {
            return false;
        }
        let released = match &self.place {
            Place::Nowhere => false,
            Place::File(path) => fs::remove_file(path).is_ok(),
            #[cfg(test)]
            Place::Disk(disk) => disk.reserve(0, 0).is_ok(),
        };
        self.held = !released;
        released
    }

    /// Does without.
    pub(super) fn give_up(&mut self) {
        self.place = Place::Nowhere;
        self.held = true;
    }
}

/// Whether an error says that the disk, or what may be used of it, is full.
pub(super) fn is_out_of_space(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};

    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

fn allocate(path: &Path, bytes: u64, spare: u64) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    readable_by_owner(&mut options);
    let file = options.open(path)?;
    let allocated = fill(&file, bytes.saturating_add(spare)).and_then(|()| file.set_len(bytes));
    if allocated.is_err() {
        // A part of it is no use, and takes space from others.
        let _ = fs::remove_file(path);
    }
    allocated
}

#[cfg(unix)]
fn fill(file: &File, bytes: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;

    match fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => write_zeros(file, bytes),
        filled => Ok(filled?),
    }
}

#[cfg(not(unix))]
fn fill(file: &File, bytes: u64) -> io::Result<()> {
    write_zeros(file, bytes)
}

/// For file systems that do not set space aside by themselves.
fn write_zeros(mut file: &File, bytes: u64) -> io::Result<()> {
    io::copy(&mut io::Read::take(io::repeat(0), bytes), &mut file)?;
    file.sync_data()
}

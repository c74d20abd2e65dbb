//! How many bytes resources have, as JSON.

use std::io;

use crate::resource::{Kind, Resource};

/// The bytes of all resources of a space, once they have been asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Measured(Option<usize>);

/// Bytes of a resource, as JSON. Settings of a space and tenants are not counted: nobody can fill anything with them.
pub(super) fn bytes_of<R: Resource>(resource: &R) -> usize {
    if matches!(R::KIND, Kind::Space | Kind::Tenant) {
        return 0;
    }
    let mut counter = Counter(0);
    // What cannot be written takes no room.
    let _ = serde_json::to_writer(&mut counter, resource);
    counter.0
}

impl Measured {
    /// So many.
    pub(super) fn of(bytes: usize) -> Self {
        Self(Some(bytes))
    }

    /// How many they are, if they have been asked for.
    pub(super) fn known(self) -> Option<usize> {
        self.0
    }

    /// Follows a change.
    pub(super) fn replace<R: Resource>(&mut self, before: Option<&R>, after: Option<&R>) {
        if let Some(bytes) = &mut self.0 {
            let (before, after) = (before.map_or(0, bytes_of), after.map_or(0, bytes_of));
            *bytes = (*bytes + after).saturating_sub(before);
        }
    }
}

/// Counts what is written.
struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

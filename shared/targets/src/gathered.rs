//! A body that comes in pieces. A large one has memory of its own, which the system has back as soon as it is dropped: an
//! allocator keeps what it is given back for the next, and a crowd of bodies that find no room would leave as much again
//! as the budget allows.

use bytes::{Bytes, BytesMut};
use memmap2::MmapMut;

/// Bytes from which on a body is large.
const LARGE: usize = 1024 * 1024;

/// What has come in of a body.
#[derive(Debug, Default)]
pub struct Gathered {
    /// All of it, until it is large.
    small: BytesMut,
    large: Option<Mapped>,
    expected: usize,
}

/// Memory of which only the part takes any that was written to.
#[derive(Debug)]
struct Mapped {
    memory: MmapMut,
    length: usize,
}

impl Gathered {
    /// Nothing yet, of so many bytes or about as many. More than come cost nothing.
    pub fn expecting(bytes: usize) -> Self {
        Self {
            small: BytesMut::new(),
            large: None,
            expected: bytes,
        }
    }

    /// Whether nothing came yet.
    pub fn is_empty(&self) -> bool {
        self.small.is_empty() && self.large.is_none()
    }

    /// Adds a piece.
    pub fn add(&mut self, piece: &[u8]) {
        if self.large.is_none() {
            let bytes = self.small.len() + piece.len();
            let is_small = bytes.max(self.expected) < LARGE;
            if !is_small && let Some(mut mapped) = Mapped::with(bytes.saturating_mul(2).max(self.expected)) {
                mapped.add(&std::mem::take(&mut self.small));
                self.large = Some(mapped);
            }
        }
        let Some(mapped) = &mut self.large else {
            if self.small.is_empty() {
                self.small.reserve(self.expected.max(piece.len()));
            }
            self.small.extend_from_slice(piece);
            return;
        };
        if !mapped.has_room(piece.len()) && !mapped.grow(piece.len()) {
            // There is no such memory. What there is of the usual kind may do.
            self.small = BytesMut::from(mapped.bytes());
            self.small.extend_from_slice(piece);
            self.large = None;
            return;
        }
        mapped.add(piece);
    }

    /// The whole.
    pub fn into_bytes(self) -> Bytes {
        match self.large {
            Some(mapped) => {
                let length = mapped.length;
                Bytes::from_owner(mapped.memory).slice(..length)
            }
            None => self.small.freeze(),
        }
    }
}

impl Mapped {
    fn with(bytes: usize) -> Option<Self> {
        let memory = MmapMut::map_anon(bytes).ok()?;
        // A page of 4 KiB costs more to be given than to be filled. Where there are no others, these do.
        #[cfg(target_os = "linux")]
        let _ = memory.advise(memmap2::Advice::HugePage);
        Some(Self { memory, length: 0 })
    }

    fn bytes(&self) -> &[u8] {
        &self.memory[..self.length]
    }

    fn has_room(&self, bytes: usize) -> bool {
        bytes <= self.memory.len() - self.length
    }

    /// Makes room for so many bytes more; `false` where there is none.
    fn grow(&mut self, bytes: usize) -> bool {
        let most = self.length.saturating_add(bytes).saturating_mul(2);
        let Some(mut larger) = Self::with(most) else {
            return false;
        };
        larger.add(self.bytes());
        *self = larger;
        true
    }

    fn add(&mut self, piece: &[u8]) {
        let end = self.length + piece.len();
        self.memory[self.length..end].copy_from_slice(piece);
        self.length = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_whatever_was_expected() {
        for expected in [0, 10, LARGE - 1, LARGE, 5_000_000, 50_000_000] {
            for (count, length) in [(0, 0), (1, 7), (3, 500_000), (100, 50_000), (2, 3_000_000)] {
                let mut gathered = Gathered::expecting(expected);
                assert!(gathered.is_empty());
                let mut whole = Vec::new();
                for number in 0..count {
                    let piece = vec![number; length];
                    gathered.add(&piece);
                    whole.extend(piece);
                }
                assert_eq!(gathered.is_empty(), whole.is_empty());
                assert!(gathered.into_bytes() == whole, "{expected} {count} {length}");
            }
        }
    }
}

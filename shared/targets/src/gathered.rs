//! A body that comes in pieces. A large one has memory of its own, which the system has back as soon as it is dropped: an
//! allocator keeps what it is given back for the next, and a crowd of bodies that find no room would leave as much again
//! as the budget allows.

use bytes::{Bytes, BytesMut};
use memmap2::MmapMut;

/// Bytes from which on a body is large.
const LARGE: usize = 1024 * 1024;

/// Bytes of memory asked for at once. Page by page costs twice as much; pages of 2 MiB cost less still, but each body that
/// somebody leaves unfinished would hold most of one that it does not fill.
#[cfg(target_os = "linux")]
const STEP: usize = 64 * 1024;

/// The part of a body that has come in.
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
    /// Bytes of which the memory is there.
    #[cfg(target_os = "linux")]
    populated: usize,
}

impl Gathered {
    /// An empty body that is expected to have about so many bytes. To expect too many costs nothing.
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
        Some(Self {
            memory: MmapMut::map_anon(bytes).ok()?,
            length: 0,
            #[cfg(target_os = "linux")]
            populated: 0,
        })
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
        #[cfg(target_os = "linux")]
        self.populate(end);
        self.memory[self.length..end].copy_from_slice(piece);
        self.length = end;
    }

    /// Asks for the memory up to a byte. Where the system cannot do that, it gives each page when it is written to.
    #[cfg(target_os = "linux")]
    fn populate(&mut self, end: usize) {
        let next = end.next_multiple_of(STEP).min(self.memory.len());
        // Of a body that has just begun nobody knows whether more will come.
        if end > STEP && next > self.populated {
            let missing = next - self.populated;
            let _ = self
                .memory
                .advise_range(memmap2::Advice::PopulateWrite, self.populated, missing);
            self.populated = next;
        }
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

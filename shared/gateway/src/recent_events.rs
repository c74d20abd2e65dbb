//! The data of the events that were taken last, so that a schema can be made of it. It is kept in the memory of this process
//! alone, where that is set, and only schemas of it are shown.
//!
//! What a space has of it is what its subscribers were to get, and bounded: a type may fill an eighth, its own older events go
//! first, then all of the type that had none for longest. Of spaces there are 64.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::event::{CheckedData, Event};
use domain::ids::{EventTypeName, Space};
use hashlink::LruCache;

/// Spaces that are known; the one that had no event for longest goes first.
const MOST_SPACES: usize = 64;
/// Events of a type that are kept.
const MOST_OF_TYPE: usize = 100;
/// An event may take this part of the bytes of a space, and so may all of a type.
const SHARE_OF_TYPE: usize = 8;
/// Milliseconds after which an event is no recent one.
const LONGEST_AGE_MS: u64 = 60 * 60 * 1_000;
/// Bytes that an event, and a type, take besides their text.
const BYTES_OF_EVENT: usize = 64;
const BYTES_OF_TYPE: usize = 256;

/// The data of recent events. A handle: clones share everything.
#[derive(Debug, Clone)]
pub struct RecentEvents(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    /// Of a space, at most.
    most_bytes: usize,
    spaces: Mutex<LruCache<Space, OfSpace>>,
}

#[derive(Debug)]
struct OfSpace {
    bytes: usize,
    /// Those without an event for longest first; as many as their bytes allow.
    types: LruCache<EventTypeName, OfType>,
}

#[derive(Default)]
struct OfType {
    bytes: usize,
    /// The oldest first, each with its time.
    data: VecDeque<(u64, Box<str>)>,
}

impl std::fmt::Debug for OfType {
    /// Without what events say.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfType")
            .field("events", &self.data.len())
            .finish_non_exhaustive()
    }
}

impl RecentEvents {
    /// Keeps so many bytes of each space; `None` where that is nothing.
    pub fn new(most_bytes: usize) -> Option<Self> {
        let kept = Kept {
            most_bytes,
            spaces: Mutex::new(LruCache::new(MOST_SPACES)),
        };
        (most_bytes > 0).then(|| Self(Arc::new(kept)))
    }

    /// Keeps the data of an event that reached somebody in a space. What is no JSON, or takes too much, is not kept.
    pub(crate) fn keep(&self, space: &Space, event: &Event, now_ms: u64) {
        let data = match event.checked_data() {
            CheckedData::Json(json) => json.get(),
            CheckedData::Nothing => "null",
            CheckedData::Bytes => return,
        };
        let (name, share) = (event.event_type(), self.0.most_bytes / SHARE_OF_TYPE);
        if bytes_of(data).saturating_add(bytes_of_type(name)) > share {
            return;
        }
        let data = Box::from(data);
        let mut spaces = self.lock();
        if !spaces.contains_key(space) {
            spaces.insert(space.clone(), OfSpace::default());
        }
        if let Some(of_space) = spaces.get_mut(space) {
            of_space.keep(name, (now_ms, data), share);
            while of_space.bytes > self.0.most_bytes && of_space.forget_type() {}
        }
    }

    /// The data of the recent events of a type that reached somebody in a space, the newest first, as JSON.
    pub fn of_type(&self, space: &Space, event_type: &EventTypeName, now_ms: u64) -> Vec<Box<str>> {
        let spaces = self.lock();
        let of_type = spaces.peek(space).and_then(|space| space.types.peek(event_type));
        let data = of_type.into_iter().flat_map(|of_type| of_type.data.iter().rev());
        data.take_while(|(at, _)| now_ms.saturating_sub(*at) <= LONGEST_AGE_MS)
            .map(|(_, data)| data.clone())
            .collect()
    }

    /// Forgets what is kept of a space.
    pub fn forget(&self, space: &Space) {
        self.lock().remove(space);
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Space, OfSpace>> {
        self.0.spaces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for OfSpace {
    fn default() -> Self {
        Self {
            bytes: 0,
            types: LruCache::new_unbounded(),
        }
    }
}

impl OfSpace {
    /// Keeps the data of one more event, which fits into the share of its type.
    fn keep(&mut self, name: &str, (at, data): (u64, Box<str>), share: usize) {
        let name = EventTypeName::from(name);
        if !self.types.contains_key(&name) {
            let bytes = bytes_of_type(name.as_str());
            let of_type = OfType {
                bytes,
                ..OfType::default()
            };
            self.bytes += bytes;
            self.types.insert(name.clone(), of_type);
        }
        let Some(of_type) = self.types.get_mut(&name) else {
            return;
        };
        let (before, bytes) = (of_type.bytes, bytes_of(&data));
        while of_type.data.len() >= MOST_OF_TYPE || of_type.bytes + bytes > share {
            let Some((_, gone)) = of_type.data.pop_front() else {
                break;
            };
            of_type.bytes -= bytes_of(&gone);
        }
        of_type.bytes += bytes;
        of_type.data.push_back((at, data));
        self.bytes = self.bytes - before + of_type.bytes;
    }

    /// Forgets the type that had no event for longest; the last one stays.
    fn forget_type(&mut self) -> bool {
        if self.types.len() < 2 {
            return false;
        }
        let gone = self.types.remove_lru();
        self.bytes -= gone.as_ref().map_or(0, |(_, gone)| gone.bytes);
        gone.is_some()
    }
}

fn bytes_of(data: &str) -> usize {
    data.len().saturating_add(BYTES_OF_EVENT)
}

fn bytes_of_type(name: &str) -> usize {
    name.len().saturating_add(BYTES_OF_TYPE)
}

#[cfg(test)]
mod tests;

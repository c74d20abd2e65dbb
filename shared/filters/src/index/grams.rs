//! Finds filters by three bytes that a text has somewhere.

use std::sync::Arc;

use imbl::OrdMap;

use super::{bucket::Bucket, entry::ByKey};

/// Bytes of a gram. Shorter literals are found by nothing.
pub(super) const WIDTH: usize = 3;
/// From how many grams on a screen is worth its memory.
const SCREENED: usize = 8;
/// Bits of the place in a screen.
const SCREEN_BITS: u32 = 13;
/// Of a literal so many places are looked at for the one that finds the fewest filters.
const PLACES: usize = 64;

/// One bit for each of the 2^13 groups of grams: whether there is a gram of the group.
type Screen = [u64; 1 << (SCREEN_BITS - 6)];

/// Filters by the grams that they hang on.
#[derive(Debug)]
pub(super) struct Grams<K> {
    buckets: OrdMap<u32, Bucket<K>>,
    screen: Option<Arc<Screen>>,
}

impl<K> Clone for Grams<K> {
    fn clone(&self) -> Self {
        Self {
            buckets: self.buckets.clone(),
            screen: self.screen.clone(),
        }
    }
}

impl<K> Default for Grams<K> {
    fn default() -> Self {
        Self {
            buckets: OrdMap::new(),
            screen: None,
        }
    }
}

/// Three bytes as a number of 24 bits. The multiplication loses nothing, as its factor is odd; it spreads grams of similar
/// letters over the groups of a screen.
fn gram(bytes: [u8; WIDTH]) -> u32 {
    let [a, b, c] = bytes;
    u32::from_be_bytes([0, a, b, c]).wrapping_mul(0x009e_3779) & 0x00ff_ffff
}

/// Word and bit of the group of a gram.
fn group(gram: u32) -> (usize, u64) {
    let group = gram >> (24 - SCREEN_BITS);
    ((group >> 6) as usize, 1 << (group & 63))
}

impl<K: Ord> Grams<K> {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// How many filters hang on a gram.
    pub(super) fn size(&self, gram: u32) -> usize {
        self.buckets.get(&gram).map_or(0, Bucket::len)
    }

    /// The gram of a literal that finds the fewest filters. `None` if the literal is too short to have any.
    pub(super) fn rarest(of: Option<&Self>, literal: &[u8]) -> Option<u32> {
        let step = (literal.len() / PLACES).max(1);
        let mut best = None;
        for window in literal.windows(WIDTH).step_by(step) {
            let gram = gram([window[0], window[1], window[2]]);
            let size = of.map_or(0, |grams| grams.size(gram));
            if best.is_none_or(|(_, least)| size < least) {
                best = Some((gram, size));
            }
            if size == 0 {
                break;
            }
        }
        best.map(|(gram, _)| gram)
    }

    /// Hangs an entry on a gram.
    pub(super) fn insert(&mut self, gram: u32, entry: ByKey<K>) {
        if let Some(bucket) = self.buckets.get_mut(&gram) {
            bucket.insert(entry);
            return;
        }
        self.buckets.insert(gram, Bucket::One(entry));
        if let Some(screen) = &mut self.screen {
            let (word, bit) = group(gram);
            Arc::make_mut(screen)[word] |= bit;
        } else if self.buckets.len() > SCREENED {
            let mut screen = [0; _];
            for (word, bit) in self.buckets.keys().map(|&gram| group(gram)) {
                screen[word] |= bit;
            }
            self.screen = Some(Arc::new(screen));
        }
    }

    /// Takes an entry from a gram.
    pub(super) fn remove(&mut self, gram: u32, key: &K) {
        let Some(bucket) = self.buckets.get_mut(&gram) else {
            return;
        };
        if !bucket.remove(key) {
            return;
        }
        self.buckets.remove(&gram);
        if self.buckets.len() <= SCREENED {
            self.screen = None;
            return;
        }
        let first = gram >> (24 - SCREEN_BITS) << (24 - SCREEN_BITS);
        let others = first..first + (1 << (24 - SCREEN_BITS));
        if let Some(screen) = &mut self.screen
            && self.buckets.range(others).next().is_none()
        {
            let (word, bit) = group(gram);
            Arc::make_mut(screen)[word] &= !bit;
        }
    }

    /// Calls `visit` with the bucket of each gram in a text; with the same again where the text has it again.
    pub(super) fn each_in<'a>(&'a self, text: &[u8], mut visit: impl FnMut(&'a Bucket<K>)) {
        for window in text.array_windows() {
            let gram = gram(*window);
            if let Some(screen) = &self.screen {
                let (word, bit) = group(gram);
                if screen[word] & bit == 0 {
                    continue;
                }
            }
            if let Some(bucket) = self.buckets.get(&gram) {
                visit(bucket);
            }
        }
    }
}

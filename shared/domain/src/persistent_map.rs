//! A map whose copies share what they have in common: tables of what is registered are replaced by changed copies.

use foldhash::fast::RandomState;
use imbl::GenericHashMap;
use imbl::shared_ptr::DefaultSharedPtr;

/// Hashes with a seed that is drawn when the process starts, so that nobody can choose names that collide. Names are short
/// and every event looks some up: `SipHash` would take five times the instructions.
pub(crate) type PersistentMap<K, V> = GenericHashMap<K, V, RandomState, DefaultSharedPtr>;

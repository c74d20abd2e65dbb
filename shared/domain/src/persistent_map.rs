//! A map whose copies share what they have in common: tables of what is registered are replaced by changed copies.

use foldhash::fast::RandomState;
use imbl::GenericHashMap;
use imbl::shared_ptr::DefaultSharedPtr;

/// Hashes by foldhash, with a seed of each process. It promises less against chosen names than `SipHash`, but names are short,
/// and every event looks some up.
pub(crate) type PersistentMap<K, V> = GenericHashMap<K, V, RandomState, DefaultSharedPtr>;

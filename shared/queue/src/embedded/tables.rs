//! What is in the file of a queue: its tables and the form of their keys.

use redb::{Key, Table, TableDefinition, Value, WriteTransaction};

/// Why the engine could not read or write.
pub(super) type EngineError = redb::Error;

/// Number of the form that everything here may be in. Goes up when an older program could not read the file.
/// Programs before 0.11 write form 1: without [`DEAD_ROWS`] and [`DEAD_SPACES`], and no delivery says how its event came
/// in. Form 2 is without [`PIECES`] and [`STAGED`].
pub(super) const FORMAT: u64 = 3;
/// Keys of [`ABOUT`]: the form of the file, the number that comes next, and the last time by the clock of the queue.
pub(super) const FORMAT_KEY: &str = "format";
pub(super) const NEXT_KEY: &str = "next";
pub(super) const CLOCK_KEY: &str = "clock";

pub(super) type Bytes = &'static [u8];
pub(super) type PlaceKey = [u8; 24];
/// Number of a value, and of its piece.
pub(super) type PieceKey = (u64, u32);

/// Figures about the queue.
pub(super) const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");
/// Lanes that hold something, by their number.
pub(super) const LANES: TableDefinition<'_, u64, Bytes> = TableDefinition::new("lanes");
/// Deliveries, by lane and place.
pub(super) const READY: TableDefinition<'_, &PlaceKey, Bytes> = TableDefinition::new("ready");
/// Deliveries that wait for one before them with the same ordering key, by lane, key and number.
pub(super) const BEHIND: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("behind");
/// How many deliveries there are with an ordering key, by lane and key.
pub(super) const ORDERING_KEYS: TableDefinition<'_, Bytes, u64> = TableDefinition::new("ordering_keys");
/// Events that do not stand in the record of their delivery, and requests for authorizers that do not, by number.
pub(super) const EVENTS: TableDefinition<'_, u64, Bytes> = TableDefinition::new("events");
/// Large values of [`EVENTS`] and [`DEAD`], in pieces.
pub(super) const PIECES: TableDefinition<'_, PieceKey, Bytes> = TableDefinition::new("pieces");
/// Values in pieces that nothing refers to yet, by number: how many pieces they have.
pub(super) const STAGED: TableDefinition<'_, u64, u32> = TableDefinition::new("staged");
/// How many deliveries an event has; one that is not here has a single one.
pub(super) const REFERENCES: TableDefinition<'_, u64, u64> = TableDefinition::new("references");
/// When a deduplication key is forgotten, by space and key.
pub(super) const DEDUPLICATION: TableDefinition<'_, Bytes, u64> = TableDefinition::new("deduplication");
/// The same in the order of time, by time and a number.
pub(super) const EXPIRIES: TableDefinition<'_, (u64, u64), Bytes> = TableDefinition::new("expiries");
/// How many deduplication keys there are, by space. Files of versions that had no bound for them say nothing of theirs.
pub(super) const KEY_COUNTS: TableDefinition<'_, &str, u64> = TableDefinition::new("deduplication_counts");
/// Dead letters, by space and number.
pub(super) const DEAD: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("dead_letters");
/// What is known of each dead letter without reading it, by number: the oldest of all comes first.
pub(super) const DEAD_ROWS: TableDefinition<'_, u64, Bytes> = TableDefinition::new("dead_letter_rows");
/// How many dead letters each space has and had to drop, and their bytes.
pub(super) const DEAD_SPACES: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("dead_letter_spaces");
/// Numbers of dead letters, by space, subscription and number.
pub(super) const DEAD_OF_SUBSCRIPTION: TableDefinition<'_, Bytes, u64> =
    TableDefinition::new("dead_letters_of_subscription");
/// Numbers of dead letters, by space and delivery id.
pub(super) const DEAD_BY_ID: TableDefinition<'_, Bytes, u64> = TableDefinition::new("dead_letters_by_id");

/// Where a delivery stands in its lane: by the time when it is due, and then by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    /// When it is due, by the clock of the queue.
    pub(super) due: u64,
    /// Its number; later ones have greater numbers.
    pub(super) number: u64,
}

impl Place {
    /// Before everything.
    pub(super) const FIRST: Self = Self { due: 0, number: 0 };
    /// Behind everything.
    pub(super) const LAST: Self = Self {
        due: u64::MAX,
        number: u64::MAX,
    };

    /// Key of the place in a lane.
    pub(super) fn key(self, lane: u64) -> PlaceKey {
        let mut key = [0; 24];
        key[..8].copy_from_slice(&lane.to_be_bytes());
        key[8..16].copy_from_slice(&self.due.to_be_bytes());
        key[16..].copy_from_slice(&self.number.to_be_bytes());
        key
    }

    /// The place that a key stands for.
    pub(super) fn of(key: &PlaceKey) -> Self {
        let number = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&key[at..at + 8]);
            u64::from_be_bytes(bytes)
        };
        Self {
            due: number(8),
            number: number(16),
        }
    }
}

/// A key of several texts, none of which can run into the next: the length of each stands before it.
pub(super) fn composed<'a>(start: &[u8], texts: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut key = start.to_vec();
    for text in texts {
        // A text of 4 GiB never comes here: it came in with a request.
        key.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
        key.extend_from_slice(text.as_bytes());
    }
    key
}

/// The first text of a composed key; what is none gives none.
pub(super) fn first_text(key: &[u8]) -> &str {
    let text = key.split_first_chunk().and_then(|(length, rest)| {
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        str::from_utf8(rest.get(..length)?).ok()
    });
    text.unwrap_or_default()
}

/// The key with a number behind it, so that what it begins with is in the order of the numbers.
pub(super) fn numbered(start: &[u8], number: u64) -> Vec<u8> {
    [start, &number.to_be_bytes()].concat()
}

/// The number at the end of a key.
pub(super) fn number_of(key: &[u8]) -> u64 {
    key.last_chunk().map_or(0, |number| u64::from_be_bytes(*number))
}

/// A table that is opened when it is first used: most transactions use few of them.
pub(super) struct Lazy<'t, K: Key + 'static, V: Value + 'static> {
    transaction: &'t WriteTransaction,
    definition: TableDefinition<'static, K, V>,
    table: Option<Table<'t, K, V>>,
}

impl<'t, K: Key + 'static, V: Value + 'static> Lazy<'t, K, V> {
    fn new(transaction: &'t WriteTransaction, definition: TableDefinition<'static, K, V>) -> Self {
        Self {
            transaction,
            definition,
            table: None,
        }
    }

    /// The table.
    pub(super) fn get(&mut self) -> Result<&mut Table<'t, K, V>, EngineError> {
        match &mut self.table {
            Some(table) => Ok(table),
            none => Ok(none.insert(self.transaction.open_table(self.definition)?)),
        }
    }
}

macro_rules! tables {
    ($($field:ident: $definition:ident, $key:ty, $value:ty;)*) => {
        /// The tables of a queue in a transaction.
        pub(super) struct Tables<'t> {
            $(pub(super) $field: Lazy<'t, $key, $value>,)*
        }

        impl<'t> Tables<'t> {
            pub(super) fn of(transaction: &'t WriteTransaction) -> Self {
                Self {
                    $($field: Lazy::new(transaction, $definition),)*
                }
            }

            /// Makes those that are not there yet.
            pub(super) fn create(&mut self) -> Result<(), EngineError> {
                $(self.$field.get()?;)*
                Ok(())
            }
        }
    };
}

tables! {
    about: ABOUT, &'static str, u64;
    lanes: LANES, u64, Bytes;
    ready: READY, &'static PlaceKey, Bytes;
    behind: BEHIND, Bytes, Bytes;
    ordering_keys: ORDERING_KEYS, Bytes, u64;
    events: EVENTS, u64, Bytes;
    pieces: PIECES, PieceKey, Bytes;
    staged: STAGED, u64, u32;
    references: REFERENCES, u64, u64;
    deduplication: DEDUPLICATION, Bytes, u64;
    key_counts: KEY_COUNTS, &'static str, u64;
    expiries: EXPIRIES, (u64, u64), Bytes;
    dead: DEAD, Bytes, Bytes;
    dead_rows: DEAD_ROWS, u64, Bytes;
    dead_spaces: DEAD_SPACES, Bytes, Bytes;
    dead_of_subscription: DEAD_OF_SUBSCRIPTION, Bytes, u64;
    dead_by_id: DEAD_BY_ID, Bytes, u64;
}

/// The file does not hold what the queue writes.
pub(super) fn corrupted(what: &str) -> EngineError {
    EngineError::Corrupted(format!("{what} of the delivery queue"))
}

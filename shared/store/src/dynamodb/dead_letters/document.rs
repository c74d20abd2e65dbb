//! The document of a dead letter: compressed JSON, in as many items as it takes.

use std::time::{Duration, SystemTime};

use clocks::since_epoch;
use domain::dead_letter::DeadLetter;
use domain::ids::{DeliveryId, Space};
use tokio::task::spawn_blocking;

use crate::dynamodb::codec::{compress, decompress};
use crate::dynamodb::items::{
    DeadLetterHead, DeadLetterId, Item, MAX_PARTS, dead_letter_partition, part_number, read_chunk,
};
use crate::dynamodb::publication::{CHUNK_BYTES, digest};
use crate::dynamodb::table::Table;
use crate::error::{CorruptValue, StoreError};

/// Number of the way in which documents are written.
const FORMAT: u64 = 1;
/// How often parts are read that do not belong together, because the dead letter was replaced between them.
const ATTEMPTS: usize = 3;
/// A document grows into a buffer of this many times its compressed size without being moved. Events differ.
const USUAL_RATIO: usize = 4;

/// A dead letter that was read.
#[derive(Debug)]
pub(super) struct Found {
    /// The dead letter.
    pub(super) dead_letter: DeadLetter,
    /// Bytes of its JSON.
    pub(super) bytes: usize,
}

/// A dead letter as its first part and the others, which the table is to forget when it is older than `max_age`.
pub(super) async fn split(
    dead_letter: &DeadLetter,
    max_age: Option<Duration>,
) -> Result<(DeadLetterHead, Vec<Vec<u8>>), StoreError> {
    let json = serde_json::to_vec(dead_letter).map_err(StoreError::unavailable)?;
    let compressed = spawn_blocking(move || compress(&json)).await;
    let document = compressed
        .map_err(StoreError::unavailable)?
        .map_err(StoreError::unavailable)?;
    let (bytes, limit) = (document.len(), MAX_PARTS * CHUNK_BYTES);
    if bytes > limit {
        return Err(StoreError::TooLarge { bytes, limit });
    }
    let mut parts = document.chunks(CHUNK_BYTES).map(<[u8]>::to_vec);
    let head = DeadLetterHead {
        id: DeadLetterId::of(dead_letter),
        format: FORMAT,
        expires: max_age.map(|age| (dead_letter.dead_at / 1000).saturating_add(age.as_secs())),
        digest: digest(&document),
        parts: bytes.div_ceil(CHUNK_BYTES),
        data: parts.next().unwrap_or_default(),
    };
    Ok((head, parts.collect()))
}

/// The dead letter of a delivery, if there is one.
pub(super) async fn read(
    table: &Table,
    space: &Space,
    delivery: &DeliveryId,
) -> Result<Option<Found>, StoreError> {
    let mut attempts = 1;
    loop {
        let mut items: Vec<Item> = Vec::new();
        let partition = dead_letter_partition(space, delivery);
        table
            .query(partition, None, |item| {
                items.extend(part_number(item).map(|_| item.clone()));
                Ok(())
            })
            .await?;
        let Some(first) = items.first().filter(|item| part_number(item) == Some(0)) else {
            return Ok(None);
        };
        let head = DeadLetterHead::read(space, delivery, first)?;
        if head.format != FORMAT {
            return Err(corrupt(&head.id, CorruptValue::Attribute { name: "format" }));
        }
        if let Some(document) = join(&head, &items) {
            return decode(head.id, document).await.map(Some);
        }
        if attempts == ATTEMPTS && has_expired(&head) {
            // The table is about to forget it, one item after another.
            return Ok(None);
        }
        if attempts == ATTEMPTS {
            return Err(corrupt(&head.id, CorruptValue::Compression));
        }
        attempts += 1;
    }
}

fn has_expired(head: &DeadLetterHead) -> bool {
    let now = since_epoch(SystemTime::now()).as_secs();
    head.expires.is_some_and(|at| at <= now)
}

/// All parts of a document, if they are of one.
fn join(head: &DeadLetterHead, items: &[Item]) -> Option<Vec<u8>> {
    let mut document = Vec::with_capacity(head.parts * CHUNK_BYTES.min(head.data.len()));
    for part in 0..head.parts {
        let item = items.get(part).filter(|item| part_number(item) == Some(part))?;
        document.extend_from_slice(read_chunk(item).ok()?);
    }
    (digest(&document) == head.digest).then_some(document)
}

async fn decode(id: DeadLetterId, document: Vec<u8>) -> Result<Found, StoreError> {
    let decoded = spawn_blocking(move || {
        let json = decompress(&document, document.len() * USUAL_RATIO)?;
        let dead_letter: DeadLetter = serde_json::from_slice(&json)?;
        let bytes = json.len();
        Ok(Found { dead_letter, bytes })
    });
    let decoded: Result<Found, CorruptValue> = decoded.await.map_err(StoreError::unavailable)?;
    let found = decoded.map_err(|source| corrupt(&id, source))?;
    if DeadLetterId::of(&found.dead_letter) != id {
        return Err(corrupt(&id, CorruptValue::Misplaced));
    }
    Ok(found)
}

fn corrupt(id: &DeadLetterId, source: CorruptValue) -> StoreError {
    StoreError::Corrupt {
        key: id.part_key(0).to_string(),
        source,
    }
}

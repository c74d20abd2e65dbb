//! Published snapshots: the resources of a space at a version, ready to be loaded with one read.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use clocks::since_epoch;
use domain::configuration::Snapshot;
use domain::ids::Space;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sha2::{Digest as _, Sha256};
use tokio::task::spawn_blocking;

use super::codec::{self, FORMAT};
use super::items::{
    DocumentId, EXPIRES_NAME, FORMAT_NAME, Head, IS_NEWER, Item, LET_EXPIRE, PK, VERSION_NAME, read_chunk,
};
use super::opened::Opened;
use super::space_snapshot::SpaceSnapshot;
use super::table::{Table, lenient, readable, unavailable};
use crate::encryption::SealingKey;
use crate::error::StoreError;

/// Most bytes of a part. An item may have 400 KiB, attribute names and keys included.
pub(super) const CHUNK_BYTES: usize = 350_000;
/// How many parts of a document are read or written at once.
const PARALLEL_CHUNKS: usize = 8;
/// How long the parts of a document that was replaced stay, for those that read it at that moment. Whoever takes longer
/// reads the resources instead.
const GRACE: Duration = Duration::from_hours(1);

/// The newest published snapshot of a space, if it is of a version or newer and nothing of it is damaged. `None` sends
/// the caller to the resources themselves: a snapshot is never more than a shortcut.
pub(super) async fn read(
    table: &Table,
    space: &Space,
    at_least: u64,
) -> Result<Option<Opened<SpaceSnapshot>>, StoreError> {
    let Some(item) = table.get(Head::key(space)).await? else {
        return Ok(None);
    };
    let Some(head) = readable(Head::read(space, &item)) else {
        return Ok(None);
    };
    if head.format != FORMAT || head.id.version < at_least {
        return Ok(None);
    }
    let Some(document) = read_parts(table, &head).await? else {
        tracing::warn!(space = %head.id.space, version = head.id.version, "published snapshot is incomplete");
        return Ok(None);
    };
    let named = space.clone();
    let decoded = spawn_blocking(move || codec::decode(&named, &document)).await;
    let decoded = decoded.map_err(StoreError::unavailable)?;
    let key = || Head::key(space).to_string();
    let Some(read) = readable(decoded.map_err(|source| StoreError::Corrupt { key: key(), source })) else {
        return Ok(None);
    };
    if read.value.version != head.id.version {
        return Ok(None);
    }
    let Some(seal) = read.seal else {
        return Ok(Some(Opened::all(read.value)));
    };
    let opened = match table.key(space, &seal, &key()).await {
        Ok(opening) => codec::open(&read.value, &opening, &key()),
        Err(error) => Err(error),
    };
    match lenient(opened) {
        Ok(opened) => Ok(opened.map(Opened::all)),
        // Without the key the resources could not be read either.
        Err(error) => Ok(Some(Opened::closed(read.value, error))),
    }
}

/// Version of the newest published snapshot of a space, if there is one that is not of an
/// older program: that leaves out what it does not know.
pub(super) async fn version(table: &Table, space: &Space) -> Result<Option<u64>, StoreError> {
    let item = table.get(Head::key(space)).await?;
    let head = item.and_then(|item| readable(Head::read(space, &item)));
    Ok(head
        .filter(|head| head.format >= FORMAT)
        .map(|head| head.id.version))
}

/// All bytes of a document; `None` when some are gone, as those of a snapshot that was replaced meanwhile.
async fn read_parts(table: &Table, head: &Head) -> Result<Option<Vec<u8>>, StoreError> {
    let parts: Vec<Option<Item>> = stream::iter(1..head.chunks)
        .map(|number| table.get(head.id.chunk_key(number)))
        .buffered(PARALLEL_CHUNKS)
        .try_collect()
        .await?;
    let mut document = head.data.clone();
    for part in parts {
        let Some(part) = part else { return Ok(None) };
        let Some(data) = readable(read_chunk(&part)) else {
            return Ok(None);
        };
        document.extend_from_slice(data);
    }
    Ok(Some(document))
}

/// Publishes a snapshot, unless one of that version or a newer one is there already. A snapshot of that version in an older
/// format is replaced, too.
pub(super) async fn write(table: &Table, space: &Space, state: SpaceSnapshot) -> Result<(), StoreError> {
    let SpaceSnapshot { version, snapshot } = state;
    let key = table.snapshot_key(space, &snapshot).await?;
    let document = encode(space.clone(), version, snapshot, key).await?;
    let mut parts = document.chunks(CHUNK_BYTES).map(<[u8]>::to_vec);
    let head = Head {
        id: DocumentId {
            space: space.clone(),
            version,
            digest: digest(&document),
        },
        format: FORMAT,
        chunks: document.len().div_ceil(CHUNK_BYTES) as u64,
        data: parts.next().unwrap_or_default(),
    };
    // The head comes last: whoever sees it finds the rest.
    stream::iter((1..).zip(parts))
        .map(|(number, data)| put(table, head.id.chunk(number, data)))
        .buffer_unordered(PARALLEL_CHUNKS)
        .try_collect::<()>()
        .await?;
    let (id, chunks) = (head.id.clone(), head.chunks);
    match put_head(table, head).await? {
        PutHead::Replaced(Some(before)) => let_expire(table, &before.id, before.chunks).await,
        // Another may have published the very same document: its parts are these.
        PutHead::Refused(Some(current)) if current.id != id => let_expire(table, &id, chunks).await,
        PutHead::Replaced(None) | PutHead::Refused(_) => {}
    }
    Ok(())
}

async fn encode(
    space: Space,
    version: u64,
    snapshot: Snapshot,
    key: Option<Arc<SealingKey>>,
) -> Result<Arc<[u8]>, StoreError> {
    let encoded = spawn_blocking(move || codec::encode(&space, version, &snapshot, key.as_deref())).await;
    let bytes = encoded.map_err(StoreError::unavailable)?;
    Ok(bytes.map_err(StoreError::unavailable)?.into())
}

/// Start of the hash of a document, by which its parts are told from those of another.
pub(super) fn digest(document: &[u8]) -> String {
    let hash = Sha256::digest(document);
    let start = hash
        .iter()
        .take(8)
        .fold(0, |start: u64, byte| start << 8 | u64::from(*byte));
    format!("{start:016x}")
}

/// What became of a head.
enum PutHead {
    /// It is there, in the place of another.
    Replaced(Option<Head>),
    /// It is not: this one is there and no older.
    Refused(Option<Head>),
}

async fn put_head(table: &Table, head: Head) -> Result<PutHead, StoreError> {
    let (space, version, format) = (head.id.space.clone(), head.id.version, head.format);
    let call = table
        .client
        .put_item()
        .table_name(&table.name)
        .set_item(Some(head.into_item()))
        .condition_expression(IS_NEWER)
        .expression_attribute_names("#pk", PK)
        .expression_attribute_names("#version", VERSION_NAME)
        .expression_attribute_names("#format", FORMAT_NAME)
        .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
        .expression_attribute_values(":format", AttributeValue::N(format.to_string()))
        .return_values(ReturnValue::AllOld)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let read = |item: Option<&Item>| item.and_then(|item| readable(Head::read(&space, item)));
    match call.send().await {
        Ok(output) => Ok(PutHead::Replaced(read(output.attributes()))),
        Err(err) => match err.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                Ok(PutHead::Refused(read(failed.item())))
            }
            _ => Err(unavailable(err)),
        },
    }
}

async fn put(table: &Table, item: Item) -> Result<(), StoreError> {
    let call = table.client.put_item().table_name(&table.name);
    call.set_item(Some(item)).send().await.map_err(unavailable)?;
    Ok(())
}

/// Has the table forget the parts of a document that nobody will look for again. Should that fail they take up room, and
/// nothing else.
async fn let_expire(table: &Table, id: &DocumentId, chunks: u64) {
    let at = since_epoch(SystemTime::now() + GRACE).as_secs();
    let at = AttributeValue::N(at.to_string());
    let (update, condition) = LET_EXPIRE;
    for number in 1..chunks {
        let call = table
            .client
            .update_item()
            .table_name(&table.name)
            .set_key(Some(id.chunk_key(number).into_item()))
            .update_expression(update)
            .condition_expression(condition)
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#expires", EXPIRES_NAME)
            .expression_attribute_values(":expires", at.clone());
        if let Err(err) = call.send().await.map_err(unavailable) {
            tracing::warn!(space = %id.space, version = id.version, error = %err, "replaced snapshot is not cleared away");
        }
    }
}

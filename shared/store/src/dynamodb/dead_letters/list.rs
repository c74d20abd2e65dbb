//! Lists of dead letters, page by page.

use domain::dead_letter::{DeadLetterPage, MAX_PAGE_BYTES};
use domain::ids::{Space, SubscriptionId};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::document::Found;
use super::{cursor, document};
use crate::dynamodb::items::{DeadLetterId, Item, Pointer, pointers_partition, sort_key};
use crate::dynamodb::table::{Table, readable};
use crate::error::StoreError;

/// How many dead letters are read or deleted at once.
pub(super) const PARALLEL: usize = 8;

/// At most `limit` dead letters, as `show` has them, filled up where some cannot be read: a page with a `next` is never empty.
pub(super) async fn page<T>(
    table: &Table,
    space: &Space,
    subscription: Option<&SubscriptionId>,
    limit: usize,
    after: Option<&str>,
    show: impl Fn(Found) -> T,
) -> Result<DeadLetterPage<T>, StoreError> {
    let mut after = after.and_then(cursor::decode);
    let mut dead_letters = Vec::new();
    let mut bytes = 0;
    let mut has_more = true;
    'full: while has_more && dead_letters.len() < limit {
        let partition = pointers_partition(space, subscription);
        let wanted = limit - dead_letters.len();
        let pointers = table.page(partition, after.as_deref(), wanted).await?;
        has_more = pointers.has_more;
        let passed: Vec<_> = pointers
            .items
            .iter()
            .map(|item| sort_key(item).map(str::to_owned))
            .collect();
        let mut passed = passed.into_iter().flatten();
        let mut reads = stream::iter(pointers.items)
            .map(|item| follow(table, space, item))
            .buffered(PARALLEL);
        while let Some(found) = reads.try_next().await? {
            if let Some(found) = found {
                if !dead_letters.is_empty() && bytes + found.bytes > MAX_PAGE_BYTES {
                    has_more = true;
                    break 'full;
                }
                bytes += found.bytes;
                dead_letters.push(show(found));
            }
            after = passed.next();
        }
    }
    let next = after.filter(|_| has_more);
    Ok(DeadLetterPage {
        dead_letters,
        next: next.as_deref().map(cursor::encode),
        dropped: 0,
    })
}

/// The dead letter that a pointer leads to. One that is gone or has come to another place of the list since the pointer
/// was read is left out, as is what cannot be read.
async fn follow(table: &Table, space: &Space, item: Item) -> Result<Option<Found>, StoreError> {
    let Some(pointer) = readable(Pointer::read(&item)) else {
        return Ok(None);
    };
    let found = match document::read(table, space, &pointer.delivery).await {
        corrupt @ Err(StoreError::Corrupt { .. }) => readable(corrupt).flatten(),
        found => found?,
    };
    let found = found.filter(|found| DeadLetterId::of(&found.dead_letter).sort_key() == pointer.sort_key);
    if found.is_none() {
        tracing::warn!(%space, delivery = %pointer.delivery, "dead letter is left out of a list");
    }
    Ok(found)
}

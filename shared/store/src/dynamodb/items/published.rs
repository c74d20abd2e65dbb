//! Items of published snapshots. The head of a space's newest snapshot holds as much of the document as fits, so that
//! of a usual space it is one item; what does not fit lies beside it in chunks.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::Space;

use super::{Item, Key, VERSION, bounded, corrupt, number, read_number, read_text, text};
use crate::error::{CorruptValue, StoreError};

/// Way in which the document is written.
pub(super) const FORMAT: &str = "format";
/// In how many parts it is, the head's included.
pub(super) const CHUNKS: &str = "chunks";
/// What tells the document from others of the same version.
pub(super) const DIGEST: &str = "digest";
/// A part of the document.
const DATA: &str = "data";
/// When the table may forget an item, in seconds since 1970.
pub(super) const EXPIRES: &str = "expires";

/// What tells the parts of one document from those of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct DocumentId {
    /// The space.
    pub(in super::super) space: Space,
    /// Version of the space.
    pub(in super::super) version: u64,
    /// Start of the hash of all its bytes. Two that publish the same version at once may have read different states
    /// of the space, and their parts must not mix.
    pub(in super::super) digest: String,
}

/// The head of the newest published snapshot of a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Head {
    /// Which document it is of.
    pub(in super::super) id: DocumentId,
    /// Way in which the document is written.
    pub(in super::super) format: u64,
    /// In how many parts it is, this one included.
    pub(in super::super) chunks: u64,
    /// The first part.
    pub(in super::super) data: Vec<u8>,
}

impl DocumentId {
    /// Where a part is that is not in the head, counted from 1.
    pub(in super::super) fn chunk_key(&self, number: u64) -> Key {
        let Self {
            space,
            version,
            digest,
        } = self;
        Key {
            pk: partition(space),
            sk: format!("{version:020}#{digest}#{number:04}"),
        }
    }

    /// The item of such a part.
    pub(in super::super) fn chunk(&self, number: u64, data: Vec<u8>) -> Item {
        let mut item = self.chunk_key(number).into_item();
        item.extend([binary(data)]);
        item
    }
}

impl Head {
    /// Where the head is.
    pub(in super::super) fn key(space: &Space) -> Key {
        Key {
            pk: partition(space),
            sk: "LATEST".to_owned(),
        }
    }

    /// The item.
    pub(in super::super) fn into_item(self) -> Item {
        let Self {
            id,
            format,
            chunks,
            data,
        } = self;
        let mut item = Self::key(&id.space).into_item();
        item.extend([
            number(VERSION, id.version),
            text(DIGEST, id.digest),
            number(FORMAT, format),
            number(CHUNKS, chunks),
            binary(data),
        ]);
        item
    }

    /// Reads the item of a space.
    pub(in super::super) fn read(space: &Space, item: &Item) -> Result<Self, StoreError> {
        let decode = || {
            Ok(Self {
                id: DocumentId {
                    space: space.clone(),
                    version: read_number(item, VERSION)?,
                    digest: read_text(item, DIGEST)?.to_owned(),
                },
                format: read_number(item, FORMAT)?,
                chunks: read_number(item, CHUNKS)?,
                data: binary_of(item)?.to_vec(),
            })
        };
        decode().map_err(|source| corrupt(item, source))
    }
}

/// The part of a document that an item holds.
pub(in super::super) fn read_chunk(item: &Item) -> Result<&[u8], StoreError> {
    binary_of(item).map_err(|source| corrupt(item, source))
}

/// Condition under which a head replaces the one that is there: it is of a newer version, or of the same one in a newer
/// format. Takes the names `#pk`, `#version` and `#format` and the values `:version` and `:format`.
pub(in super::super) const IS_NEWER: &str =
    "attribute_not_exists(#pk) OR #version < :version OR (#version = :version AND #format < :format)";
/// Lets an item expire that is there. Takes the names `#pk` and `#expires` and the value `:expires`.
pub(in super::super) const LET_EXPIRE: (&str, &str) = ("SET #expires = :expires", "attribute_exists(#pk)");
/// What `#version` stands for.
pub(in super::super) const VERSION_NAME: &str = VERSION;
/// What `#format` stands for.
pub(in super::super) const FORMAT_NAME: &str = FORMAT;
/// What `#expires` stands for.
pub(in super::super) const EXPIRES_NAME: &str = EXPIRES;

fn partition(space: &Space) -> String {
    bounded("SNAPSHOT#", space.as_str())
}

/// A part of a document as an attribute.
pub(super) fn binary(value: Vec<u8>) -> (String, AttributeValue) {
    (DATA.to_owned(), AttributeValue::B(Blob::new(value)))
}

/// The part of a document that an item holds.
pub(super) fn binary_of(item: &Item) -> Result<&[u8], CorruptValue> {
    match item.get(DATA) {
        Some(AttributeValue::B(value)) => Ok(value.as_ref()),
        _ => Err(CorruptValue::Attribute { name: DATA }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        Head {
            id: DocumentId {
                space: "default".into(),
                version: 42,
                digest: "0123456789abcdef".to_owned(),
            },
            format: 1,
            chunks: 3,
            data: vec![0, 255],
        }
    }

    #[test]
    fn heads_are_read_back() {
        let item = head().into_item();
        assert_eq!(Head::read(&"default".into(), &item).unwrap(), head());
        for name in [VERSION, DIGEST, FORMAT, CHUNKS, DATA] {
            let mut item = item.clone();
            item.insert(name.to_owned(), AttributeValue::Bool(true));
            let err = Head::read(&"default".into(), &item).unwrap_err();
            assert!(matches!(err, StoreError::Corrupt { .. }), "{name}: {err}");
        }
    }

    #[test]
    fn keys() {
        let id = head().id;
        assert_eq!(Head::key(&id.space).to_string(), "SNAPSHOT#default/LATEST");
        assert_eq!(
            id.chunk_key(7).to_string(),
            "SNAPSHOT#default/00000000000000000042#0123456789abcdef#0007"
        );
        assert_eq!(read_chunk(&id.chunk(7, vec![1, 2])).unwrap(), [1, 2]);
    }
}

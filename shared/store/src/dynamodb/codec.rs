//! The document of a published snapshot: all resources of a space at a version, as compressed JSON.

use std::borrow::Cow;
use std::io::{Read as _, Write as _};
use std::sync::Arc;

use domain::configuration::{Configured, Snapshot, Stored};
use domain::ids::Space;
use domain::resource::{ApiKey, Cors, EventType, Function, SpaceSettings, Subscription, Tenant};
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::{Deserialize, Serialize};

use super::sealing::opened;
use super::space_snapshot::SpaceSnapshot;
use crate::encryption::{Seal, SealError, Sealed, SealingKey, has_secrets};
use crate::error::{CorruptValue, StoreError};

/// Number of the way in which documents are written. A reader that does not know it leaves the document alone. What 1 was
/// written by knows no authorizers of subscriptions and no settings of spaces, and leaves them out; what 2 was written by
/// knows no filters; what 3 was written by leaves the keys of spaces out; what 4 was written by knows
/// no tenants.
pub(super) const FORMAT: u64 = 5;

/// Of 10,000 subscriptions this leaves a twenty-fifth. Higher levels take twice as long or more for the next twentieth of
/// that, and all are inflated in the same time (docs/adr/0006).
const LEVEL: Compression = Compression::new(3);

/// Documents of any size grow into a buffer of this many times their compressed size without being moved.
const USUAL_RATIO: usize = 24;

/// A document that cannot be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum EncodeError {
    /// It cannot be compressed.
    #[error(transparent)]
    Compression(#[from] std::io::Error),
    /// Its secrets cannot be encrypted.
    #[error(transparent)]
    Secrets(#[from] SealError),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SnapshotDocument<E, F, S, C, P, K, T> {
    space: Space,
    version: u64,
    /// With what the secrets of the functions are encrypted, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seal: Option<Seal>,
    event_types: Vec<Entry<E>>,
    functions: Vec<Entry<F>>,
    subscriptions: Vec<Entry<S>>,
    cors: Vec<Entry<C>>,
    /// None or one; absent from documents of before spaces had settings.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    settings: Vec<Entry<P>>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    keys: Vec<Entry<K>>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    tenants: Vec<Entry<T>>,
}

/// A resource and its place in the order of creation.
#[derive(Serialize, Deserialize)]
struct Entry<R> {
    created: u64,
    resource: R,
}

/// Writes a document, the secrets in it encrypted if there is a key. Without one the same state of a space always gives
/// the same bytes.
pub(super) fn encode(
    space: &Space,
    version: u64,
    snapshot: &Snapshot,
    key: Option<&SealingKey>,
) -> Result<Vec<u8>, EncodeError> {
    let mut functions: Vec<Entry<Cow<'_, Function>>> = entries(snapshot);
    if let Some(key) = key {
        for function in functions.iter_mut().filter(|entry| has_secrets(&*entry.resource)) {
            key.close(function.resource.to_mut())?;
        }
    }
    let document = SnapshotDocument {
        space: space.clone(),
        version,
        seal: key.map(|key| key.seal().clone()),
        event_types: entries::<EventType>(snapshot),
        functions,
        subscriptions: entries::<Subscription>(snapshot),
        cors: entries::<Cors>(snapshot),
        settings: entries::<SpaceSettings>(snapshot),
        keys: entries::<ApiKey>(snapshot),
        tenants: entries::<Tenant>(snapshot),
    };
    let json = serde_json::to_vec(&document).map_err(std::io::Error::from)?;
    Ok(compress(&json)?)
}

/// Compresses a text. The same text always gives the same bytes.
pub(super) fn compress(json: &[u8]) -> Result<Vec<u8>, std::io::Error> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(json.len() / USUAL_RATIO), LEVEL);
    encoder.write_all(json)?;
    encoder.finish()
}

/// The text that was compressed, read into a buffer that has room for so many bytes to begin with.
pub(super) fn decompress(compressed: &[u8], room: usize) -> Result<Vec<u8>, CorruptValue> {
    let mut json = Vec::with_capacity(room);
    ZlibDecoder::new(compressed)
        .read_to_end(&mut json)
        .map_err(|_| CorruptValue::Compression)?;
    Ok(json)
}

/// Reads the document of a space; its secrets are as they are stored. Errors show nothing of it.
pub(super) fn decode(space: &Space, compressed: &[u8]) -> Result<Sealed<SpaceSnapshot>, CorruptValue> {
    let json = decompress(compressed, compressed.len() * USUAL_RATIO)?;
    let document: SnapshotDocument<EventType, Function, Subscription, Cors, SpaceSettings, ApiKey, Tenant> =
        serde_json::from_slice(&json)?;
    if document.space != *space {
        return Err(CorruptValue::Misplaced);
    }
    let mut snapshot = Snapshot::default();
    insert(&mut snapshot, space, document.event_types)?;
    insert(&mut snapshot, space, document.functions)?;
    insert(&mut snapshot, space, document.subscriptions)?;
    insert(&mut snapshot, space, document.cors)?;
    insert(&mut snapshot, space, document.settings)?;
    insert(&mut snapshot, space, document.keys)?;
    insert(&mut snapshot, space, document.tenants)?;
    Ok(Sealed {
        value: SpaceSnapshot {
            version: document.version,
            snapshot,
        },
        seal: document.seal,
    })
}

/// The snapshot with the secrets of its functions opened.
pub(super) fn open(state: &SpaceSnapshot, key: &SealingKey, at: &str) -> Result<SpaceSnapshot, StoreError> {
    let mut snapshot = state.snapshot.clone();
    for function in state.snapshot.iter::<Function>() {
        snapshot.insert(opened(key, function, at)?);
    }
    Ok(SpaceSnapshot {
        version: state.version,
        snapshot,
    })
}

fn entries<R: Configured>(snapshot: &Snapshot) -> Vec<Entry<Cow<'_, R>>> {
    let stored = snapshot.iter::<R>();
    stored
        .map(|Stored { resource, created }| Entry {
            created: *created,
            resource: Cow::Borrowed(&**resource),
        })
        .collect()
}

fn insert<R: Configured>(
    snapshot: &mut Snapshot,
    space: &Space,
    entries: Vec<Entry<R>>,
) -> Result<(), CorruptValue> {
    for Entry { created, resource } in entries {
        if resource.space() != space {
            return Err(CorruptValue::Misplaced);
        }
        let resource = Arc::new(resource);
        snapshot.insert(Stored { resource, created });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI";

    fn put<R: Configured>(snapshot: &mut Snapshot, created: u64, body: &str) {
        let resource = Arc::new(R::decode(&"one".into(), None, body.as_bytes()).unwrap());
        snapshot.insert(Stored { resource, created });
    }

    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot::default();
        let function = format!(
            r#"{{"functionId":"f","type":"awslambda","provider":{{"arn":"arn:aws:lambda:us-east-1:1:function:f",
            "region":"us-east-1","awsAccessKeyId":"AKIA","awsSecretAccessKey":"{SECRET}"}},"metadata":{{"ä":"\n"}}}}"#
        );
        put::<Function>(&mut snapshot, 4, &function);
        put::<EventType>(&mut snapshot, 2, r#"{"name":"e","authorizerId":"f"}"#);
        put::<Subscription>(
            &mut snapshot,
            u64::MAX,
            r#"{"type":"sync","eventType":"e","functionId":"f","path":"/a/:b","method":"GET"}"#,
        );
        put::<SpaceSettings>(&mut snapshot, 3, r#"{"paths":"specific","unmatched":404}"#);
        put::<ApiKey>(&mut snapshot, 5, r#"{"name":"k","role":"emitter"}"#);
        put::<Cors>(&mut snapshot, 0, r#"{"method":"GET","path":"/a"}"#);
        snapshot
    }

    fn all<R: Configured>(snapshot: &Snapshot) -> Vec<&Stored<R>> {
        snapshot.iter().collect()
    }

    #[test]
    fn documents_are_read_back() {
        for snapshot in [snapshot(), Snapshot::default()] {
            let bytes = encode(&"one".into(), 42, &snapshot, None).unwrap();
            let read = decode(&"one".into(), &bytes).unwrap().value;
            assert_eq!(read.version, 42);
            assert_eq!(all::<EventType>(&read.snapshot), all::<EventType>(&snapshot));
            assert_eq!(all::<Function>(&read.snapshot), all::<Function>(&snapshot));
            assert_eq!(
                all::<Subscription>(&read.snapshot),
                all::<Subscription>(&snapshot)
            );
            assert_eq!(all::<Cors>(&read.snapshot), all::<Cors>(&snapshot));
            assert_eq!(all::<ApiKey>(&read.snapshot), all::<ApiKey>(&snapshot));
            assert_eq!(read.snapshot.settings(), snapshot.settings());
            assert_eq!(encode(&"one".into(), 42, &read.snapshot, None).unwrap(), bytes);
        }
    }

    #[test]
    fn damage_is_noticed_and_shows_nothing() {
        let space = Space::from("one");
        let bytes = encode(&space, 42, &snapshot(), None).unwrap();
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 1;
        for (bytes, space) in [
            (&bytes[..bytes.len() - 5], "one"),
            (&bytes[..1], "one"),
            (b"", "one"),
            (&flipped, "one"),
            (&bytes, "two"),
        ] {
            let err = decode(&space.into(), bytes).unwrap_err();
            assert!(!format!("{err:?} {err}").contains(SECRET), "{err:?}");
        }
    }
}

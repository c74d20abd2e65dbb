//! How long a key that was revoked opens anything, whatever happens to the instance that is asked.

use domain::api_key::{GivenKey, SecretDigest, key_text};
use domain::ids::{KeyId, Space};
use domain::resource::{ApiKey, Resource as _, SpaceSettings};
use domain::routing::{KeyRefusal, Sending};

use super::TestTable;
use super::instance::Instance;

const HOUR_MILLIS: u32 = 3_600_000;
const SECRET: &str = "0123456789abcdefghijABCDEFGHIJ";
const ID: &str = "abcDEF0123";

/// Whether an instance takes an event for a space with its key.
async fn admits(instance: &Instance, space: &Space) -> Result<(), KeyRefusal> {
    let key = GivenKey::read(&key_text(&ID.into(), SECRET));
    let sending = Sending {
        key: Some(&key),
        event_type: Some("e"),
        path: "/",
        now: 0,
    };
    instance.routes().await.unwrap().admits(space, &sending)
}

/// A table with a space that wants keys and has one, which was published or not.
async fn guarded(space: &Space, is_published: bool) -> (TestTable, Instance) {
    let table = TestTable::create().await;
    let writer = Instance::new(&table);
    let settings = SpaceSettings::decode(space, None, br#"{"emit":"key"}"#).unwrap();
    writer.store.create(settings).await.unwrap();
    let key = ApiKey::decode(space, Some(&KeyId::from(ID)), br#"{"name":"k","role":"emitter"}"#).unwrap();
    writer
        .store
        .create(key.with_secret(SecretDigest::of(SECRET), 0))
        .await
        .unwrap();
    if is_published {
        writer.dynamodb.publisher().catch_up().await.unwrap();
    }
    (table, writer)
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_beyond_the_bound() {
    for is_published in [true, false] {
        for shift in [
            |instance: &Instance| instance.shift.freeze(2 * HOUR_MILLIS + 1),
            |instance: &Instance| instance.shift.stop_wall_clock(2 * HOUR_MILLIS + 1),
            |instance: &Instance| instance.shift.set_wall_clock_back(HOUR_MILLIS),
        ] {
            let space = Space::from("guarded");
            let (table, writer) = guarded(&space, is_published).await;
            let reader = Instance::new(&table);
            assert_eq!(admits(&reader, &space).await, Ok(()));
            writer.store.delete::<ApiKey>(&space, &ID.into()).await.unwrap();
            // Nothing has told it yet: what follows is due to the clock alone.
            assert_eq!(admits(&reader, &space).await, Ok(()));
            shift(&reader);
            assert_eq!(admits(&reader, &space).await, Err(KeyRefusal::Unknown));
            table.delete().await;
        }
    }
}

/// What is published says whom a space takes as well, so that a new instance is never open for a moment.
#[tokio::test]
async fn a_new_instance_knows_the_keys_from_the_first_request_on() {
    let space = Space::from("guarded");
    let (table, _writer) = guarded(&space, true).await;
    let reader = Instance::new(&table);
    assert_eq!(admits(&reader, &space).await, Ok(()));
    assert_eq!(reader.queries(), 1, "the snapshot was read, and no items");
    assert!(reader.routes().await.unwrap().needs_keys());
    table.delete().await;
}

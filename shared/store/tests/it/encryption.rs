//! Encryption of the embedded store: what is in its file, which keys open it, and what happens without them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::ids::Space;
use domain::resource::Function;
use redb::ReadableTable as _;
use store::{Embedded, EmbeddedSettings, KeyFile, OpenError, Store};

use crate::resources::{decode, function};

/// Secrets of the functions of these tests.
pub(crate) const SECRETS: [&str; 3] = [
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMIbPxRfiCYEXAMPLEKEY",
    "FwoGZXIvYXdz",
];

/// A function with secrets.
pub(crate) fn with_secrets(space: &Space, id: &str) -> Function {
    let [key_id, key, token] = SECRETS;
    let body = format!(
        r#"{{"functionId":"{id}","type":"awslambda","provider":{{"arn":"a","region":"r","awsAccessKeyId":"{key_id}",
        "awsSecretAccessKey":"{key}","awsSessionToken":"{token}"}}}}"#
    );
    decode(space, None, &body)
}

/// Whether any of the secrets is among bytes.
pub(crate) fn shows_secrets(bytes: &[u8]) -> bool {
    let has = |secret: &str| {
        bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes())
    };
    SECRETS.into_iter().any(has)
}

fn keys(directory: &Path, firsts: &[u8]) -> KeyFile {
    let path = directory.join(format!("keys{firsts:?}"));
    let lines = firsts
        .iter()
        .map(|first| format!("{}\n", STANDARD.encode([*first; 32])));
    fs::write(&path, lines.collect::<String>()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    KeyFile::read(&path).unwrap()
}

fn open(directory: &Path, keys: Option<KeyFile>) -> Result<Store, OpenError> {
    let settings = EmbeddedSettings {
        keys,
        ..EmbeddedSettings::new(directory)
    };
    Embedded::open(settings).map(Store::Embedded)
}

fn bytes(directory: &Path) -> Vec<u8> {
    fs::read(directory.join("configuration.redb")).unwrap()
}

async fn get(store: &Store, space: &Space, id: &str) -> Function {
    Function::clone(&*store.get::<Function>(space, &id.into()).await.unwrap())
}

/// The error and all its causes.
fn refusal(opened: Result<Store, OpenError>) -> String {
    let err = opened.unwrap_err();
    let causes = std::iter::successors(Some(&err as &dyn std::error::Error), |&err| err.source());
    causes
        .map(|err| format!("{err} {err:?} "))
        .collect::<Vec<_>>()
        .concat()
}

#[tokio::test]
async fn no_secret_is_in_the_file_and_all_are_there_again() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let directory = folder.path();
    let space = Space::from("default");
    let store = open(directory, Some(keys(other.path(), &[1]))).unwrap();
    store.create(with_secrets(&space, "f")).await.unwrap();
    store.create(function(&space, "plain")).await.unwrap();
    store.update(with_secrets(&space, "f")).await.unwrap();
    assert_eq!(get(&store, &space, "f").await, with_secrets(&space, "f"));
    drop(store);
    assert!(!shows_secrets(&bytes(directory)));
    let store = open(directory, Some(keys(other.path(), &[1]))).unwrap();
    assert_eq!(get(&store, &space, "f").await, with_secrets(&space, "f"));
    assert_eq!(get(&store, &space, "plain").await, function(&space, "plain"));
}

#[tokio::test]
async fn the_wrong_key_or_none_ends_the_start_and_loses_nothing() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let directory = folder.path();
    let space = Space::from("default");
    let right = keys(other.path(), &[1]);
    drop(open(directory, Some(right.clone())).unwrap());
    let store = open(directory, Some(right.clone())).unwrap();
    store.create(with_secrets(&space, "f")).await.unwrap();
    drop(store);
    for (keys, want) in [
        (None, "are encrypted with a key of a key file, and none is set"),
        (Some(keys(other.path(), &[2])), "which is not in the key file"),
    ] {
        let text = refusal(open(directory, keys));
        assert!(
            text.contains("function/default/f cannot be decrypted") && text.contains(want),
            "{text}"
        );
        assert!(!shows_secrets(text.as_bytes()), "{text}");
    }
    let store = open(directory, Some(right)).unwrap();
    assert_eq!(get(&store, &space, "f").await, with_secrets(&space, "f"));
}

#[tokio::test]
async fn keys_are_replaced_write_by_write() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let directory = folder.path();
    let space = Space::from("default");
    // What was stored before there was a key stays readable, and is encrypted when it is next written.
    let store = open(directory, None).unwrap();
    store.create(with_secrets(&space, "f")).await.unwrap();
    store.create(with_secrets(&space, "g")).await.unwrap();
    drop(store);
    assert!(shows_secrets(&bytes(directory)));
    let store = open(directory, Some(keys(other.path(), &[1]))).unwrap();
    assert_eq!(get(&store, &space, "f").await, with_secrets(&space, "f"));
    store.update(with_secrets(&space, "f")).await.unwrap();
    drop(store);
    let store = open(directory, Some(keys(other.path(), &[2, 1]))).unwrap();
    assert_eq!(get(&store, &space, "f").await, with_secrets(&space, "f"));
    assert!(
        refusal_of(directory, &keys(other.path(), &[2])).is_none(),
        "it is in use"
    );
    store.update(with_secrets(&space, "f")).await.unwrap();
    drop(store);
    let store = open(directory, Some(keys(other.path(), &[2]))).unwrap();
    assert_eq!(get(&store, &space, "f").await, with_secrets(&space, "f"));
    assert_eq!(get(&store, &space, "g").await, with_secrets(&space, "g"));
}

/// The text of the refusal, unless it is that the store is in use.
fn refusal_of(directory: &Path, keys: &KeyFile) -> Option<String> {
    match open(directory, Some(keys.clone())) {
        Err(OpenError::InUse { .. }) => None,
        opened => Some(refusal(opened)),
    }
}

#[tokio::test]
async fn a_secret_that_is_moved_to_another_function_is_not_opened() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let directory = folder.path();
    let space = Space::from("default");
    let keys = keys(other.path(), &[1]);
    let store = open(directory, Some(keys.clone())).unwrap();
    store.create(with_secrets(&space, "victim")).await.unwrap();
    drop(store);
    // What one who can write the file would do: its own function, with the sealed secrets of another.
    let file = directory.join("configuration.redb");
    let table = redb::TableDefinition::<&str, &[u8]>::new("resources");
    let database = redb::Database::open(&file).unwrap();
    let write = database.begin_write().unwrap();
    {
        let mut records = write.open_table(table).unwrap();
        let record = records
            .get("function/default/victim")
            .unwrap()
            .unwrap()
            .value()
            .to_vec();
        let moved = String::from_utf8(record)
            .unwrap()
            .replace("\"victim\"", "\"thief\"");
        assert!(moved.contains("\"seal\":{\"key\":"), "{moved}");
        records
            .insert("function/default/thief", moved.as_bytes())
            .unwrap();
    }
    write.commit().unwrap();
    drop(database);
    let text = refusal(open(directory, Some(keys)));
    assert!(
        text.contains("function/default/thief") && text.contains("another function"),
        "{text}"
    );
}

#[tokio::test]
async fn masks_keep_what_is_stored_at_the_time_of_the_write() {
    let folder = tempfile::tempdir().unwrap();
    masks_and_races(&open(folder.path(), None).unwrap()).await;
}

/// While one writer changes a secret, others rename the function with a mask in its place: no write brings an old secret
/// back.
pub(crate) async fn masks_and_races(store: &Store) {
    let space = Space::from("default");
    let lambda = |arn: &str, key: usize, masked: bool| -> Function {
        let key = if masked {
            "*****".to_owned()
        } else {
            format!("key-{key}")
        };
        let body = format!(
            r#"{{"functionId":"f","type":"awslambda","provider":{{"arn":"{arn}","region":"r","awsAccessKeyId":"{key}"}}}}"#
        );
        decode(&space, None, &body)
    };
    store.create(lambda("a", 0, false)).await.unwrap();
    let renames = async {
        for number in 0..20 {
            let renamed = lambda(&format!("renamed-{number}"), 0, true);
            let written = store.update_masked(renamed).await.unwrap().value;
            assert!(!serde_json::to_string(&*written).unwrap().contains("*****"));
            tokio::time::sleep(Duration::ZERO).await;
        }
    };
    let changes = async {
        for key in 1..=20 {
            store.update(lambda("a", key, false)).await.unwrap();
            let stored = store.get::<Function>(&space, &"f".into()).await.unwrap();
            let text = serde_json::to_string(&*stored).unwrap();
            assert!(text.contains(&format!("\"key-{key}\"")), "{text}");
        }
    };
    tokio::join!(renames, changes);
    let refused = store.update_masked(decode::<Function>(
        &space,
        None,
        r#"{"functionId":"f","type":"awslambda","provider":{"arn":"a","region":"r","awsSessionToken":"*****"}}"#,
    ));
    let err = refused.await.unwrap_err().to_string();
    assert!(err.contains("awsSessionToken is masked"), "{err}");
}

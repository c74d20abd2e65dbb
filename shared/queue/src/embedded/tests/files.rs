//! The folder of a queue: who may read it, who may use it, and what is not opened.

use std::fs;
use std::path::Path;

use super::super::{Durability, Embedded, EmbeddedSettings, tables};
use super::fixture::{ROOMY, delivery, event_of, single};
use crate::OpenError;

/// Bytes that are set aside.
const RESERVE: u64 = 1 << 20;

fn settings(directory: &Path, durability: Durability) -> EmbeddedSettings {
    EmbeddedSettings {
        directory: Some(directory.to_owned()),
        cache_bytes: 1 << 20,
        durability,
        reserve_bytes: RESERVE,
        limits: ROOMY,
    }
}

fn open(directory: &Path) -> Result<Embedded, OpenError> {
    Embedded::open(settings(directory, Durability::Disk))
}

#[tokio::test]
async fn what_is_in_a_folder_is_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("made").join("for it");
    for durability in [Durability::Disk, Durability::OperatingSystem] {
        let queue = Embedded::open(settings(&directory, durability)).unwrap();
        queue.put(vec![single("1")]).await.unwrap();
        drop(queue);
        assert_eq!(open(&directory).unwrap().deliver_all().await, ["1-a"]);
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("queue");
    drop(open(&directory).unwrap());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    let mut files: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    assert_eq!(
        files,
        ["queue.lock", "queue.redb", "queue.reserve"].map(|name| directory.join(name))
    );
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

/// The space is taken from the disk, not just named; and given back when none is wanted any more.
#[cfg(unix)]
#[test]
fn space_is_set_aside() {
    use std::os::unix::fs::MetadataExt as _;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queue.reserve");
    for bytes in [RESERVE, 2 * RESERVE, RESERVE] {
        let settings = EmbeddedSettings {
            reserve_bytes: bytes,
            ..settings(folder.path(), Durability::Disk)
        };
        drop(Embedded::open(settings).unwrap());
        let metadata = fs::metadata(&file).unwrap();
        assert_eq!(metadata.len(), bytes);
        assert!(metadata.blocks() * 512 >= bytes, "{}", metadata.blocks());
    }
    let settings = EmbeddedSettings {
        reserve_bytes: 0,
        ..settings(folder.path(), Durability::Disk)
    };
    drop(Embedded::open(settings).unwrap());
    assert!(!file.exists());
}

#[test]
fn a_folder_serves_one_queue_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let queue = open(folder.path()).unwrap();
    let second = open(folder.path());
    assert!(matches!(&second, Err(OpenError::InUse { directory }) if directory == folder.path()));
    let reservation = queue.room(1, 1).unwrap();
    drop(queue);
    assert!(matches!(open(folder.path()), Err(OpenError::InUse { .. })));
    drop(reservation);
    open(folder.path()).unwrap();
}

#[test]
fn a_creation_that_was_interrupted_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("queue.redb.new"), b"half a file").unwrap();
    drop(open(folder.path()).unwrap());
    open(folder.path()).unwrap();
}

#[test]
fn damaged_and_foreign_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queue.redb");
    for content in [Vec::new(), b"not a queue".to_vec(), vec![0; 100_000]] {
        fs::write(&file, content).unwrap();
        let refused = open(folder.path());
        assert!(matches!(refused, Err(OpenError::Unusable { .. })), "{refused:?}");
    }
    let blocked = folder.path().join("queue.lock").join("below a file");
    assert!(matches!(open(&blocked), Err(OpenError::Unusable { .. })));
}

#[test]
fn a_later_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    let database = redb::Database::open(folder.path().join("queue.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    let mut about = transaction.open_table(tables::ABOUT).unwrap();
    about.insert(tables::FORMAT_KEY, tables::FORMAT + 1).unwrap();
    drop(about);
    transaction.commit().unwrap();
    drop(database);
    assert!(matches!(
        open(folder.path()),
        Err(OpenError::NewerFormat {
            found,
            known: tables::FORMAT,
            ..
        }) if found == tables::FORMAT + 1
    ));
}

/// A file that was large and holds little is made smaller when it is opened, and when it has run empty.
#[tokio::test]
async fn space_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = || fs::metadata(folder.path().join("queue.redb")).unwrap().len();
    let text = "x".repeat(1 << 20);
    for restart in [false, true] {
        let mut queue = Embedded::open(settings(folder.path(), Durability::OperatingSystem)).unwrap();
        for n in 0..80 {
            queue
                .put(vec![delivery(&event_of(&n.to_string(), &text), "a")])
                .await
                .unwrap();
        }
        assert!(bytes() > 80 << 20);
        assert_eq!(queue.deliver_all().await.len(), 80);
        queue.written().await;
        if restart {
            drop(queue);
            queue = open(folder.path()).unwrap();
        }
        // Below that it is left as it is.
        while bytes() > 64 << 20 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        queue.put(vec![single("1")]).await.unwrap();
        assert_eq!(queue.deliver_all().await, ["1-a"]);
    }
}

/// What waits is reused: a queue that is filled and emptied again and again does not grow.
#[tokio::test]
async fn space_is_reused() {
    let folder = tempfile::tempdir().unwrap();
    let queue = Embedded::open(settings(folder.path(), Durability::OperatingSystem)).unwrap();
    let file = folder.path().join("queue.redb");
    let mut sizes = Vec::new();
    for _ in 0..12 {
        queue
            .put((0..3000).map(|n| single(&n.to_string())).collect())
            .await
            .unwrap();
        assert_eq!(queue.deliver_all().await.len(), 3000);
        queue.written().await;
        sizes.push(fs::metadata(&file).unwrap().len());
    }
    assert!(sizes[11] <= sizes[3], "{sizes:?}");
}

//! Folders that cannot be opened, values that cannot be read, and a disk that is full.

use std::error::Error as _;
use std::path::Path;

use domain::resource::Subscription;
use redb::{ReadableTable as _, TableDefinition};
use store::{OpenError, StoreError};

use crate::resources::{asynchronous, event_type, function};
use crate::{log, open, try_open};

const RESOURCES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("resources");
const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");

fn edit(directory: &Path, edit: impl FnOnce(&redb::WriteTransaction)) {
    let database = redb::Database::open(directory.join("configuration.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    edit(&transaction);
    transaction.commit().unwrap();
}

#[test]
fn a_folder_serves_one_store() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let err = try_open(directory.path()).unwrap_err();
    assert!(matches!(err, OpenError::InUse { .. }), "{err:?}");
    let folder = directory.path().display();
    assert_eq!(
        err.to_string(),
        format!("configuration store in {folder} is in use by another process")
    );
    drop(store);
    open(directory.path());
}

#[test]
fn a_folder_that_cannot_be_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let err = try_open(&file).unwrap_err();
    assert_eq!(
        err.to_string(),
        format!("configuration store in {} cannot be opened", file.display())
    );
    assert!(err.source().is_some());
}

#[test]
fn a_newer_format_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    edit(directory.path(), |transaction| {
        transaction
            .open_table(ABOUT)
            .unwrap()
            .insert("format", 9)
            .unwrap();
    });
    let err = try_open(directory.path()).unwrap_err();
    assert!(
        matches!(
            err,
            OpenError::NewerFormat {
                found: 9,
                known: 3,
                ..
            }
        ),
        "{err:?}"
    );
    assert!(
        err.to_string().contains("format 9, written by a newer version"),
        "{err}"
    );
}

/// What the file in a folder says of itself, to programs that may be older.
fn format(directory: &Path) -> u64 {
    let mut format = 0;
    edit(directory, |transaction| {
        let about = transaction.open_table(ABOUT).unwrap();
        format = about.get("format").unwrap().unwrap().value();
    });
    format
}

#[tokio::test]
async fn older_programs_open_what_they_understand() {
    let (directory, space) = (tempfile::tempdir().unwrap(), "default".into());
    let store = open(directory.path());
    store.create(event_type(&space, "e")).await.unwrap();
    store.create(function(&space, "f")).await.unwrap();
    store
        .create(asynchronous(&space, "e", "f", "/open"))
        .await
        .unwrap();
    drop(store);
    assert_eq!(format(directory.path()), 1);

    let store = open(directory.path());
    let mut guarded = asynchronous(&space, "e", "f", "/guarded");
    guarded.authorizer_id = Some("f".into());
    let id = guarded.subscription_id.clone();
    store.create(guarded).await.unwrap();
    drop(store);
    assert_eq!(format(directory.path()), 2);

    // The program of before has written the member and said nothing of it.
    edit(directory.path(), |transaction| {
        transaction
            .open_table(ABOUT)
            .unwrap()
            .insert("format", 1)
            .unwrap();
    });
    let store = open(directory.path());
    drop(store);
    assert_eq!(format(directory.path()), 2);

    // It stays so: a program that was refused once is not let in by chance.
    let store = open(directory.path());
    store.delete::<Subscription>(&space, &id).await.unwrap();
    drop(store);
    assert_eq!(format(directory.path()), 2);
}

#[test]
fn an_interrupted_creation_does_no_harm() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("configuration.redb.new"), [0; 5000]).unwrap();
    drop(open(directory.path()));
    open(directory.path());
}

#[test]
fn a_value_that_cannot_be_read_is_named_and_never_shown() {
    log::keep();
    for (key, value) in [
        (
            "function/default/broken",
            r#"{"created":1,"resource":{"secret":"hunter2"}"#,
        ),
        ("function/default/typed", r#"{"created":"hunter2","resource":{}}"#),
        (
            "function/default/variant",
            r#"{"created":1,"resource":{"space":"default","functionId":"variant","type":"hunter2","provider":{"url":"hunter2"}}}"#,
        ),
        (
            "function/default/moved",
            r#"{"created":1,"resource":{"space":"default","functionId":"hunter2","type":"http","provider":{"url":"hunter2"}}}"#,
        ),
        (
            "toaster/default/t",
            r#"{"created":1,"resource":{"password":"hunter2"}}"#,
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        drop(open(directory.path()));
        edit(directory.path(), |transaction| {
            transaction
                .open_table(RESOURCES)
                .unwrap()
                .insert(key, value.as_bytes())
                .unwrap();
        });
        let err = try_open(directory.path()).unwrap_err();
        assert_eq!(
            err.to_string(),
            format!("stored configuration {key} cannot be read")
        );
        assert!(err.source().is_some(), "{err:?}");
        assert!(!format!("{err:?}").contains("hunter2"), "{err:?}");
        let logged = log::lines_with(key);
        assert!(logged.len() == 1 && logged[0].contains("ERROR"), "{logged:?}");
    }
    assert!(log::lines_with("hunter2").is_empty());
}

#[cfg(target_os = "linux")]
mod full_disk {
    use std::collections::BTreeSet;
    use std::process::Command;

    use domain::ids::Space;
    use domain::resource::{Function, MetadataFilter};
    use futures::future::join_all;
    use store::Store;

    use super::{StoreError, function, open};

    const LIMIT: &str = "4194304";
    const THIS: &str = "faults::full_disk::refuses_writes_until_there_is_space";

    /// Runs once more as a process whose files cannot grow beyond a limit, which is there what a full disk is: the
    /// limit is of the whole process, so it cannot be that of the other tests.
    #[test]
    fn refuses_writes_until_there_is_space() {
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let limit = limits
            .lines()
            .find_map(|line| line.strip_prefix("Max file size"))
            .unwrap();
        if limit.split_whitespace().next() == Some(LIMIT) {
            let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
            runtime.block_on(fill_the_disk());
            return;
        }
        // The signal of that limit is ignored, so that the write fails instead.
        let script = format!("trap '' 25; exec prlimit --fsize={LIMIT}: \"$0\" --exact {THIS} --nocapture");
        let program = std::env::current_exe().unwrap();
        let run = Command::new("sh")
            .arg("-c")
            .arg(script)
            .arg(program)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success() && text.contains("1 passed"), "{text}");
    }

    fn make_space() {
        let process = std::process::id().to_string();
        let raised = Command::new("prlimit")
            .args(["--pid", &process, "--fsize=unlimited:"])
            .status()
            .unwrap();
        assert!(raised.success());
    }

    fn large(id: &str) -> Function {
        let metadata = [("padding".to_owned(), "x".repeat(20_000))].into();
        Function {
            metadata,
            ..function(&Space::from("default"), id)
        }
    }

    async fn ids(store: &Store) -> BTreeSet<String> {
        let listed = store
            .list::<Function>(&"default".into(), &MetadataFilter::default())
            .await
            .unwrap();
        listed
            .iter()
            .map(|function| function.function_id.to_string())
            .collect()
    }

    async fn fill_the_disk() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path());
        let mut written = BTreeSet::new();
        let failure = loop {
            let id = format!("f{}", written.len());
            match store.create(large(&id)).await {
                Ok(_) => written.insert(id),
                Err(err) => break err,
            };
            assert!(written.len() < 1000, "the limit was never reached");
        };
        assert!(matches!(failure, StoreError::Unavailable { .. }), "{failure:?}");
        assert!(written.len() > 10);
        assert_eq!(ids(&store).await, written, "what was written is still there");

        for _ in 0..3 {
            let batch = (0..20).map(|n| store.create(large(&format!("batch{}", n % 10))));
            for result in join_all(batch).await {
                assert!(matches!(result.unwrap_err(), StoreError::Unavailable { .. }));
            }
        }
        assert_eq!(
            ids(&store).await,
            written,
            "nothing of a failed write is in effect"
        );
        let table = store.routing_table(&[]).await.unwrap();
        assert!(table.function(&"default".into(), &"f0".into()).is_some());
        assert!(table.function(&"default".into(), &"batch0".into()).is_none());

        make_space();
        store.create(large("batch0")).await.unwrap();
        store
            .delete::<Function>(&"default".into(), &"f0".into())
            .await
            .unwrap();
        written.insert("batch0".to_owned());
        written.remove("f0");
        assert_eq!(ids(&store).await, written);
        drop(store);
        assert_eq!(
            ids(&open(directory.path())).await,
            written,
            "the disk holds what was answered"
        );
    }
}

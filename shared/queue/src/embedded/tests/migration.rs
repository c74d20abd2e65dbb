//! Files of earlier versions are opened, and say afterwards what they would say had this version written them.

use domain::dead_letter::DeadLetterSelection;
use redb::ReadableTable as _;

use super::super::pieces::whole;
use super::super::storage::Storage;
use super::super::tables::{ABOUT, DEAD, DEAD_ROWS, DEAD_SPACES, FORMAT_KEY, PIECES, number_of};
use super::super::{Durability, Embedded, EmbeddedSettings};
use super::audit::audit;
use super::fixture::{ROOMY, dead, delivery, event_of, single};

fn open(directory: &std::path::Path) -> Embedded {
    let settings = EmbeddedSettings {
        directory: Some(directory.to_owned()),
        cache_bytes: 1 << 20,
        durability: Durability::OperatingSystem,
        reserve_bytes: 0,
        limits: ROOMY,
    };
    Embedded::open(settings).unwrap()
}

/// Makes of a file what version 0.10 would have written; or what the end of the process left in the middle of that.
fn make_old(directory: &std::path::Path, interrupted: bool) {
    let database = redb::Database::open(directory.join("queue.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    if !interrupted {
        transaction.delete_table(DEAD_ROWS).unwrap();
        transaction.delete_table(DEAD_SPACES).unwrap();
    }
    let pieces = transaction.open_table(PIECES).unwrap();
    let mut dead = transaction.open_table(DEAD).unwrap();
    let mut letters: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for letter in dead.iter().unwrap() {
        let (key, stands) = letter.unwrap();
        let json = whole(&pieces, number_of(key.value()), stands.value()).unwrap();
        letters.push((key.value().to_vec(), json.into_owned()));
    }
    for (key, json) in letters {
        dead.insert(key.as_slice(), json.as_slice()).unwrap();
    }
    drop((pieces, dead));
    transaction.delete_table(PIECES).unwrap();
    let mut about = transaction.open_table(ABOUT).unwrap();
    about.insert(FORMAT_KEY, 1).unwrap();
    about.insert("dead_bytes", 12345).unwrap();
    drop(about);
    transaction.commit().unwrap();
}

#[tokio::test]
async fn dead_letters_of_version_0_10_are_counted_listed_and_deleted() {
    for interrupted in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let queue = open(folder.path());
        for number in 0..1200 {
            let bytes = if number % 400 == 0 { 200_000 } else { 10 };
            let event = event_of(&format!("{number:04}"), &"x".repeat(bytes));
            queue
                .put(vec![delivery(&event, ["a", "b"][number % 2])])
                .await
                .unwrap();
            let received = queue.poll().await.unwrap();
            let outcome = dead(&received.deliveries[0]);
            queue.say(received, outcome);
        }
        queue.put(vec![single("waits")]).await.unwrap();
        drop(queue);
        let storage = Storage::Folder {
            path: folder.path().to_owned(),
            durability: Durability::OperatingSystem,
            reserve_bytes: 0,
        };
        let before = audit(&storage);
        assert_eq!(before.dead.len(), 1200);
        make_old(folder.path(), interrupted);

        let queue = open(folder.path());
        let page = queue
            .dead_letter_summaries(&"s".into(), None, 2000, None)
            .await
            .unwrap();
        assert_eq!(page.dead_letters.len(), 1200);
        assert_eq!(page.dead_letters[1].event_id, "0001");
        drop(queue);
        // The audit compares every count.
        assert_eq!(audit(&storage), before);

        let queue = open(folder.path());
        let b = DeadLetterSelection::OfSubscription("b".into());
        assert_eq!(queue.purge(&"s".into(), &b).await.unwrap(), 600);
        assert_eq!(
            queue
                .redrive(&"s".into(), &DeadLetterSelection::All, 10)
                .await
                .unwrap(),
            10
        );
        assert_eq!(queue.backlog(), 11);
        drop(queue);
        assert_eq!(audit(&storage).dead.len(), 590);
    }
}

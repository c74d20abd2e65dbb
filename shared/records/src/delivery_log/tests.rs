//! What the delivery log keeps and gives back.

mod bounds;
mod faults;
mod log_lines;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::delivery_attempt::{AttemptOutcome, DeliveryAttempt};
use domain::ids::Space;

use super::{AttemptFiles, AttemptFilesLimits, AttemptFilter, DeliveryLog};

const ROOMY: AttemptFilesLimits = AttemptFilesLimits {
    bytes_per_space: 1024 * 1024,
    bytes: 64 * 1024 * 1024,
};

const ANY: AttemptFilter = AttemptFilter {
    event_id: None,
    delivery_id: None,
    subscription_id: None,
};

fn open(folder: &Path, limits: AttemptFilesLimits) -> DeliveryLog {
    DeliveryLog::Files(AttemptFiles::open(folder.to_owned(), limits).unwrap())
}

/// The attempt of a number, all of whose fields are set.
fn attempt(space: &str, number: u32) -> DeliveryAttempt {
    DeliveryAttempt {
        at: number.into(),
        delivery_id: format!("delivery-{number}").into(),
        space: space.into(),
        subscription_id: "subscription".into(),
        function_id: "function".into(),
        variant: None,
        event_id: format!("event-{number}"),
        event_type: "user.created".to_owned(),
        request_id: Some(format!("request-{number}")),
        attempt: number,
        outcome: AttemptOutcome::Retrying,
        status: Some(503),
        error: Some("line one\nline two".to_owned()),
        duration_ms: 7,
        next_attempt_at: Some(9),
    }
}

async fn read(log: &DeliveryLog, space: &str, filter: &AttemptFilter, limit: usize) -> Vec<DeliveryAttempt> {
    log.read(&space.into(), filter, limit).await.unwrap().unwrap()
}

async fn numbers(log: &DeliveryLog, space: &str) -> Vec<u32> {
    let attempts = read(log, space, &ANY, usize::MAX).await;
    attempts.iter().map(|attempt| attempt.attempt).collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn bytes_below(folder: &Path) -> u64 {
    let length = |path: &PathBuf| fs::metadata(path).unwrap().len();
    files_below(folder).iter().map(length).sum()
}

#[tokio::test]
async fn what_was_noted_is_read_at_once_the_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path(), ROOMY);
    assert_eq!(numbers(&log, "shop").await, [0; 0]);
    for number in 1..=5 {
        log.note(attempt("shop", number));
        assert_eq!(read(&log, "shop", &ANY, 1).await, [attempt("shop", number)]);
    }
    assert_eq!(numbers(&log, "shop").await, [5, 4, 3, 2, 1]);
    let limited = read(&log, "shop", &ANY, 2).await;
    assert_eq!(limited, [attempt("shop", 5), attempt("shop", 4)]);
    assert!(read(&log, "shop", &ANY, 0).await.is_empty());
}

#[tokio::test]
async fn filters_hold_together() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path(), ROOMY);
    for (number, event, subscription) in [(1, "a", "s"), (2, "a", "t"), (3, "b", "s"), (4, "a", "s")] {
        log.note(DeliveryAttempt {
            event_id: event.to_owned(),
            subscription_id: subscription.into(),
            ..attempt("shop", number)
        });
    }
    // Event, delivery, subscription.
    let cases: [([Option<&str>; 3], &[u32]); 7] = [
        ([Some("a"), None, None], &[4, 2, 1]),
        ([None, Some("delivery-3"), None], &[3]),
        ([None, None, Some("s")], &[4, 3, 1]),
        ([Some("a"), None, Some("s")], &[4, 1]),
        ([Some("a"), Some("delivery-2"), Some("t")], &[2]),
        ([Some("b"), Some("delivery-2"), None], &[]),
        ([Some(""), None, None], &[]),
    ];
    for ([event, delivery, subscription], want) in cases {
        let filter = AttemptFilter {
            event_id: event.map(str::to_owned),
            delivery_id: delivery.map(Into::into),
            subscription_id: subscription.map(Into::into),
        };
        let found = read(&log, "shop", &filter, usize::MAX).await;
        let found: Vec<_> = found.iter().map(|attempt| attempt.attempt).collect();
        assert_eq!(found, want, "{filter:?}");
    }
}

#[tokio::test]
async fn any_name_of_a_space_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let endless = "x".repeat(5000);
    let spaces = [
        "", ".", "..", "../x", "/etc", "a/b", "a\\b", "Shop", "shop", "☃", "a\0b", "\n", "~", &endless,
    ];
    let root = folder.path().join("log");
    {
        let log = open(&root, ROOMY);
        for (number, space) in (0..).zip(spaces) {
            log.note(attempt(space, number));
        }
    }
    let log = open(&root, ROOMY);
    for (number, space) in (0..).zip(spaces) {
        assert_eq!(numbers(&log, space).await, [number], "{space:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(files_below(&root).len(), spaces.len());
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=20 {
        let log = open(folder.path(), ROOMY);
        log.note(attempt("shop", number));
    }
    let log = open(folder.path(), ROOMY);
    assert!(numbers(&log, "shop").await.into_iter().eq((1..=20).rev()));
    assert_eq!(files_below(folder.path()).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_note_and_read_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path(), ROOMY);
    let tasks = (0..8_u32).map(|task| {
        let log = log.clone();
        tokio::spawn(async move {
            let space = format!("space-{}", task % 2);
            for number in 0..50 {
                let number = task * 1000 + number;
                log.note(attempt(&space, number));
                let seen = numbers(&log, &space).await;
                assert!(seen.contains(&number));
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    for space in ["space-0", "space-1"] {
        let all = numbers(&log, space).await;
        assert_eq!(all.len(), 200);
        for task in 0..8 {
            let own = all.iter().filter(|number| *number / 1000 == task);
            assert!(own.clone().is_sorted_by(|a, b| a > b));
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data/delivery-log");
    let log = open(&root, ROOMY);
    log.note(attempt("shop", 1));
    numbers(&log, "shop").await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root), 0o700);
    assert_eq!(mode(&root.join("shop")), 0o700);
    assert_eq!(mode(&files_below(&root)[0]), 0o600);
}

/// What noting costs the caller, as a figure rather than a check: `--nocapture` shows it.
#[tokio::test]
async fn noting_is_cheap() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path(), ROOMY);
    let space = Space::from("shop");
    let count = 2000;
    let attempts: Vec<_> = (0..count).map(|number| attempt(space.as_str(), number)).collect();
    let start = Instant::now();
    for attempt in attempts {
        log.note(attempt);
    }
    let each = start.elapsed() / count;
    println!("note: {each:?}");
    assert!(each < Duration::from_micros(200), "{each:?}");
}

//! How much is kept, and what goes first.

use std::time::SystemTime;

use super::super::kept_text::MAX_TEXT_BYTES;
use super::*;

#[tokio::test]
async fn a_space_keeps_its_newest_attempts_within_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let limits = AttemptFilesLimits {
        bytes_per_space: 8000,
        ..ROOMY
    };
    let log = open(folder.path(), limits);
    log.note(attempt("quiet", 1));
    for number in 1..=500 {
        log.note(attempt("shop", number));
        if number % 50 == 0 {
            let kept = numbers(&log, "shop").await;
            let newest: Vec<_> = (1..=number).rev().take(kept.len()).collect();
            assert_eq!(kept, newest);
            assert!(bytes_below(folder.path()) <= 8000 + 400);
        }
    }
    let line = serde_json::to_vec(&attempt("shop", 500)).unwrap().len() + 1;
    // At least three quarters are full but for a line that did not fit.
    let least = 3 * (2000 / line);
    let kept = numbers(&log, "shop").await;
    assert!((least..=8000 / line).contains(&kept.len()), "{}", kept.len());
    assert_eq!(numbers(&log, "quiet").await, [1]);
}

#[tokio::test]
async fn spaces_that_were_not_written_to_for_long_make_room() {
    let folder = tempfile::tempdir().unwrap();
    let limits = AttemptFilesLimits {
        bytes_per_space: 40_000,
        bytes: 20 * 4096,
    };
    let log = open(folder.path(), limits);
    for number in 0..30 {
        log.note(attempt("kept", number));
        log.note(attempt(&format!("space-{number}"), number));
        // To be read does not keep a space.
        numbers(&log, "space-0").await;
    }
    let mut left = Vec::new();
    for number in 0..30 {
        left.extend(numbers(&log, &format!("space-{number}")).await);
    }
    // One block each, but for the one with 30 lines, and a line more while it is not yet written.
    assert!((16..=17).contains(&left.len()), "{left:?}");
    assert!(
        left.iter()
            .copied()
            .eq(30 - u32::try_from(left.len()).unwrap()..30)
    );
    assert_eq!(numbers(&log, "kept").await.len(), 30);
    drop(log);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), left.len() + 1);

    // After a restart the times of the files tell the order.
    for path in files_below(folder.path()) {
        let name = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let number = name
            .strip_prefix("space-")
            .map_or(28, |number| number.parse().unwrap());
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(number);
        fs::File::options()
            .append(true)
            .open(&path)
            .unwrap()
            .set_modified(time)
            .unwrap();
    }
    let blocks = bytes_below(&folder.path().join("kept")).div_ceil(4096);
    let tight = AttemptFilesLimits {
        bytes: (blocks + 1) * 4096,
        ..limits
    };
    let log = open(folder.path(), tight);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    assert_eq!(numbers(&log, "kept").await.len(), 30);
    assert_eq!(numbers(&log, "space-29").await, [29]);
    log.note(attempt("another", 1));
    assert_eq!(numbers(&log, "another").await, [1]);
}

#[tokio::test]
async fn a_single_space_cannot_take_more_than_all() {
    let folder = tempfile::tempdir().unwrap();
    let limits = AttemptFilesLimits {
        bytes_per_space: u64::MAX,
        bytes: 20_000,
    };
    let log = open(folder.path(), limits);
    for number in 1..=300 {
        log.note(attempt("shop", number));
    }
    assert_eq!(numbers(&log, "shop").await.first(), Some(&300));
    assert!(bytes_below(folder.path()) <= 20_000);
}

#[tokio::test]
async fn nothing_is_kept_in_no_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let limits = AttemptFilesLimits {
        bytes_per_space: 0,
        ..ROOMY
    };
    let log = open(folder.path(), limits);
    log.note(attempt("shop", 1));
    assert_eq!(numbers(&log, "shop").await, [0; 0]);
    assert!(files_below(folder.path()).is_empty());
}

#[tokio::test]
async fn long_texts_are_cut_and_found_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path(), ROOMY);
    // The 1024th byte is the second of an é.
    let text = "é".repeat(10).replacen('é', "xé", 1) + &"é".repeat(2000);
    log.note(DeliveryAttempt {
        event_id: text.clone(),
        error: Some(text.clone()),
        ..attempt("shop", 1)
    });
    let filter = AttemptFilter {
        event_id: Some(text.clone()),
        ..ANY
    };
    let found = read(&log, "shop", &filter, 1).await;
    let kept = &text[..MAX_TEXT_BYTES - 1];
    assert_eq!(found[0].event_id, kept);
    assert_eq!(found[0].error.as_deref(), Some(kept));
}

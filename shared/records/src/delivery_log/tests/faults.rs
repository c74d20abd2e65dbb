//! Crashes, damage, and disks that fail or are slow.

use std::fs;
use std::io::Write as _;
use std::sync::mpsc::sync_channel;

use metrics_exporter_prometheus::PrometheusBuilder;

use super::super::writer::{CAPACITY, Command};
use super::*;

fn dropped(page: &str) -> Option<u64> {
    page.lines()
        .find_map(|line| line.strip_prefix("eventgateway_delivery_log_dropped_total "))
        .map(|value| value.parse().unwrap())
}

/// Notes attempts until one is found again: a space whose files failed is left alone for a while.
async fn note_until_kept(log: &DeliveryLog, space: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        log.note(attempt(space, 77));
        if log
            .read(&space.into(), &ANY, 1)
            .await
            .is_ok_and(|found| found == Some(vec![attempt(space, 77)]))
        {
            return;
        }
        assert!(Instant::now() < deadline, "nothing is kept again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_line_that_broke_off_costs_itself_alone() {
    let whole = serde_json::to_vec(&attempt("shop", 2)).unwrap();
    for length in 0..=whole.len() {
        let folder = tempfile::tempdir().unwrap();
        {
            open(folder.path(), ROOMY).note(attempt("shop", 1));
        }
        let file = &files_below(folder.path())[0];
        let mut file = fs::OpenOptions::new().append(true).open(file).unwrap();
        file.write_all(&whole[..length]).unwrap();

        let log = open(folder.path(), ROOMY);
        // Nothing but the line feed is missing of a whole one.
        let mut want = if length == whole.len() {
            vec![2, 1]
        } else {
            vec![1]
        };
        assert_eq!(numbers(&log, "shop").await, want, "{length}");
        log.note(attempt("shop", 3));
        want.insert(0, 3);
        assert_eq!(numbers(&log, "shop").await, want, "{length}");
    }
}

#[tokio::test]
async fn garbage_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    {
        open(folder.path(), ROOMY).note(attempt("shop", 1));
    }
    let path = files_below(folder.path()).remove(0);
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    let foreign = serde_json::to_string(&attempt("other", 9)).unwrap();
    let endless = b"[".repeat(100_000);
    let lines: [&[u8]; 7] = [
        b"",
        b"{}",
        b"null",
        b"\xff\xfe\0",
        b"{\"at\":1",
        &endless,
        foreign.as_bytes(),
    ];
    for line in lines {
        file.write_all(line).unwrap();
        file.write_all(b"\n").unwrap();
    }
    // Neither files nor folders of others disturb.
    fs::write(folder.path().join("README"), "by hand").unwrap();
    fs::write(folder.path().join("shop/notes.txt"), "by hand").unwrap();
    fs::write(folder.path().join("shop/1.jsonl"), "by hand").unwrap();
    fs::create_dir(folder.path().join("shop/00000000000000000007.jsonl")).unwrap();
    let log = open(folder.path(), ROOMY);
    log.note(attempt("shop", 2));
    assert_eq!(numbers(&log, "shop").await, [2, 1]);
    assert_eq!(numbers(&log, "other").await, [0; 0]);
}

#[tokio::test]
async fn files_of_others_are_not_deleted() {
    let folder = tempfile::tempdir().unwrap();
    {
        open(folder.path(), ROOMY).note(attempt("shop", 1));
    }
    let notes = folder.path().join("shop/notes.txt");
    fs::write(&notes, "by hand").unwrap();
    let tight = AttemptFilesLimits {
        bytes_per_space: 4096,
        bytes: 4096,
    };
    let log = open(folder.path(), tight);
    log.note(attempt("other", 1));
    assert_eq!(numbers(&log, "other").await, [1]);
    assert_eq!(numbers(&log, "shop").await, [0; 0]);
    assert_eq!(fs::read_to_string(notes).unwrap(), "by hand");
}

#[tokio::test]
async fn what_the_disk_has_no_time_for_is_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let page = recorder.handle();
    let folder = tempfile::tempdir().unwrap();
    let roomy = AttemptFilesLimits {
        bytes_per_space: 32 * 1024 * 1024,
        ..ROOMY
    };
    let files = AttemptFiles::open(folder.path().to_owned(), roomy).unwrap();
    let log = DeliveryLog::Files(files.clone());
    // An answer without room: the thread waits until it is taken.
    let (reply, answer) = sync_channel(0);
    let space = "shop".into();
    files.writer.command(Command::Files { space, reply }).unwrap();
    let count = u32::try_from(CAPACITY).unwrap() + 100;
    metrics::with_local_recorder(&recorder, || {
        for number in 0..count {
            log.note(attempt("shop", number));
        }
    });
    answer.recv().unwrap();
    let kept = numbers(&log, "shop").await;
    // The question takes a place too until the thread comes to it.
    let left_out = u64::from(count) - kept.len() as u64;
    assert!((100..=101).contains(&left_out), "{left_out}");
    assert_eq!(dropped(&page.render()), Some(left_out));
    assert!(kept.is_sorted_by(|a, b| a > b) && kept.last() == Some(&0));
    log.note(attempt("shop", 77));
    assert_eq!(numbers(&log, "shop").await[0], 77);
}

#[test]
fn what_is_too_large_or_cannot_be_written_is_counted() {
    use super::super::folders::Folders;

    let recorder = PrometheusBuilder::new().build_recorder();
    let page = recorder.handle();
    let folder = tempfile::tempdir().unwrap();
    let limits = AttemptFilesLimits {
        bytes_per_space: 2000,
        ..ROOMY
    };
    fs::write(folder.path().join("broken"), "a file").unwrap();
    let mut folders = Folders::open(folder.path().to_owned(), limits).unwrap();
    metrics::with_local_recorder(&recorder, || {
        let mut large = attempt("shop", 1);
        large.event_id = "x".repeat(500);
        folders.append(&large);
        assert_eq!(dropped(&page.render()), Some(1));
        // The one that shows it, and those that follow at once.
        folders.append(&attempt("broken", 1));
        folders.flush();
        assert_eq!(dropped(&page.render()), Some(2));
        folders.append(&attempt("broken", 2));
        assert_eq!(dropped(&page.render()), Some(3));
        // Others are not affected.
        folders.append(&attempt("shop", 2));
        folders.flush();
        assert_eq!(dropped(&page.render()), Some(3));
    });
    assert_eq!(folders.files(&"shop".into()).len(), 1);
}

#[tokio::test]
async fn a_folder_that_becomes_a_file_and_back_is_no_end() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path(), ROOMY);
    log.note(attempt("shop", 1));
    assert_eq!(numbers(&log, "shop").await, [1]);
    fs::remove_dir_all(folder.path().join("shop")).unwrap();
    fs::write(folder.path().join("shop"), "a file").unwrap();
    log.note(attempt("shop", 2));
    assert!(log.read(&"shop".into(), &ANY, 1).await.is_err());
    log.note(attempt("other", 3));
    assert_eq!(numbers(&log, "other").await, [3]);

    fs::remove_file(folder.path().join("shop")).unwrap();
    note_until_kept(&log, "shop").await;
}

#[tokio::test]
async fn a_folder_that_somebody_removes_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("delivery-log");
    let log = open(&root, ROOMY);
    log.note(attempt("shop", 1));
    assert_eq!(numbers(&log, "shop").await, [1]);
    fs::remove_dir_all(&root).unwrap();
    assert_eq!(numbers(&log, "shop").await, [0; 0]);
    log.note(attempt("shop", 2));
    assert_eq!(numbers(&log, "shop").await, [2]);
}

/// `/dev/full` is a disk without room.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_written_to_again_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop/00000000000000000001.jsonl");
    fs::create_dir(folder.path().join("shop")).unwrap();
    std::os::unix::fs::symlink("/dev/full", &file).unwrap();
    let log = open(folder.path(), ROOMY);
    log.note(attempt("shop", 1));
    log.note(attempt("other", 2));
    assert_eq!(numbers(&log, "other").await, [2]);
    assert_eq!(numbers(&log, "shop").await, [0; 0]);
    fs::remove_file(&file).unwrap();
    note_until_kept(&log, "shop").await;
}

#[test]
fn a_root_that_is_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("delivery-log");
    fs::write(&root, "a file").unwrap();
    assert!(AttemptFiles::open(root, ROOMY).is_err());
}

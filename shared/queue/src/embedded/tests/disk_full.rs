//! The disk fills up and fails: senders are told, what was accepted stays, and it goes on when there is room again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;

use super::super::Embedded;
use super::super::accounts::Accounts;
use super::disk::Faults;
use super::fixture::{Machine, dead, delivery, event, event_of, id, ordered, retry, single};
use crate::{Outcome, QueueError};

fn books(queue: &Embedded) -> String {
    queue
        .0
        .schedule
        .look(|state| format!("{:?} {}", state.accounts, state.unwritten))
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing() {
    for after_the_fact in [false, true] {
        let machine = Machine::new();
        let queue = machine.open();
        queue
            .put((0..10).map(|n| single(&n.to_string())).collect())
            .await
            .unwrap();
        let done = queue.poll().await.unwrap();
        let retried = queue.poll().await.unwrap();
        let dropped = queue.poll().await.unwrap();
        let given_up = queue.poll().await.unwrap();
        machine.disk.set_full(true, after_the_fact);
        for n in 0..3 {
            let sent = queue.put(vec![single(&format!("refused{n}"))]).await;
            let Err(QueueError::Unavailable { source }) = sent else {
                panic!("{sent:?}");
            };
            assert!(!source.to_string().is_empty());
        }
        // Outcomes are kept until they can be written; what is in memory is handed out meanwhile.
        queue.say(done, Outcome::Done);
        queue.say(retried, retry(Duration::from_secs(1)));
        drop(dropped);
        let outcome = dead(&given_up.deliveries[0]);
        queue.say(given_up, outcome);
        assert!(
            queue
                .purge(&"s".into(), &domain::dead_letter::DeadLetterSelection::All)
                .await
                .is_err()
        );
        machine.disk.set_full(false, false);
        queue.written().await;
        let refused: BTreeSet<_> = (0..3).map(|n| format!("refused{n}-a")).collect();
        let mut delivered: BTreeSet<_> = queue.deliver_all().await.into_iter().collect();
        let landed: BTreeSet<_> = delivered.intersection(&refused).cloned().collect();
        assert!(after_the_fact || landed.is_empty());
        delivered.retain(|id| !refused.contains(id));
        let expected: BTreeSet<_> = [2, 4, 5, 6, 7, 8, 9].map(|n| format!("{n}-a")).into();
        assert_eq!(delivered, expected);
        machine.advance(Duration::from_secs(1));
        assert_eq!(queue.deliver_all().await, ["1-a"]);
        queue.written().await;
        assert_eq!(books(&queue), format!("{:?} 0", Accounts::default()));
        let contents = machine.shut(queue);
        assert_eq!((contents.deliveries.len(), contents.dead.len()), (0, 1));
    }
}

/// A commit that failed but is in the file: its outcomes are not carried out twice, and what it queued is delivered.
#[tokio::test]
async fn a_commit_that_seemed_to_fail_counts_once() {
    let machine = Machine::new();
    let queue = machine.open();
    queue
        .put(vec![
            ordered("1", "k"),
            ordered("2", "k"),
            ordered("3", "k"),
            single("4"),
        ])
        .await
        .unwrap();
    let first = queue.poll().await.unwrap();
    let other = queue.poll().await.unwrap();
    assert_eq!((id(&first), id(&other)), ("1-a".to_owned(), "4-a".to_owned()));
    // The sync alone fails: all was written.
    let operations = sync_fails(&machine);
    queue.say(first, Outcome::Done);
    queue.say(other, retry(Duration::from_secs(1)));
    queue.written().await;
    assert!(operations.load(std::sync::atomic::Ordering::Relaxed));
    assert_eq!(queue.backlog(), 3);
    assert_eq!(queue.deliver_all().await, ["2-a", "3-a"]);
    machine.advance(Duration::from_secs(1));
    let other = queue.poll().await.unwrap();
    assert_eq!(other.deliveries[0].attempts, 1);
    queue.say(other, Outcome::Done);
    queue.written().await;
    assert_eq!(books(&queue), format!("{:?} 0", Accounts::default()));
    assert!(machine.shut(queue).deliveries.is_empty());
}

/// Has the next sync fail after the fact; says whether it did.
fn sync_fails(machine: &Machine) -> Arc<std::sync::atomic::AtomicBool> {
    let failed = Arc::new(std::sync::atomic::AtomicBool::new(false));
    machine.disk.fail_sync(Arc::clone(&failed));
    failed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_disk_that_fails_at_random_loses_nothing() {
    let mut refused = 0;
    for seed in 0..8 {
        let machine = Machine::new();
        let queue = machine.open();
        machine.disk.set_faults(Some(Faults {
            rng: Rng::with_seed(seed),
            failing: 0,
            one_in: 300,
            after_the_fact: false,
        }));
        let tried: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let ended: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                let (queue, ended) = (queue.clone(), Arc::clone(&ended));
                tokio::spawn(async move {
                    let mut rng = Rng::with_seed(seed * 100 + worker);
                    while let Some(received) = queue.receive().await {
                        match rng.u8(..8) {
                            0 => drop(received),
                            1 => drop(queue.say(received, retry(Duration::ZERO))),
                            fate => {
                                *ended.lock().unwrap().entry(id(&received)).or_default() += 1;
                                let outcome = match fate {
                                    2 => dead(&received.deliveries[0]),
                                    _ => Outcome::Done,
                                };
                                queue.say(received, outcome);
                            }
                        }
                    }
                })
            })
            .collect();
        let senders: Vec<_> = (0..4)
            .map(|sender| {
                let (queue, tried) = (queue.clone(), Arc::clone(&tried));
                tokio::spawn(async move {
                    let mut accepted = Vec::new();
                    let mut number = 0;
                    while accepted.len() < 60 {
                        number += 1;
                        let name = format!("{sender}.{number}");
                        let event = match number % 5 {
                            0 => event_of(&name, &"x".repeat(9000)),
                            _ => event(&name),
                        };
                        let mut sent = vec![delivery(&event, "a"), delivery(&event, "b")];
                        sent[0].ordering_key = Some("k".into());
                        let ids: Vec<_> = sent.iter().map(|delivery| delivery.id.to_string()).collect();
                        tried.lock().unwrap().extend(ids.iter().cloned());
                        match queue.put(sent).await {
                            Ok(()) => accepted.extend(ids),
                            Err(QueueError::Unavailable { .. }) => {
                                tokio::time::sleep(Duration::from_millis(1)).await;
                            }
                            Err(error) => panic!("{error}"),
                        }
                    }
                    accepted
                })
            })
            .collect();
        let mut accepted = BTreeSet::new();
        for sender in senders {
            accepted.extend(sender.await.unwrap());
        }
        machine.disk.set_faults(None);
        while queue.backlog() > 0 || !accepted.iter().all(|id| ended.lock().unwrap().contains_key(id)) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        queue.close();
        for worker in workers {
            worker.await.unwrap();
        }
        queue.written().await;
        let ended = ended.lock().unwrap();
        let tried = tried.lock().unwrap();
        refused += tried.len() - accepted.len();
        for (id, times) in &*ended {
            assert_eq!(*times, 1, "seed {seed}: {id}");
            assert!(tried.contains(id));
        }
        assert_eq!(
            books(&queue),
            format!("{:?} 0", Accounts::default()),
            "seed {seed}"
        );
        let contents = machine.shut(queue);
        assert!(contents.deliveries.is_empty(), "seed {seed}: {contents:?}");
    }
    assert!(refused > 0);
}

/// What a worker has in hand while the file is opened anew is not handed out again.
#[tokio::test]
async fn what_is_in_hand_stays_there() {
    let machine = Machine::new();
    let queue = machine.open();
    queue.put(vec![single("1"), single("2")]).await.unwrap();
    let first = queue.poll().await.unwrap();
    machine.disk.set_full(true, false);
    assert!(queue.put(vec![single("refused")]).await.is_err());
    machine.disk.set_full(false, false);
    queue.written().await;
    assert_eq!(queue.backlog(), 1);
    assert_eq!(queue.deliver_all().await, ["2-a"]);
    drop(first);
    assert_eq!(queue.deliver_all().await, ["1-a"]);
    assert_eq!(books(&queue), format!("{:?} 0", Accounts::default()));
}

/// Deduplication keys share the fate of their commit.
#[tokio::test]
async fn a_key_of_a_refused_send_can_be_used_again() {
    let machine = Machine::new();
    let queue = machine.open();
    let mut sent = single("1");
    sent.deduplication_key = Some("k".into());
    machine.disk.set_full(true, false);
    assert!(queue.put(vec![sent.clone()]).await.is_err());
    machine.disk.set_full(false, false);
    queue.written().await;
    queue.put(vec![sent]).await.unwrap();
    assert_eq!(queue.deliver_all().await, ["1-a"]);
}

/// The last handle does not wait for ever for a disk that does not come back, and the next start finds all there.
#[tokio::test]
async fn a_disk_that_stays_full_ends_all_the_same() {
    let machine = Machine::new();
    let queue = machine.open();
    queue.put(vec![single("1")]).await.unwrap();
    let received = queue.poll().await.unwrap();
    machine.disk.set_full(true, false);
    queue.say(received, Outcome::Done);
    drop(queue);
    machine.disk.set_full(false, false);
    assert_eq!(machine.open().deliver_all().await, ["1-a"]);
}

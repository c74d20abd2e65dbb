//! Batches of a service that notes its requests and answers when it is told to.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use super::*;
use crate::aws::{AwsIdentity, EntryError};
use crate::call::Caller;

/// Entries are numbers. What a request does depends on the numbers in it.
#[derive(Clone)]
struct Fake {
    state: Arc<State>,
}

struct State {
    /// The entries of each request, in their order.
    requests: Mutex<Vec<Vec<usize>>>,
    /// Each request takes one permit.
    gate: Semaphore,
    /// Requests that were dropped before they ended.
    dropped: AtomicUsize,
    /// How requests with several entries end.
    batches: Ending,
}

#[derive(Clone, Copy)]
enum Ending {
    /// Entries of 100 and more fail, those of 200 and more for good.
    Each,
    /// As a whole, with this code.
    Code(&'static str),
    /// As a whole, since the role is refused with this code.
    Role(&'static str),
    Panic,
    /// So many results, whatever was sent.
    Results(usize),
}

struct Unfinished<'a>(&'a State, bool);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Fake {
    fn new(batches: Ending, permits: usize) -> Self {
        let state = State {
            requests: Mutex::default(),
            gate: Semaphore::new(permits),
            dropped: AtomicUsize::new(0),
            batches,
        };
        Self {
            state: Arc::new(state),
        }
    }

    async fn request(&self, entries: &[usize]) {
        self.state.requests.lock().unwrap().push(entries.to_vec());
        let mut unfinished = Unfinished(&self.state, false);
        self.state.gate.acquire().await.unwrap().forget();
        unfinished.1 = true;
    }

    fn requests(&self) -> Vec<Vec<usize>> {
        self.state.requests.lock().unwrap().clone()
    }

    /// Waits until so many requests have begun.
    async fn begun(&self, requests: usize) {
        until(|| self.requests().len() == requests).await;
    }
}

async fn until(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting)
        .await
        .unwrap();
}

fn error(code: &'static str, sender_fault: bool) -> AwsFailure {
    let error = EntryError {
        code: Some(code),
        message: None,
        sender_fault,
    };
    AwsFailure::of_entry(error, &AwsIdentity::default())
}

fn result(entry: usize) -> Result<Bytes, AwsFailure> {
    match entry {
        0..100 => Ok(Bytes::from(entry.to_string())),
        100..200 => Err(error("InternalFailure", false)),
        _ => Err(error("Wrong", true)),
    }
}

impl BatchService for Fake {
    type Entry = usize;
    const LIMITS: Limits = Limits {
        entries: 4,
        bytes: 1000,
        in_flight: 2,
    };

    fn size(entry: &usize) -> usize {
        *entry
    }

    async fn send(&self, entry: usize, _caller: Caller) -> Result<Bytes, AwsFailure> {
        self.request(&[entry]).await;
        result(entry)
    }

    async fn send_all(&self, entries: Vec<usize>) -> Result<Vec<Result<Bytes, AwsFailure>>, AwsFailure> {
        self.request(&entries).await;
        match self.state.batches {
            Ending::Each => Ok(entries.into_iter().map(result).collect()),
            Ending::Code(code) => Err(error(code, code != "ThrottlingException")),
            Ending::Role(code) => match error(code, true) {
                AwsFailure::Answer(error) => Err(AwsFailure::Answer(error.of_role())),
                other @ AwsFailure::Other { .. } => Err(other),
            },
            Ending::Panic => panic!("on purpose"),
            Ending::Results(number) => Ok((0..number).map(result).collect()),
        }
    }
}

fn to(name: &str) -> Destination {
    Destination::new("r", &AwsIdentity::default(), name)
}

type Outcome = Result<Bytes, AwsFailure>;

fn send(batches: &Batches<Fake>, fake: &Fake, entry: usize) -> JoinHandle<Outcome> {
    let (batches, fake) = (batches.clone(), fake.clone());
    tokio::spawn(async move { batches.send(to("a"), fake, entry, Caller::Queue).await })
}

fn words(outcome: Outcome) -> String {
    match outcome {
        Ok(id) => String::from_utf8(id.to_vec()).unwrap(),
        Err(failure) => format!("{:?}", failure.class()),
    }
}

async fn outcomes(sent: Vec<JoinHandle<Outcome>>) -> Vec<String> {
    let mut outcomes = Vec::new();
    for one in sent {
        outcomes.push(words(one.await.unwrap()));
    }
    outcomes
}

#[tokio::test]
async fn those_that_come_together_go_together() {
    let (batches, fake) = (Batches::default(), Fake::new(Ending::Each, 100));
    let sent = [1, 2, 3].map(|entry| send(&batches, &fake, entry));
    assert_eq!(outcomes(sent.into()).await, ["1", "2", "3"]);
    assert_eq!(fake.requests(), [vec![1, 2, 3]]);
    // One that comes later finds nobody to wait for.
    assert_eq!(outcomes(vec![send(&batches, &fake, 4)]).await, ["4"]);
    assert_eq!(fake.requests().last().unwrap(), &[4]);
    assert!(batches.backlogs.is_empty());
}

#[tokio::test]
async fn those_that_come_meanwhile_are_the_next_batch() {
    let (batches, fake) = (Batches::default(), Fake::new(Ending::Each, 0));
    let mut sent = Vec::new();
    for entry in 1..=2 {
        sent.push(send(&batches, &fake, entry));
        fake.begun(entry).await;
    }
    sent.extend((3..=8).map(|entry| send(&batches, &fake, entry)));
    until(|| batches.backlogs.waiting() == 6).await;
    assert_eq!(fake.requests(), [[1], [2]]);
    fake.state.gate.add_permits(100);
    assert_eq!(outcomes(sent).await, ["1", "2", "3", "4", "5", "6", "7", "8"]);
    assert_eq!(fake.requests()[2..], [vec![3, 4, 5, 6], vec![7, 8]]);
    assert!(batches.backlogs.is_empty());
}

#[tokio::test]
async fn requests_keep_the_limits_of_bytes() {
    let (batches, fake) = (Batches::default(), Fake::new(Ending::Each, 100));
    // The one of 5000 is too large for any batch; what comes before and after it is not.
    let sent = [600, 400, 1, 5000, 2].map(|entry| send(&batches, &fake, entry));
    outcomes(sent.into()).await;
    assert_eq!(fake.requests(), [vec![600, 400], vec![1], vec![5000], vec![2]]);
}

#[tokio::test]
async fn destinations_share_nothing() {
    let (batches, fake) = (Batches::default(), Fake::new(Ending::Each, 100));
    let mut sent = JoinSet::new();
    for (name, entry) in [("a", 1), ("b", 2), ("a", 3)] {
        let (batches, fake) = (batches.clone(), fake.clone());
        sent.spawn(async move { batches.send(to(name), fake, entry, Caller::Queue).await });
    }
    sent.join_all().await;
    let mut requests = fake.requests();
    requests.sort();
    assert_eq!(requests, [vec![1, 3], vec![2]]);
}

#[tokio::test]
async fn whoever_is_waited_for_goes_alone() {
    let (batches, fake) = (Batches::<Fake>::default(), Fake::new(Ending::Each, 100));
    let sync = |entry| batches.send(to("a"), fake.clone(), entry, Caller::Client);
    let (one, two) = tokio::join!(sync(1), sync(2));
    assert_eq!((words(one), words(two)), ("1".to_owned(), "2".to_owned()));
    assert_eq!(fake.requests(), [[1], [2]]);
}

#[tokio::test]
async fn each_entry_has_its_own_result() {
    let (batches, fake) = (Batches::default(), Fake::new(Ending::Each, 100));
    let sent = [1, 100, 200, 2].map(|entry| send(&batches, &fake, entry));
    assert_eq!(outcomes(sent.into()).await, ["1", "Transient", "Permanent", "2"]);
    assert_eq!(fake.requests().len(), 1);
}

#[tokio::test]
async fn what_fails_as_a_whole_and_passes_is_told_to_all() {
    let (batches, fake) = (
        Batches::default(),
        Fake::new(Ending::Code("ThrottlingException"), 100),
    );
    let sent = [1, 2].map(|entry| send(&batches, &fake, entry));
    assert_eq!(outcomes(sent.into()).await, ["Throttled", "Throttled"]);
    assert_eq!(fake.requests(), [[1, 2]]);
}

#[tokio::test]
async fn what_fails_as_a_whole_for_good_is_sent_singly() {
    let (batches, fake) = (
        Batches::default(),
        Fake::new(Ending::Code("ValidationException"), 100),
    );
    let sent = [1, 200].map(|entry| send(&batches, &fake, entry));
    assert_eq!(outcomes(sent.into()).await, ["1", "Permanent"]);
    assert_eq!(fake.requests(), [vec![1, 200], vec![1], vec![200]]);
    // The next ones may share a request again.
    let sent = [3, 4].map(|entry| send(&batches, &fake, entry));
    outcomes(sent.into()).await;
    assert_eq!(fake.requests()[3..], [vec![3, 4], vec![3], vec![4]]);
}

#[tokio::test]
async fn refused_batches_are_left_for_a_while() {
    let (batches, fake) = (
        Batches::default(),
        Fake::new(Ending::Code("AccessDeniedException"), 100),
    );
    for round in 0..2 {
        let sent = [1, 2].map(|entry| send(&batches, &fake, entry));
        assert_eq!(outcomes(sent.into()).await, ["1", "2"]);
        assert_eq!(fake.requests().len(), 3 + 2 * round);
    }
    // Other destinations are not concerned, and neither is this one later.
    assert!(!batches.is_refused(&to("b")));
    let past = Instant::now();
    batches.refused.lock().unwrap().insert(to("a"), past);
    let sent = [1, 2].map(|entry| send(&batches, &fake, entry));
    outcomes(sent.into()).await;
    assert_eq!(fake.requests()[5], [1, 2]);
}

#[tokio::test]
async fn a_refused_role_is_asked_for_once_for_all() {
    for code in ["AccessDenied", "SignatureDoesNotMatch"] {
        let (batches, fake) = (Batches::default(), Fake::new(Ending::Role(code), 100));
        let sent = [1, 2].map(|entry| send(&batches, &fake, entry));
        assert_eq!(outcomes(sent.into()).await, ["Permanent", "Permanent"]);
        assert_eq!(fake.requests(), [[1, 2]]);
        // It says nothing of batches.
        assert!(!batches.is_refused(&to("a")));
    }
}

#[tokio::test]
async fn a_service_that_counts_wrongly_hangs_nobody() {
    for (results, want) in [
        (0, ["Transient", "Transient"]),
        (1, ["0", "Transient"]),
        (9, ["0", "1"]),
    ] {
        let (batches, fake) = (Batches::default(), Fake::new(Ending::Results(results), 100));
        let sent = [5, 6].map(|entry| send(&batches, &fake, entry));
        assert_eq!(outcomes(sent.into()).await, want);
    }
}

#[tokio::test]
async fn whoever_goes_away_takes_nobody_along() {
    let (batches, fake) = (Batches::default(), Fake::new(Ending::Each, 0));
    let first = [1, 2].map(|entry| send(&batches, &fake, entry));
    fake.begun(1).await;
    let other = send(&batches, &fake, 3);
    fake.begun(2).await;
    let waiting = [4, 5].map(|entry| send(&batches, &fake, entry));
    until(|| batches.backlogs.waiting() == 2).await;
    // One whose request is under way, and one that waits for it.
    first[0].abort();
    waiting[0].abort();
    until(|| first[0].is_finished() && waiting[0].is_finished()).await;
    fake.state.gate.add_permits(100);
    let [_, second] = first;
    let [_, fifth] = waiting;
    assert_eq!(outcomes(vec![second, other, fifth]).await, ["2", "3", "5"]);
    assert_eq!(fake.requests(), [vec![1, 2], vec![3], vec![5]]);
    assert_eq!(fake.state.dropped.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_ends() {
    let (batches, fake) = (Batches::default(), Fake::new(Ending::Each, 0));
    let sent = [1, 2].map(|entry| send(&batches, &fake, entry));
    fake.begun(1).await;
    sent[0].abort();
    until(|| sent[0].is_finished()).await;
    assert_eq!(fake.state.dropped.load(Ordering::SeqCst), 0);
    sent[1].abort();
    until(|| fake.state.dropped.load(Ordering::SeqCst) == 1 && batches.backlogs.is_empty()).await;
    fake.state.gate.add_permits(100);
    assert_eq!(outcomes(vec![send(&batches, &fake, 3)]).await, ["3"]);
}

#[tokio::test]
async fn a_sender_that_breaks_leaves_nobody_waiting() {
    let (batches, fake) = (Batches::default(), Fake::new(Ending::Panic, 0));
    let mut sent: Vec<_> = [1, 2].map(|entry| send(&batches, &fake, entry)).into();
    fake.begun(1).await;
    sent.push(send(&batches, &fake, 3));
    fake.begun(2).await;
    sent.push(send(&batches, &fake, 4));
    until(|| batches.backlogs.waiting() == 1).await;
    fake.state.gate.add_permits(1);
    // Whoever shared its request or waited behind it.
    let (third, rest) = (sent.remove(2), sent);
    assert_eq!(outcomes(rest).await, ["Transient", "Transient", "Transient"]);
    fake.state.gate.add_permits(100);
    assert_eq!(outcomes(vec![third, send(&batches, &fake, 5)]).await, ["3", "5"]);
    assert!(batches.backlogs.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_or_sent_twice_in_a_crowd() {
    let (batches, fake) = (Batches::default(), Fake::new(Ending::Each, 100_000));
    let sent: Vec<_> = (0..2000)
        .map(|entry| (entry % 100, send(&batches, &fake, entry % 100)))
        .collect();
    for (entry, one) in sent {
        assert_eq!(words(one.await.unwrap()), entry.to_string());
    }
    let requests = fake.requests();
    assert_eq!(requests.iter().map(Vec::len).sum::<usize>(), 2000);
    assert!(requests.len() < 2000 && requests.iter().all(|entries| entries.len() <= 4));
    until(|| batches.backlogs.is_empty()).await;
}

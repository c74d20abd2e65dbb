//! What shares a commit, in requests and bytes: nobody waits for more than a part of what others bring.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use domain::dead_letter::DeadLetterSelection;
use tokio::sync::oneshot;

use super::super::Embedded;
use super::super::enqueue::Parcel;
use super::super::inbox::{Gathered, Inbox};
use super::super::jobs::{Batch, Clear, Job, Send};
use super::super::pieces::PART;
use super::fixture::{Machine, delivery, event_of};

/// What is asked of a writer that writes nothing.
struct Requests {
    queue: Embedded,
    sender: Sender<Job>,
    jobs: Receiver<Job>,
    inbox: Inbox,
}

impl Requests {
    fn new() -> Self {
        let (sender, jobs) = channel();
        Self {
            queue: Machine::new().open(),
            sender,
            jobs,
            inbox: Inbox::default(),
        }
    }

    /// A space sends an event of so many bytes.
    fn send(&self, space: &str, bytes: usize) {
        let mut delivery = delivery(&event_of("1", &"x".repeat(bytes)), "a");
        delivery.space = space.into();
        let room = self.queue.reserve([&delivery], 0).unwrap().room;
        let parcel = Parcel::new(vec![delivery], 0);
        let answer = oneshot::channel().0;
        self.ask(Job::Send(Send { parcel, room, answer }));
    }

    fn ask(&self, job: Job) {
        self.sender.send(job).unwrap();
    }

    /// The next commit, and the spaces of what is sent in it.
    fn next(&mut self) -> (Batch, String) {
        let mut batch = Batch::default();
        let gathered = self.inbox.gather(&self.jobs, &mut batch, Some(Duration::ZERO));
        assert_ne!(gathered, Gathered::Over);
        let spaces = batch
            .sends
            .iter()
            .map(|send| send.parcel.deliveries[0].space.to_string());
        let spaces = spaces.collect();
        (batch, spaces)
    }
}

#[test]
fn small_requests_go_before_large_ones_and_hold_them_up_once() {
    let mut requests = Requests::new();
    for _ in 0..3 {
        requests.send("l", 2 * PART);
    }
    requests.send("q", 10);
    // An event is written as a whole, but not in front of those of others.
    assert_eq!(requests.next().1, "q");
    for left in (0..3).rev() {
        requests.send("q", 10);
        assert_eq!(requests.next().1, "ql");
        requests.send("q", 10);
        assert_eq!(requests.next().1, "q");
        assert_eq!(requests.inbox.is_empty(), left == 0);
    }
    assert_eq!(requests.next().1, "");
}

#[test]
fn a_commit_takes_a_part_of_a_line_and_lines_take_turns() {
    let mut requests = Requests::new();
    for _ in 0..20 {
        for space in ["l", "m"] {
            requests.send(space, 200_000);
        }
    }
    // The first of each is none too much; beside them, nothing of a line.
    assert_eq!(requests.next().1, "lm");
    let mut turns = Vec::new();
    while !requests.inbox.is_empty() {
        let (batch, spaces) = requests.next();
        assert!(batch.bytes <= PART, "{}", batch.bytes);
        turns.push(spaces);
    }
    assert_eq!(turns.concat().len(), 38);
    assert_eq!(turns[..4], ["lllll", "mmmmm", "lllll", "mmmmm"]);
}

/// What is small but much is no different, and what is alone is not held up.
#[test]
fn a_space_has_its_share_of_a_commit() {
    let mut requests = Requests::new();
    for _ in 0..100 {
        requests.send("l", 10_000);
    }
    requests.send("q", 10);
    let (batch, spaces) = requests.next();
    assert!(batch.bytes < 300_000 && spaces.ends_with('q'), "{spaces}");
    let mut requests = Requests::new();
    requests.send("l", 2 * PART);
    assert_eq!(requests.next().1, "l");
    assert!(requests.inbox.is_empty());
}

#[test]
fn what_is_read_shows_all_that_was_asked_for_before() {
    let mut requests = Requests::new();
    for space in ["l", "m", "l"] {
        requests.send(space, PART);
    }
    requests.ask(Job::Clear(Clear {
        space: "m".into(),
        selection: DeadLetterSelection::All,
        redrive: false,
        limit: 1,
        until: None,
        answer: oneshot::channel().0,
    }));
    let is_read = Arc::new(AtomicBool::new(false));
    let reads = Arc::clone(&is_read);
    requests.ask(Job::Read(Box::new(move |_| {
        reads.store(true, Ordering::Relaxed);
        true
    })));
    requests.send("l", PART);
    let mut order = Vec::new();
    while !requests.inbox.is_empty() || order.is_empty() {
        let (batch, spaces) = requests.next();
        order.push(format!("{spaces}{}{}", batch.clears.len(), batch.reads.len()));
    }
    // Only the last one came after it.
    assert_eq!(order, ["l00", "m00", "l00", "11", "l00"]);
}

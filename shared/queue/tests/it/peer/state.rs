//! What the peer knows: its queues, what was asked of it, and what is to go wrong.

use std::collections::VecDeque;
use std::time::Duration;

use super::queue::Queue;
use super::{Call, Fault};

#[derive(Debug)]
pub(super) struct State {
    pub(super) faults: VecDeque<(&'static str, Fault)>,
    pub(super) calls: Vec<Call>,
    pub(super) abandoned: usize,
    pub(super) standard: Queue,
    pub(super) fifo: Queue,
    /// Where messages go that are not taken.
    pub(super) dead: Queue,
}

impl State {
    pub(super) fn new(hidden: Duration, hidden_in_order: Duration) -> Self {
        Self {
            faults: VecDeque::new(),
            calls: Vec::new(),
            abandoned: 0,
            standard: Queue::new(false, hidden),
            fifo: Queue::new(true, hidden_in_order),
            dead: Queue::new(false, hidden),
        }
    }

    /// The queue with a URL.
    pub(super) fn queue(&mut self, url: &str) -> &mut Queue {
        // AWS wants the names of FIFO queues to end so.
        if url
            .rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with("dead"))
        {
            &mut self.dead
        } else if url.rsplit('.').next() == Some("fifo") {
            &mut self.fifo
        } else {
            &mut self.standard
        }
    }

    /// The next fault that an action is to have.
    pub(super) fn fault(&mut self, action: &str) -> Option<Fault> {
        let place = self.faults.iter().position(|(name, _)| *name == action)?;
        self.faults.remove(place).map(|(_, fault)| fault)
    }
}

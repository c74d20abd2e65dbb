//! Tells of the changes that a request makes, whether its client still waits or not.

use domain::audit::{Actor, MadeRecords, SealedRecord};
use domain::hops::Hops;
use gateway::ConfigChanges;
use http::request::Parts;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::unstoppable::Unstoppable;

/// What tells of the changes of a request: when it is finished, or, where nobody waits for that any more, as they are made.
pub(super) struct Telling(Option<Noted>);

/// The changes of a request. There are as many as it can make.
struct Noted {
    records: UnboundedReceiver<SealedRecord>,
    changes: ConfigChanges,
    actor: Actor,
    hops: Hops,
}

/// Where a request notes what it changes, and what tells of it.
pub(super) fn telling(changes: &ConfigChanges, actor: Actor, parts: &Parts) -> (MadeRecords, Telling) {
    let (note, records) = mpsc::unbounded_channel();
    let made = MadeRecords::to(move |record| {
        // A record that is made after the request was answered is none of its.
        let _ = note.send(record);
    });
    let noted = Noted {
        records,
        changes: changes.clone(),
        actor,
        // What is no count here is refused by the Events API: it is not told of.
        hops: Hops::of_request(&parts.headers).unwrap_or(Hops::new(u8::MAX)),
    };
    (made, Telling(Some(noted)))
}

impl Telling {
    /// Tells of all that was changed until now.
    pub(super) async fn finish(mut self) {
        if let Some(noted) = self.0.take() {
            Unstoppable::new(noted.tell_what_is_made()).await;
        }
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        if let Some(noted) = self.0.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(noted.tell_what_will_be_made());
        }
    }
}

impl Noted {
    async fn tell_what_is_made(mut self) {
        while let Ok(record) = self.records.try_recv() {
            self.changes.tell(&self.actor, &record, self.hops).await;
        }
    }

    /// Ends when nobody is left who could make a change.
    async fn tell_what_will_be_made(mut self) {
        while let Some(record) = self.records.recv().await {
            self.changes.tell(&self.actor, &record, self.hops).await;
        }
    }
}

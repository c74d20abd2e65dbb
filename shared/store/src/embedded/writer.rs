//! The one thread that changes the store. It takes all changes that wait, applies the rules one after another, writes
//! what they accept in one transaction, publishes the new state, and only then answers: changes that race are in an
//! order, and nothing is in effect that is not on disk.

use std::error::Error;
use std::iter;
use std::sync::{Arc, mpsc};

use arc_swap::ArcSwap;

use super::EmbeddedSettings;
use super::draft::Draft;
use super::engine::{Engine, EngineError};
use super::state::EmbeddedState;
use crate::error::OpenError;

/// A change to carry out; gives what answers it.
pub(super) type Job = Box<dyn FnOnce(&mut Draft) -> Acknowledgement + Send>;

/// What reads of the file what is not in memory; `None` where it failed and could not be opened anew.
pub(super) type Reading = Box<dyn FnOnce(Option<&Engine>) + Send>;

/// What writes to the file what is no change of the configuration.
pub(super) type Noting = Box<dyn FnOnce(&mut Engine) -> Result<(), EngineError> + Send>;

/// What the thread is asked for.
pub(super) enum Task {
    /// A change.
    Change(Job),
    /// Something to be read after the changes that came before.
    Read(Reading),
    /// What is no change of the configuration; and who is told whether it is on disk.
    Note(Noting, Box<dyn FnOnce(BatchOutcome) + Send>),
}

/// Answers a change, once it is known what became of the batch.
pub(super) type Acknowledgement = Box<dyn FnOnce(&BatchOutcome) + Send>;

/// Whether a batch is on disk.
pub(super) type BatchOutcome = Result<(), Arc<dyn Error + Send + Sync>>;

/// Most changes in one transaction: those that come in meanwhile must not keep the first waiting.
const MAX_BATCH: usize = 1024;

/// A batch of which nothing is used, because one of its changes panicked halfway.
#[derive(Debug, thiserror::Error)]
#[error("a change that was to be written with this one panicked")]
struct Torn;

/// What the thread works on.
pub(super) struct WriterThread {
    settings: EmbeddedSettings,
    /// `None` after a failure, until it is opened anew.
    engine: Option<Engine>,
    published: Arc<ArcSwap<EmbeddedState>>,
}

impl WriterThread {
    pub(super) fn new(
        settings: EmbeddedSettings,
        engine: Engine,
        published: Arc<ArcSwap<EmbeddedState>>,
    ) -> Self {
        Self {
            settings,
            engine: Some(engine),
            published,
        }
    }

    /// Works until the other end of the channel is gone and nothing waits any more.
    pub(super) fn run(mut self, waiting: &mpsc::Receiver<Task>) {
        while let Ok(first) = waiting.recv() {
            self.carry_out(iter::once(first).chain(waiting.try_iter()).take(MAX_BATCH));
        }
    }

    fn carry_out(&mut self, tasks: impl Iterator<Item = Task>) {
        let usable = self.reopen();
        let mut draft = Draft::of(&self.published.load(), &self.settings);
        let (mut answers, mut readings, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for task in tasks {
            match task {
                Task::Change(job) => answers.push(job(&mut draft)),
                Task::Read(reading) => readings.push(reading),
                Task::Note(noting, reply) => notes.push((noting, reply)),
            }
        }
        // A refusal may rest on a change of the same batch, so all of them share its fate.
        let outcome = usable.and_then(|()| self.commit(draft));
        for answer in answers {
            answer(&outcome);
        }
        // Before what is read: whoever has written before asks for it.
        for (noting, reply) in notes {
            reply(self.note(noting));
        }
        for reading in readings {
            reading(self.engine.as_ref());
        }
    }

    fn commit(&mut self, draft: Draft) -> BatchOutcome {
        if draft.is_torn {
            return Err(Arc::new(Torn));
        }
        if draft.writes.is_empty() {
            return Ok(());
        }
        if let Some(engine) = &mut self.engine
            && let Err(err) = engine.commit(&draft.writes, &draft.records, self.settings.audit)
        {
            self.engine = None;
            return Err(Arc::new(err));
        }
        draft.warn_of_shadowed();
        self.published.store(Arc::new(draft.state));
        Ok(())
    }

    fn note(&mut self, noting: Noting) -> BatchOutcome {
        self.reopen()?;
        if let Some(engine) = &mut self.engine
            && let Err(err) = noting(engine)
        {
            self.engine = None;
            return Err(Arc::new(err));
        }
        Ok(())
    }

    /// Opens the engine after a failure. What it then holds is published: the disk may have taken the writes that it
    /// failed to confirm, and no rule may be decided on anything but what is there.
    fn reopen(&mut self) -> BatchOutcome {
        if self.engine.is_some() {
            return Ok(());
        }
        let load = || {
            let engine = Engine::open(&self.settings)?;
            let state = EmbeddedState::load(&engine, &self.settings)?;
            Ok((engine, state))
        };
        let (engine, state) =
            load().map_err(|err: OpenError| -> Arc<dyn Error + Send + Sync> { Arc::new(err) })?;
        tracing::info!("configuration store opened anew after a failure");
        self.engine = Some(engine);
        self.published.store(Arc::new(state));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use domain::audit::Author;
    use domain::ids::Space;
    use domain::resource::{Function, MetadataFilter, Resource as _};

    use super::*;
    use crate::error::StoreError;

    #[test]
    fn nothing_is_used_of_a_batch_that_was_left_half_done() {
        let directory = tempfile::tempdir().unwrap();
        let settings = EmbeddedSettings::new(directory.path());
        Engine::create_if_missing(&settings).unwrap();
        let engine = Engine::open(&settings).unwrap();
        let state = EmbeddedState::load(&engine, &settings).unwrap();
        let published = Arc::new(ArcSwap::from_pointee(state));
        let mut writer = WriterThread::new(settings, engine, published.clone());
        let space = Space::from("default");
        let failed = Arc::new(AtomicUsize::new(0));
        let create = |id: &str, panics: bool| -> Task {
            let body = format!(r#"{{"functionId":"{id}","type":"http","provider":{{"url":"http://a/"}}}}"#);
            let function = Function::decode(&space, None, body.as_bytes()).unwrap();
            let failed = failed.clone();
            Task::Change(Box::new(move |draft| {
                let result = draft.contained(&Author::gateway(), |draft| {
                    draft.create(function, None)?;
                    assert!(!panics, "after it was taken over");
                    Ok(())
                });
                assert_eq!(matches!(result, Err(StoreError::Panicked)), panics);
                Box::new(move |outcome| {
                    failed.fetch_add(usize::from(outcome.is_err()), Ordering::Relaxed);
                })
            }))
        };
        let there = || {
            let functions = published
                .load()
                .list::<Function>(&space, &MetadataFilter::default());
            functions.len()
        };
        writer.carry_out([create("a", false), create("b", true), create("c", false)].into_iter());
        assert_eq!((there(), failed.load(Ordering::Relaxed)), (0, 3));
        writer.carry_out([create("a", false), create("b", false)].into_iter());
        assert_eq!((there(), failed.load(Ordering::Relaxed)), (2, 3));
    }
}

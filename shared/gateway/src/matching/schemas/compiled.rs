//! Schemas as they are once compiled. That is done at the first event of each, and remembered for the last ones used.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataflow::schema::{Schema, SchemaLimits};
use domain::json::Json;
use domain::resource::EventType;
use hashlink::LruCache;
use offload::off_runtime;

/// How data is checked against schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaSettings {
    /// How many compiled schemas are kept.
    pub most_compiled: usize,
    /// Bytes that the texts of those that are kept have together, at most. Compiled they take a multiple of it.
    pub most_bytes: usize,
    /// Bounds of a schema.
    pub limits: SchemaLimits,
}

impl Default for SchemaSettings {
    fn default() -> Self {
        Self {
            most_compiled: 1_000,
            most_bytes: 8 * 1024 * 1024,
            limits: SchemaLimits::default(),
        }
    }
}

/// A compiled schema, or nothing where it cannot be compiled. What it was made of is kept as well, so that no other has its
/// address.
#[derive(Debug, Clone)]
struct Entry {
    #[expect(dead_code, reason = "it is held for as long as the entry")]
    of: Arc<EventType>,
    bytes: usize,
    schema: Option<Arc<Schema>>,
}

#[derive(Debug)]
struct Known {
    entries: LruCache<usize, Entry>,
    /// Of their texts.
    bytes: usize,
}

/// Compiled schemas, by where their texts are in memory: what is the same there is the same text, and looking costs no hash
/// of it.
#[derive(Debug)]
pub(super) struct Compiled {
    settings: SchemaSettings,
    known: Mutex<Known>,
}

impl Compiled {
    pub(super) fn new(settings: SchemaSettings) -> Self {
        Self {
            settings,
            known: Mutex::new(Known {
                entries: LruCache::new(settings.most_compiled.max(1)),
                bytes: 0,
            }),
        }
    }

    /// The compiled schema of a version of an event type. `None` if it is none that can be compiled, which other programs may
    /// have stored.
    pub(super) async fn get(
        &self,
        event_type: &Arc<EventType>,
        version: u32,
        text: &Json,
    ) -> Option<Arc<Schema>> {
        let address = text.get().as_ptr().addr();
        if let Some(entry) = self.lock().entries.get(&address) {
            return entry.schema.clone();
        }
        let limits = self.settings.limits;
        // Patterns of a small schema take long as well.
        let text = text.clone();
        let bytes = text.get().len();
        let compiled = off_runtime(move || Schema::compile(text.get(), &limits)).await;
        let compiled = compiled.inspect_err(|error| {
            tracing::error!(
                space = %event_type.space, event.r#type = %event_type.name, version, %error,
                "The schema of an event type cannot be used: its events are not checked."
            );
        });
        let entry = Entry {
            of: Arc::clone(event_type),
            bytes,
            schema: compiled.ok().map(Arc::new),
        };
        let schema = entry.schema.clone();
        self.lock().keep(address, entry, self.settings);
        schema
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Keeps one more, in the place of those that nobody has used for longest.
    fn keep(&mut self, address: usize, entry: Entry, settings: SchemaSettings) {
        self.bytes += entry.bytes;
        if let Some(replaced) = self.entries.remove(&address) {
            self.bytes -= replaced.bytes;
        }
        while self.entries.len() >= settings.most_compiled.max(1)
            || self.bytes > settings.most_bytes && !self.entries.is_empty()
        {
            let Some((_, gone)) = self.entries.remove_lru() else {
                break;
            };
            self.bytes -= gone.bytes;
        }
        self.entries.insert(address, entry);
    }
}

#[cfg(test)]
mod tests {
    use domain::resource::Resource as _;

    use super::*;

    fn event_type(schema: &str) -> Arc<EventType> {
        let body = format!(r#"{{"name":"t","schema":{schema}}}"#);
        let mut event_type = EventType::decode(&"shop".into(), None, body.as_bytes()).unwrap();
        event_type.keep_masked(None).unwrap();
        Arc::new(event_type)
    }

    async fn get(compiled: &Compiled, event_type: &Arc<EventType>) -> Option<Arc<Schema>> {
        let (version, text) = event_type.newest_schema().unwrap();
        compiled.get(event_type, version, text).await
    }

    #[tokio::test]
    async fn each_is_compiled_once_and_not_more_are_kept_than_may_be() {
        let compiled = Compiled::new(SchemaSettings {
            most_compiled: 2,
            most_bytes: 60,
            ..SchemaSettings::default()
        });
        let small: Vec<_> = (1..4)
            .map(|at| event_type(&format!(r#"{{"minLength":{at}}}"#)))
            .collect();
        let first = get(&compiled, &small[0]).await.unwrap();
        assert!(Arc::ptr_eq(&first, &get(&compiled, &small[0]).await.unwrap()));
        for event_type in &small {
            get(&compiled, event_type).await.unwrap();
        }
        assert_eq!(compiled.lock().entries.len(), 2);
        let large = event_type(&format!(r#"{{"title":"{}"}}"#, "x".repeat(50)));
        get(&compiled, &large).await.unwrap();
        let known = compiled.lock();
        assert_eq!((known.entries.len(), known.bytes), (1, 62));
    }

    #[tokio::test]
    async fn what_cannot_be_compiled_is_no_schema() {
        let compiled = Compiled::new(SchemaSettings::default());
        let broken = event_type(r#"{"type":"strin"}"#);
        assert!(get(&compiled, &broken).await.is_none() && get(&compiled, &broken).await.is_none());
    }
}

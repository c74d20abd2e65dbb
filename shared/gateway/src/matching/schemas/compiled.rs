//! Schemas as they are once compiled. That is done at the first event of each, and remembered for the last ones used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataflow::schema::{Schema, SchemaLimits};
use domain::ids::Space;
use domain::json::Json;
use domain::resource::EventType;
use hashlink::LruCache;
use offload::off_runtime_for;
use tokio::sync::OnceCell;

/// How data is checked against schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaSettings {
    /// How many compiled schemas are kept.
    pub most_compiled: usize,
    /// Bytes that those which are kept take in memory together, about, at most.
    pub most_bytes: usize,
    /// Bounds of a schema.
    pub limits: SchemaLimits,
}

impl Default for SchemaSettings {
    fn default() -> Self {
        Self {
            most_compiled: 1_000,
            most_bytes: 64 * 1024 * 1024,
            limits: SchemaLimits::default(),
        }
    }
}

/// What a schema is compiled to, once somebody has: nothing where it cannot be.
type Cell = Arc<OnceCell<Option<Arc<Schema>>>>;

/// A schema that is known. What it was made of is kept as well, so that no other has its address.
#[derive(Debug, Clone)]
struct Entry {
    of: Arc<EventType>,
    /// That it takes in memory, about; none before it is compiled.
    bytes: usize,
    schema: Cell,
}

#[derive(Debug)]
struct Known {
    /// By address, those that were not used for longest first.
    entries: LruCache<usize, Entry>,
    /// Of all together.
    bytes: usize,
    of_spaces: HashMap<Space, Share>,
}

/// What a space has of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Share {
    count: usize,
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
                // Which of them has to go is decided here.
                entries: LruCache::new_unbounded(),
                bytes: 0,
                of_spaces: HashMap::new(),
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
        let cell = self.lock().cell(address, event_type, self.settings);
        if let Some(schema) = cell.get() {
            return schema.clone();
        }
        // Events that come together wait for one that compiles it for all.
        let compile = async || {
            let schema = self.compile(event_type, version, text).await;
            if let Some(schema) = &schema {
                self.lock().weigh(address, schema.bytes(), self.settings);
            }
            schema
        };
        cell.get_or_init(compile).await.clone()
    }

    async fn compile(&self, event_type: &EventType, version: u32, text: &Json) -> Option<Arc<Schema>> {
        let limits = self.settings.limits;
        // Patterns of a small schema take long as well.
        let text = text.clone();
        let compile = move || Schema::compile(text.get(), &limits);
        let compiled = off_runtime_for(event_type.space.as_str(), compile).await;
        let compiled = compiled.inspect_err(|error| {
            tracing::error!(
                space = %event_type.space, event.r#type = %event_type.name, version, %error,
                "The schema of an event type cannot be used: its events are not checked."
            );
        });
        compiled.ok().map(Arc::new)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// What is known of a schema, or will be.
    fn cell(&mut self, address: usize, event_type: &Arc<EventType>, settings: SchemaSettings) -> Cell {
        if let Some(entry) = self.entries.get(&address) {
            return Arc::clone(&entry.schema);
        }
        while self.entries.len() >= settings.most_compiled.max(1)
            && self.forget_one(|share| share.count, None)
        {}
        let schema = Cell::default();
        let entry = Entry {
            of: Arc::clone(event_type),
            bytes: 0,
            schema: Arc::clone(&schema),
        };
        self.entries.insert(address, entry);
        self.of_spaces.entry(event_type.space.clone()).or_default().count += 1;
        schema
    }

    /// Notes how large a schema has turned out to be, and makes room for it.
    fn weigh(&mut self, address: usize, bytes: usize, settings: SchemaSettings) {
        let Some(entry) = self.entries.peek_mut(&address) else {
            return;
        };
        self.bytes = self.bytes - entry.bytes + bytes;
        if let Some(share) = self.of_spaces.get_mut(&entry.of.space) {
            share.bytes = share.bytes - entry.bytes + bytes;
        }
        entry.bytes = bytes;
        while self.bytes > settings.most_bytes && self.forget_one(|share| share.bytes, Some(address)) {}
    }

    /// Forgets one of the space with the most of something, that which nobody has used for longest, but not the one at this
    /// address: who has many makes room for more. Says whether there was one.
    fn forget_one(&mut self, of: fn(&Share) -> usize, but: Option<usize>) -> bool {
        let most = self.of_spaces.values().map(of).max();
        let mut others = self.entries.iter().filter(|(address, _)| Some(**address) != but);
        let has_most = |entry: &Entry| self.of_spaces.get(&entry.of.space).map(of) == most;
        let first = others.clone().map(|(address, _)| *address).next();
        let oldest = others
            .find(|(_, entry)| has_most(entry))
            .map(|(address, _)| *address);
        let Some(gone) = oldest.or(first).and_then(|address| self.entries.remove(&address)) else {
            return false;
        };
        self.bytes -= gone.bytes;
        if let Some(share) = self.of_spaces.get_mut(&gone.of.space) {
            share.bytes -= gone.bytes;
            share.count -= 1;
            if share.count == 0 {
                self.of_spaces.remove(&gone.of.space);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use domain::resource::Resource as _;

    use super::*;

    fn event_type(schema: &str) -> Arc<EventType> {
        event_type_of("shop", schema)
    }

    fn event_type_of(space: &str, schema: &str) -> Arc<EventType> {
        let body = format!(r#"{{"name":"t","schema":{schema}}}"#);
        let mut event_type = EventType::decode(&space.into(), None, body.as_bytes()).unwrap();
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
            most_bytes: 500,
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
        assert_eq!((known.entries.len(), known.bytes), (1, 62 * 8));
    }

    #[tokio::test]
    async fn what_cannot_be_compiled_is_no_schema() {
        let compiled = Compiled::new(SchemaSettings::default());
        let broken = event_type(r#"{"type":"strin"}"#);
        assert!(get(&compiled, &broken).await.is_none() && get(&compiled, &broken).await.is_none());
    }

    #[tokio::test]
    async fn who_has_many_makes_room_and_others_keep_theirs() {
        let compiled = Compiled::new(SchemaSettings {
            most_compiled: 4,
            ..SchemaSettings::default()
        });
        let modest = event_type_of("modest", "{}");
        let first = get(&compiled, &modest).await.unwrap();
        let greedy: Vec<_> = (0..20)
            .map(|at| event_type_of("greedy", &format!(r#"{{"minLength":{at}}}"#)))
            .collect();
        for event_type in &greedy {
            get(&compiled, event_type).await.unwrap();
        }
        assert!(Arc::ptr_eq(&first, &get(&compiled, &modest).await.unwrap()));
        let known = compiled.lock();
        assert_eq!(known.entries.len(), 4);
        assert_eq!(
            known.of_spaces.values().map(|share| share.count).sum::<usize>(),
            4
        );
    }

    /// A few characters can make much of a pattern.
    #[tokio::test]
    async fn patterns_count_by_what_is_made_of_them() {
        let compiled = Compiled::new(SchemaSettings {
            most_bytes: 4 * 1024 * 1024,
            ..SchemaSettings::default()
        });
        let large: Vec<_> = (0..20)
            .map(|at| event_type(&format!(r#"{{"pattern":"\\w{{{}}}"}}"#, 300 + at)))
            .collect();
        for event_type in &large {
            assert!(get(&compiled, event_type).await.is_some());
        }
        let known = compiled.lock();
        assert!(
            known.entries.len() < 17 && known.bytes <= 4 * 1024 * 1024,
            "{}",
            known.entries.len()
        );
    }

    #[tokio::test]
    async fn events_that_come_together_wait_for_one_that_compiles() {
        let compiled = Compiled::new(SchemaSettings::default());
        let event_type = event_type(r#"{"pattern":"a"}"#);
        let (one, other) = tokio::join!(get(&compiled, &event_type), get(&compiled, &event_type));
        assert!(Arc::ptr_eq(&one.unwrap(), &other.unwrap()));
    }
}

//! Tells whoever subscribes to it what is changed of a configuration: what, where and by whom, and no values.
//!
//! It is for the Configuration API, which has no engine: it needs a store to find the subscriptions and a queue.

use std::borrow::Cow;
use std::sync::Arc;

use domain::audit::{Actor, SealedRecord};
use domain::configuration::Snapshot;
use domain::event::SYSTEM_PREFIX;
use domain::hops::Hops;
use domain::ids::Space;
use domain::resource::{MetadataFilter, Subscription};
use domain::routing::RoutingTable;
use domain::system_event::{ConfigChange, SystemEvent, SystemEventType};
use queue::DeliveryQueue;
use store::{Store, StoreError};
use targets::ErrorChain;

use crate::invocation::system_events::SystemEvents;
use crate::metrics::{EventMetrics, MetricsLimits};
use crate::outbox::Outbox;
use crate::usage::Usage;

/// What tells of changes. A handle: clones share everything.
#[derive(Debug, Clone)]
pub struct ConfigChanges(Arc<Telling>);

#[derive(Debug)]
struct Telling {
    store: Store,
    system_events: SystemEvents,
    max_hops: Hops,
}

/// What is needed to tell of changes.
#[derive(Debug)]
pub struct ConfigChangesParts {
    /// Where the subscriptions are.
    pub store: Store,
    /// Where the deliveries go.
    pub queue: DeliveryQueue,
    /// What counts the usage of spaces, if it is counted.
    pub usage: Option<Usage>,
    /// How many series of metrics there may be.
    pub metrics: MetricsLimits,
    /// Whether spaces own their paths.
    pub is_hosted: bool,
    /// How often a request may have been passed on by a gateway before it counts as a loop.
    pub max_hops: Hops,
}

impl ConfigChanges {
    /// Joins the parts.
    pub fn new(parts: ConfigChangesParts) -> Self {
        let metrics = EventMetrics::new(parts.metrics, None).with_usage(parts.usage);
        Self(Arc::new(Telling {
            store: parts.store,
            system_events: SystemEvents {
                outbox: Outbox::new(parts.queue, Arc::new(metrics)),
                is_hosted: parts.is_hosted,
            },
            max_hops: parts.max_hops,
        }))
    }

    /// Queues an event for each change of a record, for those who subscribe to it. The changes are made: that they cannot be
    /// told is logged. `hops` is how often the request for them was passed on; nothing is told of what goes round in circles.
    pub async fn tell(&self, actor: &Actor, record: &SealedRecord, hops: Hops) {
        let space = &record.space;
        if hops > self.0.max_hops {
            tracing::warn!(%space, version = record.version, "A change is not told: it follows from others in a circle.");
            return;
        }
        if let Err(error) = self.tell_of(actor, record, hops).await {
            tracing::warn!(
                %space, version = record.version, error = %ErrorChain(&error), "A change could not be told."
            );
        }
    }

    async fn tell_of(&self, actor: &Actor, record: &SealedRecord, hops: Hops) -> Result<(), StoreError> {
        let system_events = &self.0.system_events;
        let Some(table) = self.table(record).await? else {
            return Ok(());
        };
        let path: Cow<'_, str> = system_events.path_of_calls(&record.space);
        if !SystemEvents::has_subscribers(&table, SystemEventType::ConfigChanged, &path) {
            return Ok(());
        }
        let first = record.version.saturating_sub(record.changed.len() as u64);
        let changes = record.changed.iter().zip(first + 1..);
        let events = changes.map(|(changed, version)| {
            SystemEvent::ConfigChanged(ConfigChange {
                space: &record.space,
                version,
                changed,
                actor,
            })
        });
        let usage = system_events.outbox.metrics().usage();
        if let Some(usage) = usage {
            usage.begin_invocation();
        }
        system_events.emit_all(&table, &path, hops, events).await;
        // Where the process has no engine that does it, and may be frozen once the request is answered.
        if let Some(usage) = usage
            && usage.is_due()
        {
            usage.flush().await;
        }
        Ok(())
    }

    /// An index of those who may get an event; `None` where nobody does.
    async fn table(&self, record: &SealedRecord) -> Result<Option<Arc<RoutingTable>>, StoreError> {
        let store = &self.0.store;
        let table = match store {
            // Only those of the space are meant, and the process need not know all the others.
            Store::DynamoDb(_) => own_table(store, &record.space).await?,
            Store::Embedded(_) => Some(store.routing_table(&[]).await?),
        };
        Ok(table.filter(|table| table.has_system_subscribers()))
    }
}

/// The index of one space, if it has subscriptions to events of the gateway.
async fn own_table(store: &Store, space: &Space) -> Result<Option<Arc<RoutingTable>>, StoreError> {
    let state = store.space_state(space).await?;
    let all = MetadataFilter::default();
    let mut subscriptions = state.snapshot.list_stored::<Subscription>(&all);
    let is_to_some =
        subscriptions.any(|stored| stored.resource.event_type.as_str().starts_with(SYSTEM_PREFIX));
    if !is_to_some {
        return Ok(None);
    }
    let mut table = RoutingTable::new(*store.rules());
    table.replace(&Snapshot::default(), &state.snapshot);
    Ok(Some(Arc::new(table)))
}

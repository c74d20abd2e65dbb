//! From settings to handles.

use gateway::{Gateway, GatewaySettings, HostedDomains};
use queue::{DeliveryQueue, InMemory, Limits};
use store::{Embedded, EmbeddedSettings, OpenError, Store};
use targets::{Invoker, TargetSettings, TargetSettingsError};

use crate::settings::Settings;

/// Why the parts of a process cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The settings of functions contradict each other.
    #[error(transparent)]
    Targets(#[from] TargetSettingsError),
}

/// Opens the store and joins it with a queue and the targets. Blocks while it reads from disk.
pub fn gateway(settings: &Settings) -> Result<Gateway, WiringError> {
    let store = Embedded::open(EmbeddedSettings {
        directory: settings.store.embed_data_dir.clone(),
        cache_bytes: settings.store.store_cache_bytes,
    })?;
    let queue = InMemory::new(Limits {
        deliveries: settings.queue.workers_backlog,
        bytes: settings.queue.workers_backlog_bytes,
    });
    let invoker = Invoker::new(TargetSettings {
        timeout: settings.functions.function_timeout,
        max_response_bytes: settings.functions.max_response_bytes,
        aws_endpoint_url: settings.functions.aws_endpoint_url.clone(),
    })?;
    Ok(Gateway::new(
        Store::Embedded(store),
        DeliveryQueue::InMemory(queue),
        invoker,
        GatewaySettings {
            hosted: HostedDomains::new(settings.access.hosted_domains.iter().cloned()),
            json_events: settings.events.json_events,
        },
    ))
}

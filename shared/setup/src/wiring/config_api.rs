//! The Configuration API: it changes what is registered, shows what became of deliveries, and calls no functions.

use api::BytesInFlight;
use api::config::{AccessKey, BrowserGuard, ConfigApi, Diagnosis, MetricsPage, SecretRules};
use domain::hops::Hops;
use gateway::{ConfigChanges, ConfigChangesParts};

use super::Parts;
use crate::settings::AccessSettings;
use crate::telemetry::{self, TelemetryError};

impl Parts<'_> {
    /// The Configuration API over these parts. It has a budget of bytes of its own: senders that fill the one for events
    /// do not keep the operator out. It knows no engine; who has one beside it may give it a handle to ask. `hosts` are the names that it is known by; `None` where something else guards them.
    pub fn config_api(&self, hosts: Option<Vec<String>>) -> Result<ConfigApi, TelemetryError> {
        let settings = self.settings;
        let access = &settings.access;
        let in_flight = BytesInFlight::new(settings.limits.max_bytes_in_flight);
        let recorder = settings.metrics.is_on().then(telemetry::metrics_recorder);
        Ok(ConfigApi {
            store: self.store.clone(),
            limits: settings.limits.config_bodies(in_flight),
            schemas: settings.limits.schemas.limits(),
            metrics: MetricsPage::new(recorder.transpose()?, settings.metrics.limits()),
            diagnosis: Diagnosis::new(self.store.clone(), self.queue.clone(), in_flight),
            queue: self.queue.clone(),
            dead_letters: self.dead_letters.clone(),
            delivery_log: self.delivery_log.clone(),
            legacy_api: settings.compatibility.legacy_api,
            rejects_unknown_members: settings.rejects_unknown_members(),
            access_key: access_key(access),
            secrets: SecretRules {
                mask: settings.secrets.mask,
                places: settings.secret_places(),
                lends_identity: settings.lends_identity(),
            },
            browsers: BrowserGuard::new(access.config_allowed_origins.clone(), hosts),
            answers: settings.answer_options(),
            access_log: self.access_log.clone(),
            health: settings.listen.health_path.clone(),
            own: self.own_config_api.clone(),
            transforms: settings.limits.transforms.limits(),
            authorizers: None,
            leak_reports: self.leak_reports.clone(),
            changes: Some(self.config_changes()),
            usage: self.usage.clone(),
            recent_events: None,
            trusted_proxies: settings.passthrough.trusted(),
            max_sync_calls_per_space: settings.limits.max_sync_calls_per_space(access.is_hosted()),
        })
    }

    /// What tells of changes of the configuration.
    fn config_changes(&self) -> ConfigChanges {
        ConfigChanges::new(ConfigChangesParts {
            store: self.store.clone(),
            queue: self.queue.clone(),
            usage: self.usage.clone(),
            metrics: self.settings.metrics.limits(),
            is_hosted: self.settings.access.is_hosted(),
            max_hops: Hops::new(self.settings.limits.max_hops),
        })
    }
}

/// The key that clients need: its digest, where that is set.
fn access_key(settings: &AccessSettings) -> Option<AccessKey> {
    let digest = settings.config_access_key_sha256.as_ref();
    let key = settings.config_access_key.as_ref();
    digest
        .map(|digest| AccessKey::of_sha256(digest.0))
        .or_else(|| key.map(|key| AccessKey::new(&key.0)))
}

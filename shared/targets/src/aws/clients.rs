//! A bounded cache of AWS clients, so that rotating credentials cannot make it grow forever.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};

use aws::Service;
use aws_config::identity::IdentityCache;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::AwsIdentity;
use super::role::AssumedRole;

/// Most clients of one service.
const CAPACITY: usize = 1000;
/// How many services without an SDK functions and secrets use.
const SERVICES: usize = 7;

/// What makes clients of one service differ.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct ClientKey {
    region: String,
    /// `None` is the default chain. As all of it is part of the key, rotated keys have a client of their own.
    credentials: Option<AwsIdentity>,
    /// `None` is that of the region, or the one that is set for all.
    endpoint: Option<String>,
    /// Tells apart what is kept in one cache; `None` in that of a service with an SDK.
    service: Option<Service>,
}

impl ClientKey {
    pub(super) fn new(region: &str, identity: &AwsIdentity) -> Self {
        Self {
            region: region.to_owned(),
            credentials: (identity.is_static() || identity.has_role()).then(|| identity.clone()),
            endpoint: None,
            service: None,
        }
    }

    /// The same for a service without an SDK.
    pub(super) fn of(self, service: Service) -> Self {
        let service = Some(service);
        Self { service, ..self }
    }

    /// The same client at an endpoint of its own.
    pub(super) fn at(self, endpoint: Option<String>) -> Self {
        Self { endpoint, ..self }
    }

    fn configuration(&self, base: &SdkConfig) -> SdkConfig {
        let mut builder = base.to_builder().region(Region::new(self.region.clone()));
        if let Some(given) = self.credentials.as_ref().filter(|given| given.is_static()) {
            let token = Some(given.session_token.clone()).filter(|token| !token.is_empty());
            let (id, secret) = (given.access_key_id.clone(), given.secret_access_key.clone());
            let credentials = Credentials::new(id, secret, token, None, "function");
            builder = builder
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                // The shared cache would keep an entry of every credentials it ever saw.
                .identity_cache(IdentityCache::no_cache());
        }
        if let Some(given) = self.credentials.as_ref().filter(|given| given.has_role()) {
            let source = builder.build();
            let role = AssumedRole::new(&source, given.clone());
            builder = source
                .into_builder()
                .credentials_provider(SharedCredentialsProvider::new(role))
                .identity_cache(IdentityCache::lazy().build());
        }
        // Not for STS, which is elsewhere than a queue.
        if let Some(endpoint) = &self.endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        builder.build()
    }
}

/// The most recently used clients of one service, or of several.
pub(super) struct ClientCache<C> {
    clients: Mutex<Clients<C>>,
    capacity: usize,
}

struct Clients<C> {
    by_key: HashMap<ClientKey, Used<C>>,
    /// Counts uses; tells which client was used last.
    uses: u64,
}

struct Used<C> {
    client: C,
    last_use: u64,
}

impl<C> Default for ClientCache<C> {
    fn default() -> Self {
        Self {
            clients: Mutex::new(Clients {
                by_key: HashMap::new(),
                uses: 0,
            }),
            capacity: CAPACITY,
        }
    }
}

impl<C: Clone> ClientCache<C> {
    /// A cache for all services without an SDK.
    pub(super) fn of_services() -> Self {
        Self {
            capacity: SERVICES * CAPACITY,
            ..Self::default()
        }
    }

    /// The client of a key, made by `new` if there is none.
    pub(super) fn get(&self, key: ClientKey, base: &SdkConfig, new: impl FnOnce(&SdkConfig) -> C) -> C {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.uses += 1;
        let last_use = clients.uses;
        if clients.by_key.len() >= self.capacity && !clients.by_key.contains_key(&key) {
            clients.evict();
        }
        match clients.by_key.entry(key) {
            Entry::Occupied(mut entry) => {
                entry.get_mut().last_use = last_use;
                entry.get().client.clone()
            }
            Entry::Vacant(entry) => {
                let client = new(&entry.key().configuration(base));
                entry.insert(Used { client, last_use }).client.clone()
            }
        }
    }
}

impl<C> Clients<C> {
    fn evict(&mut self) {
        let oldest = self
            .by_key
            .iter()
            .min_by_key(|(_, used)| used.last_use)
            .map(|(key, _)| key.clone());
        if let Some(key) = oldest {
            self.by_key.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::ProvideCredentials as _;

    use super::*;

    fn credentials(id: &str, secret: &str, token: &str) -> AwsIdentity {
        AwsIdentity {
            access_key_id: id.to_owned(),
            secret_access_key: secret.to_owned(),
            session_token: token.to_owned(),
            ..AwsIdentity::default()
        }
    }

    /// Stands for a client: remembers the configuration it was made with.
    fn cached(cache: &ClientCache<SdkConfig>, region: &str, id: &str) -> SdkConfig {
        let key = ClientKey::new(region, &credentials(id, "secret", ""));
        cache.get(key, &SdkConfig::builder().build(), SdkConfig::clone)
    }

    #[test]
    fn one_key_alone_is_ignored() {
        let default = ClientKey::new("r", &AwsIdentity::default());
        assert!(ClientKey::new("r", &credentials("id", "", "t")) == default);
        assert!(ClientKey::new("r", &credentials("", "secret", "t")) == default);
        assert!(ClientKey::new("r", &credentials("id", "secret", "")) != default);
        assert!(ClientKey::new("r", &AwsIdentity::default()).of(Service::Sns) != default);
        assert!(
            default
                .configuration(&SdkConfig::builder().build())
                .credentials_provider()
                .is_none()
        );
    }

    #[tokio::test]
    async fn static_credentials_and_region_are_taken_over() {
        let key = ClientKey::new("eu-west-1", &credentials("id", "secret", "token"));
        let configuration = key.configuration(&SdkConfig::builder().build());
        let got = configuration
            .credentials_provider()
            .unwrap()
            .provide_credentials()
            .await
            .unwrap();
        assert_eq!(
            (got.access_key_id(), got.secret_access_key(), got.session_token()),
            ("id", "secret", Some("token"))
        );
        assert_eq!(configuration.region().unwrap().as_ref(), "eu-west-1");
    }

    #[test]
    fn the_least_recently_used_client_goes() {
        let cache = ClientCache {
            capacity: 2,
            ..ClientCache::default()
        };
        let has = |id: &str| {
            let key = ClientKey::new("r", &credentials(id, "secret", ""));
            cache.clients.lock().unwrap().by_key.contains_key(&key)
        };
        cached(&cache, "r", "a");
        cached(&cache, "r", "b");
        cached(&cache, "r", "a");
        cached(&cache, "r", "c");
        assert!(has("a") && !has("b") && has("c"));
        for n in 0..100 {
            cached(&cache, "r", &n.to_string());
        }
        assert_eq!(cache.clients.lock().unwrap().by_key.len(), 2);
    }
}

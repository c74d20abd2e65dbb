//! A bounded cache of AWS clients, so that rotating credentials cannot make it grow forever.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};

use aws_config::identity::IdentityCache;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use domain::resource::AwsCredentials;

/// Most clients of one service.
const CAPACITY: usize = 1000;

/// What makes clients of one service differ.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct ClientKey {
    region: String,
    /// `None` is the default chain.
    credentials: Option<AwsCredentials>,
    /// `None` is that of the region, or the one that is set for all.
    endpoint: Option<String>,
}

/// Whether calls are made with these credentials rather than those of the default chain: only if both keys are set
/// (CONTRACT.md §3.6).
pub(super) fn is_static(credentials: &AwsCredentials) -> bool {
    !credentials.aws_access_key_id.is_empty() && !credentials.aws_secret_access_key.is_empty()
}

impl ClientKey {
    pub(super) fn new(region: &str, credentials: &AwsCredentials) -> Self {
        Self {
            region: region.to_owned(),
            credentials: is_static(credentials).then(|| credentials.clone()),
            endpoint: None,
        }
    }

    /// The same client at an endpoint of its own.
    pub(super) fn at(self, endpoint: Option<String>) -> Self {
        Self { endpoint, ..self }
    }

    fn configuration(&self, base: &SdkConfig) -> SdkConfig {
        let mut builder = base.to_builder().region(Region::new(self.region.clone()));
        if let Some(endpoint) = &self.endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        let Some(given) = &self.credentials else {
            return builder.build();
        };
        let token = Some(given.aws_session_token.clone()).filter(|token| !token.is_empty());
        let (id, secret) = (
            given.aws_access_key_id.clone(),
            given.aws_secret_access_key.clone(),
        );
        let credentials = Credentials::new(id, secret, token, None, "function");
        builder
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            // The shared cache would keep an entry of every credentials it ever saw.
            .identity_cache(IdentityCache::no_cache())
            .build()
    }
}

/// The most recently used clients of one service.
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
    /// The client of a key, made by `new` if there is none.
    pub(super) fn get(&self, key: ClientKey, base: &SdkConfig, new: fn(&SdkConfig) -> C) -> C {
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

    fn credentials(id: &str, secret: &str, token: &str) -> AwsCredentials {
        AwsCredentials {
            aws_access_key_id: id.to_owned(),
            aws_secret_access_key: secret.to_owned(),
            aws_session_token: token.to_owned(),
        }
    }

    /// Stands for a client: remembers the configuration it was made with.
    fn cached(cache: &ClientCache<SdkConfig>, region: &str, id: &str) -> SdkConfig {
        let key = ClientKey::new(region, &credentials(id, "secret", ""));
        cache.get(key, &SdkConfig::builder().build(), SdkConfig::clone)
    }

    #[test]
    fn one_key_alone_is_ignored() {
        let default = ClientKey::new("r", &AwsCredentials::default());
        assert!(ClientKey::new("r", &credentials("id", "", "t")) == default);
        assert!(ClientKey::new("r", &credentials("", "secret", "t")) == default);
        assert!(ClientKey::new("r", &credentials("id", "secret", "")) != default);
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

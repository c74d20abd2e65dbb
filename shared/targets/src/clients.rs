//! What calls are made with, shared by all providers.

use std::sync::Arc;

use crate::aws::Aws;
use crate::http::HttpTargets;
use crate::jwt::KeySets;
use crate::own_api::OwnConfigApi;
use crate::secrets::Secrets;
use crate::settings::TargetSettings;
use crate::tokens::TokenCache;

/// Connections, AWS clients, secrets, tokens and the keys of issuers.
pub(crate) struct Clients {
    pub(crate) settings: TargetSettings,
    pub(crate) http: HttpTargets,
    /// For services whose place the operator chose, not whoever registered a function: no network guard is in between.
    pub(crate) operator_http: HttpTargets,
    pub(crate) aws: Arc<Aws>,
    pub(crate) secrets: Secrets,
    pub(crate) tokens: TokenCache,
    pub(crate) key_sets: KeySets,
}

impl Clients {
    /// Does no I/O.
    pub(crate) fn new(settings: TargetSettings) -> Self {
        let aws = Arc::new(Aws::new(&settings));
        Self {
            http: HttpTargets::new(&settings),
            operator_http: HttpTargets::new(&TargetSettings {
                guard: None,
                own_config_api: OwnConfigApi::default(),
                ..settings.clone()
            }),
            secrets: Secrets::new(&settings.secrets, aws.clone()),
            aws,
            tokens: TokenCache::default(),
            key_sets: KeySets::new(settings.key_sets),
            settings,
        }
    }
}

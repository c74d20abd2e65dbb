//! The kinds of resources. A resource is stored as the very JSON that the Configuration API answers with.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ids::Space;

mod api_key;
mod authorizer_cache;
mod cors;
mod described;
mod event_type;
mod function;
mod hook;
mod invalid;
mod kind;
mod masking;
mod metadata;
mod provider;
mod quoted;
mod rate_limit;
mod secret;
mod signing_secret;
mod space_settings;
mod subscription;
mod target_url;
mod tenant;
mod tenant_deletion;

pub use api_key::{ApiKey, KeySecret, MAX_KEY_LIMITS, MAX_KEY_NAME_BYTES, SecretState};
pub(crate) use api_key::{EMITS_TAG, ROLE_OR_SCOPES_TAG, ROLE_TAG, SCOPES_TAG, TIME_TAG};
pub use authorizer_cache::AuthorizerCache;
pub(crate) use authorizer_cache::{HEADER_TAG, NOT_CACHED_TAG};
pub(crate) use cors::may_send_credentials;
pub use cors::{Cors, CorsError};
pub use described::{Described, MAX_OWNER_BYTES, MAX_TAG_BYTES, MAX_TAGS};
pub(crate) use event_type::VERSIONS_TAG;
pub use event_type::{
    CompatibilityMode, CompatibilityPolicy, EventType, MAX_EXAMPLE_BYTES, MAX_EXAMPLES, SchemaVersion,
    Validation,
};
pub use function::Function;
pub use hook::{
    DEFAULT_HOOK_TIMEOUT, Hook, HookError, HookPoint, MAX_HOOK_CONFIG_BYTES, MAX_HOOK_TIMEOUT_MS, MAX_HOOKS,
    OnHookError, hooks_at,
};
pub(crate) use hook::{check_whens, compile_when};
pub use invalid::{InvalidCause, InvalidResource};
pub use kind::Kind;
pub use masking::masked;
pub use metadata::{Metadata, MetadataFilter};
pub use provider::{
    ApiKeyPlace, AwsCredentials, AwsFederation, AzureFunction, AzureSchema, ClientAuthentication,
    EntraCredentials, EventBus, EventFormat, EventGridTopic, EventMode, EventVersion, FirehoseStream,
    FormatWord, GoogleCloudFunction, GoogleCredentials, HttpAuthorization, HttpEndpoint, HttpTls, IbmIam,
    InvocationType, JwtAlgorithm, JwtAuthorizer, KinesisStream, LambdaFunction, OpenWhiskAction, Provider,
    ProviderError, PubSubTopic, RequestMode, ResponseMode, ServiceAccountKey, SnsTopic, SqsQueue,
    StateMachine, VersionedFormat, Weighted, WeightedFunction,
};
pub(crate) use quoted::quoted;
pub(crate) use rate_limit::RATE_BOUNDS;
pub use rate_limit::{CallRate, RateLimit};
pub use secret::{ENVIRONMENT_PREFIX, Secret, SecretMembers, SecretPlace, SecretReference, check_places};
pub use signing_secret::SigningSecret;
pub use space_settings::{
    EmitMode, MAX_DESCRIPTION_BYTES, MAX_LABEL_KEY_BYTES, MAX_LABEL_VALUE_BYTES, MAX_LABELS, PathMode,
    SpaceSettings, Unmatched,
};
pub(crate) use subscription::STORED_FILTERS;
pub use subscription::{
    MAX_FILTER_COMBINATIONS, MAX_FILTER_DEPTH, MAX_PAUSED_REASON_BYTES, Subscription, SubscriptionFilters,
    SubscriptionType, TransformSource,
};
pub(crate) use subscription::{method_or_post, with_leading_slash};
pub use target_url::TargetUrl;
pub use tenant::{MAX_TENANT_NAME_BYTES, Tenant, TenantState};
pub use tenant_deletion::{RemovedFromTenant, TenantDeletion};

/// Members that follow from the others, or from the URL: answers have them, and what is sent of them is ignored.
pub const DERIVED_MEMBERS: [&str; 7] = [
    "space",
    "tenant",
    "subscriptionId",
    "corsId",
    "keyId",
    "schemaVersion",
    "olderSchemas",
];

/// The member that resources have for those who ask for it.
pub const CREATED_AT: &str = "createdAt";

/// A resource: what the store keeps and the Configuration API speaks of.
pub trait Resource:
    Clone + PartialEq + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// Its kind.
    const KIND: Kind;
    /// Its identifier within a space.
    type Id: Clone + Ord + fmt::Display + for<'a> From<&'a str> + AsRef<str> + Send + Sync + 'static;

    /// The space it lives in.
    fn space(&self) -> &Space;

    /// Its identifier.
    fn id(&self) -> &Self::Id;

    /// Its labels.
    fn metadata(&self) -> &Metadata;

    /// Its labels, to be changed.
    fn metadata_mut(&mut self) -> &mut Metadata;

    /// Reads a request body (docs/contract.md §1.3): the space, and on an update the id, of the URL win over the
    /// body's, defaults are filled in, and every field rule is checked. What stands for a secret that is not shown is
    /// let through: [`Self::keep_masked`] has to follow.
    fn decode(space: &Space, id: Option<&Self::Id>, body: &[u8]) -> Result<Self, InvalidResource>;

    /// Every secret in it. Some of them may be empty. No two have the same path.
    fn secrets_mut(&mut self) -> SecretMembers<'_> {
        Vec::new()
    }

    /// Every URL in it that may have credentials, with the path of its member.
    fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        Vec::new()
    }

    /// Refuses a resource that could only be used with the gateway's own identity.
    fn check_own_credentials(&self) -> Result<(), InvalidResource> {
        Ok(())
    }

    /// Puts the stored secret of the same member in the place of every mask, as long as it is sent where it was sent
    /// before. Refuses masks that nothing is stored for. What else is not replaced stays as well: versions of schemas.
    fn keep_masked(&mut self, stored: Option<&Self>) -> Result<(), InvalidResource> {
        let _ = stored;
        Ok(())
    }
}

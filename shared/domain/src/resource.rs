//! The four kinds of resources. A resource is stored as the very JSON that the Configuration API answers with.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ids::Space;
use crate::json::JsonError;
use crate::validation::Violations;

mod cors;
mod event_type;
mod function;
mod masking;
mod provider;
mod secret;
mod signing_secret;
mod subscription;
mod target_url;

pub(crate) use cors::may_send_credentials;
pub use cors::{Cors, CorsError};
pub use event_type::EventType;
pub use function::Function;
pub use masking::masked;
pub use provider::{
    ApiKeyPlace, AwsCredentials, AwsFederation, AzureFunction, AzureSchema, ClientAuthentication,
    EntraCredentials, EventBus, EventFormat, EventGridTopic, FirehoseStream, GoogleCloudFunction,
    GoogleCredentials, HttpAuthorization, HttpEndpoint, HttpTls, IbmIam, InvocationType, KinesisStream,
    LambdaFunction, OpenWhiskAction, Provider, ProviderError, PubSubTopic, ResponseMode, ServiceAccountKey,
    SnsTopic, SqsQueue, StateMachine, Weighted, WeightedFunction,
};
pub use secret::{ENVIRONMENT_PREFIX, Secret, SecretPlace, SecretReference, check_places};
pub use signing_secret::SigningSecret;
pub use subscription::{MAX_PAUSED_REASON_BYTES, Subscription, SubscriptionType};
pub(crate) use subscription::{method_or_post, with_leading_slash};
pub use target_url::TargetUrl;

/// Secrets of a resource, each with the path of its member, such as `authorization.token` or `headers.X-Key`.
pub type SecretMembers<'r> = Vec<(Cow<'static, str>, &'r mut Secret)>;

/// Free-form labels of a resource, sorted by key.
pub type Metadata = BTreeMap<String, String>;

/// Kind of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// [`EventType`].
    EventType,
    /// [`Function`].
    Function,
    /// [`Subscription`].
    Subscription,
    /// [`Cors`].
    Cors,
}

impl Kind {
    /// Name in error texts.
    pub fn title(self) -> &'static str {
        match self {
            Self::EventType => "Event Type",
            Self::Function => "Function",
            Self::Subscription => "Subscription",
            Self::Cors => "CORS configuration",
        }
    }

    /// Value of the `resource` label of metrics (docs/contract.md §5).
    pub fn label(self) -> &'static str {
        match self {
            Self::EventType => "eventtype",
            Self::Function => "function",
            Self::Subscription => "subscription",
            Self::Cors => "cors",
        }
    }
}

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
    /// before. Refuses masks that nothing is stored for.
    fn keep_masked(&mut self, stored: Option<&Self>) -> Result<(), InvalidResource> {
        let _ = stored;
        Ok(())
    }
}

/// A request body that is not a valid resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} doesn't validate. Validation error: {cause}", .kind.title())]
pub struct InvalidResource {
    /// Kind of resource that was expected.
    pub kind: Kind,
    /// What is wrong with it.
    #[source]
    pub cause: InvalidCause,
}

/// What is wrong with a request body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCause {
    /// It is not JSON of the right shape.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Fields break their rules.
    #[error(transparent)]
    Fields(#[from] Violations),
    /// The provider of a function cannot be used.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The lists of a CORS configuration cannot be taken.
    #[error(transparent)]
    Cors(#[from] CorsError),
}

impl InvalidCause {
    fn of(self, kind: Kind) -> InvalidResource {
        InvalidResource { kind, cause: self }
    }
}

/// An equality test on labels: every pair must be present (docs/contract.md §1.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetadataFilter(BTreeMap<String, String>);

impl MetadataFilter {
    /// Takes the pairs named `metadata.<key>` of a query; the first value of a repeated name counts.
    pub fn from_query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut wanted = BTreeMap::new();
        for (name, value) in pairs {
            if let Some(key) = name.strip_prefix("metadata.") {
                wanted.entry(key.to_owned()).or_insert_with(|| value.to_owned());
            }
        }
        Self(wanted)
    }

    /// Whether a resource with these labels passes.
    pub fn matches(&self, metadata: &Metadata) -> bool {
        self.0.iter().all(|(key, value)| metadata.get(key) == Some(value))
    }
}

/// Shows a text in double quotes, escaped as the original did in its messages (Go's `%q`).
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            // Writing to a String cannot fail.
            c if c.is_ascii_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if c.is_control() || (c.is_whitespace() && c != ' ') || c == '\u{feff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting() {
        assert_eq!(quoted("a\"b\\c"), r#""a\"b\\c""#);
        assert_eq!(quoted("é\u{1}\n"), r#""é\x01\n""#);
        assert_eq!(quoted("\u{2028}"), r#""\u2028""#);
    }

    #[test]
    fn filters() {
        let metadata = Metadata::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
        for (query, want) in [
            (vec![], true),
            (vec![("metadata.a", "1"), ("metadata.b", "2")], true),
            (vec![("metadata.a", "1"), ("metadata.a", "9")], true),
            (vec![("metadata.a", "9"), ("metadata.a", "1")], false),
            (vec![("metadata.c", "")], false),
            (vec![("other", "x")], true),
        ] {
            assert_eq!(
                MetadataFilter::from_query(query.clone()).matches(&metadata),
                want,
                "{query:?}"
            );
        }
    }
}

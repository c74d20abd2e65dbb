//! API keys of a space: who may use the Configuration API in it, and send it events. Of a key itself only the digest of its
//! secret is kept; what it looks like is [`crate::api_key`].

use serde::{Deserialize, Serialize};

use super::{InvalidCause, InvalidResource, Kind, Metadata, Resource};
use crate::access::{Role, Scope};
use crate::api_key::PresentedKey;
use crate::ids::{KeyId, Space};
use crate::json::Object;
use crate::timestamp::Timestamp;
use crate::type_pattern;
use crate::validation::{self, Violations};

mod rotation;
mod secrets;

pub use secrets::{KeySecret, SecretState};

/// Most bytes of the name of a key.
pub const MAX_KEY_NAME_BYTES: usize = 128;

/// Most event types, and most paths, that a key may name.
pub const MAX_KEY_LIMITS: usize = 100;

/// A key of a space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// Space it belongs to, and the only one that it opens. That of a tenant opens its spaces; it has `tenant:` and the
    /// identifier of the tenant here, which is the name of no space.
    #[schema(value_type = String)]
    pub space: Space,
    /// Its identifier: the ten characters after `egk_live_`.
    #[schema(value_type = String)]
    pub key_id: KeyId,
    /// Whose it is or what it is for, for people to read. At most 128 bytes.
    #[schema(min_length = 1, max_length = 128)]
    pub name: String,
    /// What its holder may do; instead of `scopes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub role: Option<Role>,
    /// What its holder may do, one by one; instead of `role`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub scopes: Vec<Scope>,
    /// The only event types that may be sent with it, of which `order.*` stands for all that start so; at most 100. Only for
    /// keys with `events:emit` and without `keys:admin`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub event_types: Vec<String>,
    /// The only paths that may be sent to with it, with parameters and wildcards as those of subscriptions; at most 100.
    /// Only for keys with `events:emit` and without `keys:admin`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub paths: Vec<String>,
    /// When it ends, in RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    pub expires_at: Option<Timestamp>,
    /// Labels.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// Its secrets: one, and while it is rolled up to three.
    #[serde(default)]
    #[schema(required = false)]
    pub secrets: Vec<KeySecret>,
}

impl ApiKey {
    /// All that its holder may do.
    pub fn scopes(&self) -> &[Scope] {
        match self.role {
            Some(role) => role.scopes(),
            None => &self.scopes,
        }
    }

    /// Whether its holder may do this.
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes().contains(&scope)
    }

    /// Whether its holder may delete another key: one that allows no more than this one. Keys of owners are for owners.
    pub fn covers(&self, other: &Self) -> bool {
        let is_owners = |key: &Self| key.role == Some(Role::Owner);
        other.scopes().iter().all(|scope| self.allows(*scope)) && (is_owners(self) || !is_owners(other))
    }

    /// Whether its holder may make and roll another key: one that it covers and that ends no later than what the holder has,
    /// which is over at `end`. Who has something for a while only cannot make it last.
    pub fn may_issue(&self, end: Option<Timestamp>, other: &Self) -> bool {
        let is_in_time = end.is_none_or(|end| {
            let others = other.expires_at.map(Timestamp::millis);
            others.is_some_and(|others| others <= end.millis())
        });
        self.covers(other) && is_in_time
    }

    /// When what somebody sent as this key is over: by the key, or by the secret if that retires.
    pub fn end_of(&self, presented: &PresentedKey) -> Option<Timestamp> {
        let of_secret = |secret: &&KeySecret| secret.sha256.as_ref() == Some(presented.digest());
        let retiring = self
            .secrets
            .iter()
            .find(of_secret)
            .and_then(|secret| secret.ends_at);
        let ends = retiring.into_iter().chain(self.expires_at);
        ends.min_by_key(|end| end.millis())
    }

    /// Whether what somebody sent is this key, at a time in milliseconds since the Unix epoch.
    pub fn is_opened_by(&self, presented: &PresentedKey, now: u64) -> bool {
        let has_ended = |end: Option<Timestamp>| end.is_some_and(|end| end.millis() <= now);
        // None is passed over: how long it takes says nothing of which one it was.
        let opening = self.secrets.iter().fold(false, |is_found, secret| {
            let is_same = secret.sha256.as_ref() == Some(presented.digest());
            is_found | (is_same & !has_ended(secret.ends_at))
        });
        opening && *presented.id() == self.key_id && !has_ended(self.expires_at)
    }
}

impl Resource for ApiKey {
    const KIND: Kind = Kind::Key;
    type Id = KeyId;

    fn space(&self) -> &Space {
        &self.space
    }

    fn id(&self) -> &KeyId {
        &self.key_id
    }

    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    /// Id and secrets are not the sender's to choose: without an id it is empty, and there are no secrets.
    fn decode(space: &Space, id: Option<&KeyId>, body: &[u8]) -> Result<Self, InvalidResource> {
        let id = id.cloned().unwrap_or_else(|| "".into());
        parse(space, id, body).map_err(|cause| cause.of(Kind::Key))
    }
}

/// Tag of members of which there has to be exactly one.
pub(crate) const ROLE_OR_SCOPES_TAG: &str = "oneof=role scopes";
/// Tag of a role that there is not.
pub(crate) const ROLE_TAG: &str = "eq=owner|eq=admin|eq=developer|eq=operator|eq=viewer|eq=emitter";
/// Tag of scopes of which one is not known.
pub(crate) const SCOPES_TAG: &str = "scopes";
/// Tag of limits of what a key has no right to send, or that its holder could do away with.
pub(crate) const EMITS_TAG: &str = "emits";
/// Tag of a text that is no time.
pub(crate) const TIME_TAG: &str = "datetime";

fn parse(space: &Space, key_id: KeyId, body: &[u8]) -> Result<ApiKey, InvalidCause> {
    let object = Object::from_first_value(body)?;
    let role = object.string("role")?;
    let given = object.list("scopes")?.unwrap_or_default();
    let expires_at = object.string("expiresAt")?.map(|text| Timestamp::parse(&text));
    let scopes: Option<Vec<Scope>> = given.iter().map(|name| Scope::of_name(name)).collect();
    let is_unknown_scope = scopes.is_none();
    let mut scopes = scopes.unwrap_or_default();
    scopes.sort_unstable();
    scopes.dedup();
    let key = ApiKey {
        space: space.clone(),
        key_id,
        name: object.string_or_empty("name")?,
        role: role.as_deref().and_then(Role::of_name),
        scopes,
        event_types: object.list("eventTypes")?.unwrap_or_default(),
        paths: object.list("paths")?.unwrap_or_default(),
        expires_at: expires_at.and_then(Result::ok),
        metadata: object.strings("metadata")?.unwrap_or_default(),
        secrets: Vec::new(),
    };
    let mut violations = Violations::of("Key");
    violations
        .check("Space", validation::key_owner(space))
        .check("Name", name_rule(&key.name))
        .check("Role", (role.is_some() && key.role.is_none()).then_some(ROLE_TAG))
        .check("Scopes", is_unknown_scope.then_some(SCOPES_TAG))
        .check(
            "Role",
            (role.is_some() != given.is_empty()).then_some(ROLE_OR_SCOPES_TAG),
        )
        .check(
            "EventTypes",
            limits_rule(&key, &key.event_types, type_pattern::rule),
        )
        .check("Paths", limits_rule(&key, &key.paths, path_rule))
        .check(
            "ExpiresAt",
            matches!(expires_at, Some(Err(_))).then_some(TIME_TAG),
        );
    violations.into_result()?;
    Ok(key)
}

fn name_rule(name: &str) -> Option<&'static str> {
    validation::required(name).or((name.len() > MAX_KEY_NAME_BYTES).then_some("max"))
}

fn path_rule(path: &str) -> Option<&'static str> {
    let is_path = path.starts_with('/') && !validation::is_oversized_path(path);
    (!is_path).then_some("path")
}

/// Rule of what a key is limited to. Whoever may make keys could do away with the limits of this one.
fn limits_rule(
    key: &ApiKey,
    limits: &[String],
    rule: impl Fn(&str) -> Option<&'static str>,
) -> Option<&'static str> {
    if limits.is_empty() {
        return None;
    }
    if limits.len() > MAX_KEY_LIMITS {
        return Some("max");
    }
    if !key.allows(Scope::EventsEmit) || key.allows(Scope::KeysAdmin) {
        return Some(EMITS_TAG);
    }
    limits.iter().find_map(|text| rule(text))
}

#[cfg(test)]
mod tests;

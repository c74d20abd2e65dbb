//! Subscriptions (docs/contract.md §1.6): which function gets which events on which path and method.

use serde::{Deserialize, Serialize};

use super::hook::{self, Hook, HookOwner};
use super::{InvalidCause, InvalidResource, Kind, Metadata, RateLimit, Resource};
use crate::ids::{EventTypeName, FunctionId, Space, SubscriptionId};
use crate::json::Object;
use crate::retry::RetryPolicy;
use crate::type_pattern;
use crate::validation::{self, ANY_METHOD, METHOD_TAG, METHODS, Violations};

mod queue_members;
mod subscription_filters;
mod subscription_type;
mod transform_source;

pub use queue_members::MAX_PAUSED_REASON_BYTES;
use queue_members::QueueMembers;
use subscription_filters::InvalidFilters;
pub(crate) use subscription_filters::STORED_FILTERS;
pub use subscription_filters::{MAX_FILTER_COMBINATIONS, MAX_FILTER_DEPTH, SubscriptionFilters};
pub use subscription_type::SubscriptionType;
pub use transform_source::TransformSource;
use transform_source::Transforms;

/// A subscription of a function to events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Space it belongs to.
    #[schema(value_type = String)]
    pub space: Space,
    /// Its identifier, derived from the other fields.
    #[schema(value_type = String)]
    pub subscription_id: SubscriptionId,
    /// Sync or async.
    pub r#type: SubscriptionType,
    /// Type of the events; `order.*` is all that start with `order.`, `*` all but those of the gateway itself.
    #[schema(value_type = String, pattern = "^([a-zA-Z0-9.\\-_]+|([a-zA-Z0-9.\\-_]+\\.)?\\*)$")]
    pub event_type: EventTypeName,
    /// Function that gets them.
    #[schema(value_type = String, min_length = 1)]
    pub function_id: FunctionId,
    /// Path that events come in on. It may hold `:parameter` segments and end in a `*wildcard`; that of an async
    /// subscription only where the paths of the space are specific.
    pub path: String,
    /// Method that events come in with; `ANY` stands for those that no other subscription is to.
    pub method: String,
    /// Function asked before an event is passed on to this subscription, in place of that of the event type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub authorizer_id: Option<FunctionId>,
    /// Labels.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// How failed deliveries are tried again; async only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retry: Option<RetryPolicy>,
    /// Whether events with the same ordering key are delivered in the order of acceptance; async only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ordered: bool,
    /// Whether deliveries wait until this is false again; async only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub paused: bool,
    /// Why it is paused: set by the gateway when the function answers 410, or by whoever paused it. At most 1024 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024, nullable = false)]
    pub paused_reason: Option<String>,
    /// How many calls of its function it makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rate_limit: Option<RateLimit>,
    /// Which of these events it gets: those that pass all of them, in the dialects of docs/filters.md.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>, nullable = false)]
    pub filters: Option<SubscriptionFilters>,
    /// What becomes of an event before its function gets it: `{"jsonata": "…"}`, `{"inputTransformer": {…}}`,
    /// `{"inputPath": "$.…"}` or `{"input": …}` (docs/transforms.md).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    pub transform: Option<TransformSource>,
    /// The same of what its function answers, before the caller gets it; sync only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, nullable = false)]
    pub answer_transform: Option<TransformSource>,
    /// Functions that are asked on the way of events to it; at most 8 at each point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub hooks: Vec<Hook>,
}

/// Most bytes of the hash of filters in an id.
const MAX_FILTER_HASH_BYTES: usize = 64;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Subscription {
    /// The id that follows from the other members.
    pub(crate) fn derived_id(&self) -> SubscriptionId {
        let id = self.base_id();
        match &self.filters {
            Some(filters) => id.with_filters(filters.text()),
            None => id,
        }
    }

    /// The part of its id that does not depend on filters.
    fn base_id(&self) -> SubscriptionId {
        let (event_type, path, method) = (&self.event_type, &self.path, &self.method);
        match self.r#type {
            SubscriptionType::Async => SubscriptionId::of_async(event_type, &self.function_id, path, method),
            SubscriptionType::Sync => SubscriptionId::of_sync(event_type, path, method),
        }
    }

    /// What an id has behind that part; `None` where it is no id that such a subscription can have, whatever its filters are
    /// or were.
    fn id_suffix<'i>(&self, id: &'i SubscriptionId) -> Option<&'i str> {
        let suffix = id.as_str().strip_prefix(self.base_id().as_str())?;
        let is_hash = |text: &str| {
            let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            !text.is_empty() && text.len() <= MAX_FILTER_HASH_BYTES && text.bytes().all(is_digit)
        };
        (suffix.is_empty() || suffix.strip_prefix('.').is_some_and(is_hash)).then_some(suffix)
    }

    /// Whether an id is one that it can have: filters may be changed without the id.
    pub(crate) fn can_have_id(&self, id: &SubscriptionId) -> bool {
        self.id_suffix(id).is_some()
    }

    /// The id that a subscription gets that takes the place of this one with the same filters.
    pub(crate) fn id_of_successor(&self, successor: &Self) -> SubscriptionId {
        match self.id_suffix(&self.subscription_id) {
            Some(suffix) => SubscriptionId::from(format!("{}{suffix}", successor.base_id())),
            None => successor.derived_id(),
        }
    }

    /// Whether another one is to the same events on the same path and method.
    pub(crate) fn has_slot_of(&self, other: &Self) -> bool {
        self.r#type == other.r#type
            && self.event_type == other.event_type
            && self.path == other.path
            && self.method == other.method
    }

    /// Whether it answers callers, and not only those whose events pass filters.
    pub(crate) fn answers_all(&self) -> bool {
        self.r#type == SubscriptionType::Sync && self.filters.is_none()
    }

    /// Whether it has filters that do not compile, so that it gets no events.
    pub(crate) fn has_broken_filters(&self) -> bool {
        let filters = self.filters.as_ref();
        filters.is_some_and(|filters| filters.compiled().is_err())
    }

    /// The first field, as errors name it, in which two subscriptions differ and that an update must not change.
    pub(crate) fn changed_field(&self, update: &Self) -> Option<&'static str> {
        [
            ("Type", self.r#type == update.r#type),
            ("EventType", self.event_type == update.event_type),
            ("FunctionID", self.function_id == update.function_id),
            ("Path", self.path == update.path),
            ("Method", self.method == update.method),
        ]
        .into_iter()
        .find_map(|(field, same)| (!same).then_some(field))
    }
}

impl Resource for Subscription {
    const KIND: Kind = Kind::Subscription;
    type Id = SubscriptionId;

    fn space(&self) -> &Space {
        &self.space
    }

    fn id(&self) -> &SubscriptionId {
        &self.subscription_id
    }

    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    fn decode(space: &Space, id: Option<&SubscriptionId>, body: &[u8]) -> Result<Self, InvalidResource> {
        parse(space, id, body).map_err(|cause| cause.of(Kind::Subscription))
    }
}

fn parse(space: &Space, id: Option<&SubscriptionId>, body: &[u8]) -> Result<Subscription, InvalidCause> {
    let object = Object::from_first_value(body)?;
    let given_type = object.string_or_empty("type")?;
    let event_type = EventTypeName::from(object.string_or_empty("eventType")?);
    let function_id = FunctionId::from(object.string_or_empty("functionId")?);
    let path = with_leading_slash(object.string_or_empty("path")?);
    let method = method_or_post(&object.string_or_empty("method")?);
    let authorizer_id = object
        .string("authorizerId")?
        .map(|id| FunctionId::from(id.as_ref()));
    let metadata = object.strings("metadata")?.unwrap_or_default();

    let (r#type, broken_type) = match given_type.as_str() {
        "async" => (SubscriptionType::Async, None),
        "sync" => (SubscriptionType::Sync, None),
        "" => (SubscriptionType::Async, Some("required")),
        _ => (SubscriptionType::Async, Some("eq=async|eq=sync")),
    };
    let mut violations = Violations::of("Subscription");
    violations
        .check("Space", validation::space(space))
        .check("Type", broken_type)
        .check("EventType", type_pattern::rule(event_type.as_str()))
        .check("FunctionID", validation::required(function_id.as_str()))
        .check("Path", validation::is_oversized_path(&path).then_some("urlPath"))
        .check(
            "Method",
            (!METHODS.contains(&method.as_str()) && method != ANY_METHOD).then_some(METHOD_TAG),
        );
    let QueueMembers {
        retry,
        ordered,
        paused,
        paused_reason,
    } = QueueMembers::decode(&object, r#type, &mut violations)?;
    let rate_limit = RateLimit::decode(&object, &mut violations)?;
    let Transforms {
        transform,
        answer_transform,
    } = Transforms::decode(&object, r#type, &mut violations)?;
    violations.into_result()?;
    let hooks = hook::decode(
        &object,
        match r#type {
            SubscriptionType::Sync => HookOwner::Sync,
            SubscriptionType::Async => HookOwner::Async,
        },
    )?;
    let filters = SubscriptionFilters::decode(&object).map_err(|error| match error {
        InvalidFilters::Json(error) => InvalidCause::Json(error),
        InvalidFilters::Filters(error) => InvalidCause::Filters(error),
    })?;

    let mut subscription = Subscription {
        space: space.clone(),
        subscription_id: SubscriptionId::from(""),
        r#type,
        event_type,
        function_id,
        path,
        method,
        authorizer_id,
        metadata,
        retry,
        ordered,
        paused,
        paused_reason,
        rate_limit,
        filters,
        transform,
        answer_transform,
        hooks,
    };
    subscription.subscription_id = id.cloned().unwrap_or_else(|| subscription.derived_id());
    Ok(subscription)
}

/// The method in capital letters, `POST` if none is given.
pub(crate) fn method_or_post(method: &str) -> String {
    if method.is_empty() {
        "POST".to_owned()
    } else {
        method.to_uppercase()
    }
}

/// The path with a `/` in front of it unless it has one.
pub(crate) fn with_leading_slash(path: String) -> String {
    if path.starts_with('/') {
        path
    } else {
        format!("/{path}")
    }
}

#[cfg(test)]
mod tests;

//! Subscriptions in the shape of 2017: `event` instead of `type` and `eventType`, CORS inside (docs/contract.md §7.5, §7.8).

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::event::HTTP_REQUEST;
use crate::ids::{EventTypeName, Space, SubscriptionId};
use crate::json::{Json, JsonError, Object};
use crate::resource::{
    Cors, EventType, InvalidCause, InvalidResource, Kind, Resource, Subscription, SubscriptionType,
};
use crate::type_pattern::TypePattern;
use crate::validation::Violations;

/// The `event` of subscriptions to plain HTTP requests.
const HTTP: &str = "http";

/// Label of a CORS configuration that belongs to a subscription: the id of that one.
pub const CORS_OWNER: &str = "subscriptionId";

/// A subscription in the shape of 2017, as today's resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacySubscription {
    /// The subscription.
    pub subscription: Subscription,
    /// Its event type, which did not have to be registered.
    pub event_type: EventType,
    /// Its CORS configuration, labelled with [`CORS_OWNER`].
    pub cors: Option<Cors>,
}

/// Reads a request body, of an update if there is an id; `None` where it is not in the shape of 2017: it has a `type`,
/// or no `event`.
///
/// `http` is a sync subscription to `http.request`, with GET if no method is given; any other event, `invoke` among
/// them, is an async one to that type, with POST.
pub fn subscription(
    space: &Space,
    id: Option<&SubscriptionId>,
    body: &[u8],
) -> Result<Option<LegacySubscription>, InvalidResource> {
    let Ok(object) = Object::from_first_value(body) else {
        return Ok(None);
    };
    let invalid = |cause: JsonError| InvalidResource {
        kind: Kind::Subscription,
        cause: InvalidCause::Json(cause),
    };
    let event = object.string_or_empty("event").map_err(invalid)?;
    if object.get("type").is_some() || event.is_empty() {
        return Ok(None);
    }
    if TypePattern::of(&event).is_some() {
        // Its type would be registered, and there is none of that name.
        let mut violations = Violations::of("Subscription");
        violations.check("EventType", Some("eventType"));
        let cause = InvalidCause::Fields(violations);
        return Err(InvalidResource {
            kind: Kind::Subscription,
            cause,
        });
    }
    let is_http = event == HTTP;
    let (r#type, event_type, method) = if is_http {
        let method = object.string_or_empty("method").map_err(invalid)?;
        let method = Some(method).filter(|method| !method.is_empty());
        ("sync", HTTP_REQUEST, method.unwrap_or_else(|| "GET".to_owned()))
    } else {
        ("async", event.as_str(), "POST".to_owned())
    };
    let body = NewBody::of(&object, &["event", "cors", "type", "eventType", "method"])
        .with("type", r#type)
        .with("eventType", event_type)
        .with("method", &method)
        .to_json();
    let subscription = Subscription::decode(space, id, &body)?;
    let inline = object.object("cors").map_err(invalid)?.filter(|_| is_http);
    let cors = inline.map(|inline| cors(&subscription, &inline)).transpose()?;
    let event_type = EventType::named(space, EventTypeName::from(event_type));
    Ok(Some(LegacySubscription {
        subscription,
        event_type,
        cors,
    }))
}

/// The CORS configuration that a subscription brings along; what it does not say has the defaults, which are today's.
fn cors(subscription: &Subscription, inline: &Object<'_>) -> Result<Cors, InvalidResource> {
    let mut body = NewBody::default()
        .with("method", &subscription.method)
        .with("path", &subscription.path);
    for (old, new) in [
        ("origins", "allowedOrigins"),
        ("methods", "allowedMethods"),
        ("headers", "allowedHeaders"),
        ("allowCredentials", "allowCredentials"),
    ] {
        if let Some(value) = inline.get(old) {
            body = body.with_raw(new, value);
        }
    }
    let mut cors = Cors::decode(&subscription.space, None, &body.to_json())?;
    let owner = subscription.subscription_id.to_string();
    cors.metadata.insert(CORS_OWNER.to_owned(), owner);
    Ok(cors)
}

/// A subscription as it is answered: today's members, and those that a client of 2017 knows.
#[derive(Debug, Serialize)]
pub struct SubscriptionView<'a> {
    #[serde(flatten)]
    subscription: &'a Subscription,
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cors: Option<InlineCors<'a>>,
}

/// CORS inside a subscription.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct InlineCors<'a> {
    origins: &'a [String],
    methods: &'a [String],
    headers: &'a [String],
    allow_credentials: bool,
}

impl<'a> SubscriptionView<'a> {
    /// A subscription with the CORS configuration of its method and path, which is shown if it is its own.
    pub fn new(subscription: &'a Subscription, cors: Option<&'a Cors>) -> Self {
        let is_http =
            subscription.r#type == SubscriptionType::Sync && subscription.event_type.as_str() == HTTP_REQUEST;
        Self {
            subscription,
            event: if is_http {
                HTTP
            } else {
                subscription.event_type.as_str()
            },
            cors: cors
                .filter(|cors| is_owned_by(cors, &subscription.subscription_id))
                .map(|cors| InlineCors {
                    origins: &cors.allowed_origins,
                    methods: &cors.allowed_methods,
                    headers: &cors.allowed_headers,
                    allow_credentials: cors.allow_credentials,
                }),
        }
    }
}

/// Whether a CORS configuration came with a subscription and goes with it.
pub fn is_owned_by(cors: &Cors, subscription: &SubscriptionId) -> bool {
    cors.metadata
        .get(CORS_OWNER)
        .is_some_and(|owner| owner == subscription.as_str())
}

/// A JSON object that is put together anew, with members in order, so that of several spellings the last still counts.
#[derive(Debug, Default)]
pub(super) struct NewBody<'a>(Vec<(&'a str, Json)>);

impl<'a> NewBody<'a> {
    /// The members of an object but for some.
    pub(super) fn of(object: &'a Object<'_>, without: &[&str]) -> Self {
        let is_kept = |name: &str| !without.iter().any(|other| other.eq_ignore_ascii_case(name));
        let members = object.members().filter(|(name, _)| is_kept(name));
        Self(members.map(|(name, raw)| (name, Json::from_raw(raw))).collect())
    }

    /// A text.
    pub(super) fn with(mut self, name: &'a str, value: &str) -> Self {
        self.0.push((name, Json::from_value(value)));
        self
    }

    /// A value as it stands.
    pub(super) fn with_raw(mut self, name: &'a str, value: &RawValue) -> Self {
        self.0.push((name, Json::from_raw(value)));
        self
    }

    /// The text of the object.
    pub(super) fn to_json(&self) -> Vec<u8> {
        Json::from_value(self).get().as_bytes().to_vec()
    }
}

impl Serialize for NewBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

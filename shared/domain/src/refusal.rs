//! What a refusal of a configuration request is about, besides its text: the member, what it holds, the rule that it breaks,
//! and what would be right. The texts are the wire's (docs/contract.md §1.11) and stay as they are.

use std::borrow::Cow;

use crate::configuration::ConfigurationError;
use crate::json::JsonError;
use crate::resource::{CorsError, InvalidCause, InvalidResource, Kind, ProviderError};

mod fields;
mod value;

use fields::{hint_of, json_path};

/// What a refusal is about. Members that say nothing are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// Path of the member in the request body, such as `retry.maxAttempts`.
    pub field: Option<String>,
    /// What the member holds, cut where it is long. Never anything that may be a secret.
    pub value: Option<String>,
    /// The rule that it breaks, for programs.
    pub rule: Option<&'static str>,
    /// What would be right, for people.
    pub hint: Option<Cow<'static, str>>,
}

impl Refusal {
    /// What the refusal of a request with this body is about; without the body it says nothing of values.
    pub fn of(error: &ConfigurationError, body: Option<&[u8]>) -> Self {
        let mut refusal = about(error);
        if let (Some(field), Some(body)) = (&refusal.field, body) {
            refusal.value = value::of_member(body, field);
        }
        refusal
    }

    fn new(field: Option<String>, rule: &'static str, hint: Option<Cow<'static, str>>) -> Self {
        Self {
            field,
            value: None,
            rule: Some(rule),
            hint,
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what it is handed to may be absent")]
fn hint(text: &'static str) -> Option<Cow<'static, str>> {
    Some(Cow::Borrowed(text))
}

#[expect(clippy::unnecessary_wraps, reason = "what it is handed to may be absent")]
fn at(path: &str) -> Option<String> {
    Some(path.to_owned())
}

/// Of what cannot go as long as others refer to it.
fn in_use(advice: &'static str) -> Refusal {
    Refusal::new(None, "unused", hint(advice))
}

/// Of what is more than a plan allows.
fn used_up() -> Refusal {
    let advice = "delete some that are not needed, or ask for another plan";
    Refusal::new(None, "quota", hint(advice))
}

fn about(error: &ConfigurationError) -> Refusal {
    match error {
        ConfigurationError::Invalid(invalid) => of_invalid(invalid),
        ConfigurationError::UnknownMembers { field, .. } => Refusal::new(field.clone(), "unknown", None),
        ConfigurationError::Unusable { doubt, .. } => {
            Refusal::new(at(doubt.field), "usable", hint(doubt.reason))
        }
        ConfigurationError::AnswersHealthChecks { .. } => Refusal::new(at("path"), "usable", None),
        ConfigurationError::CreatedInFuture { .. } => Refusal::new(at("createdAt"), "max", None),
        ConfigurationError::NotFound { .. } => Refusal::default(),
        ConfigurationError::PreconditionFailed { .. } => Refusal::new(
            None,
            "ifMatch",
            hint("read the resource again, and send the ETag of that answer"),
        ),
        ConfigurationError::MissingReference { kind, .. } => {
            let field = match kind {
                Kind::EventType => "eventType",
                _ => "functionId",
            };
            Refusal::new(at(field), "exists", hint("register it first"))
        }
        ConfigurationError::MissingAuthorizer => {
            Refusal::new(at("authorizerId"), "exists", hint("register the function first"))
        }
        ConfigurationError::OnlyAuthorizes(_) => Refusal::new(
            at("functionId"),
            "takesEvents",
            hint("it may be the authorizerId of the subscription, or of its event type"),
        ),
        ConfigurationError::AlreadyExists { .. } => Refusal::new(
            None,
            "unique",
            hint("change it with PUT, or delete it before a new one is created"),
        ),
        ConfigurationError::EventTypeInUse
        | ConfigurationError::FunctionInUse
        | ConfigurationError::FunctionIsAuthorizer { .. }
        | ConfigurationError::FunctionAuthorizesSubscription { .. }
        | ConfigurationError::FunctionIsHook { .. }
        | ConfigurationError::FunctionIsVariant { .. } => of_use(error),
        ConfigurationError::MissingHook { .. } => {
            Refusal::new(at("hooks"), "exists", hint("register the function first"))
        }
        ConfigurationError::NotAHook { .. } => Refusal::new(None, "hook", None),
        ConfigurationError::TooManyHooks { .. } => Refusal::new(at("hooks"), "max", None),
        ConfigurationError::NotPassthrough { .. } => Refusal::new(
            None,
            "passthrough",
            hint("register a function with the same URL and without request for all else"),
        ),
        ConfigurationError::Transform { field, reason } => {
            Refusal::new(at(field), "transform", Some(Cow::Owned(reason.clone())))
        }
        ConfigurationError::TransformOfPassthrough { .. } => Refusal::new(
            at("transform"),
            "passthrough",
            hint("register a function with the same URL and without request"),
        ),
        ConfigurationError::MissingVariant { .. } => Refusal::new(
            at("provider.weighted"),
            "exists",
            hint("register the function first"),
        ),
        ConfigurationError::Immutable {
            kind: Kind::Subscription,
            field: field @ ("FunctionID" | "Path" | "Method"),
        } => Refusal::new(
            Some(json_path(Kind::Subscription, field)),
            "immutable",
            hint("change it with PATCH"),
        ),
        ConfigurationError::Immutable { kind, field } => Refusal::new(
            Some(json_path(*kind, field)),
            "immutable",
            hint("delete the resource, and create it anew"),
        ),
        ConfigurationError::Repeated { .. } => Refusal::new(None, "unique", hint("leave one of them out")),
        ConfigurationError::NotMovable { .. } => Refusal::new(at("moved.from"), "moved", None),
        ConfigurationError::OfOtherSet { .. } => Refusal::new(None, "set", None),
        ConfigurationError::PathConflict(_) => Refusal::new(at("path"), "path", None),
        ConfigurationError::TooManyForms { .. } => Refusal::new(at("path"), "max", None),
        ConfigurationError::TooManyAuthorizers { .. } => Refusal::new(at("authorizerId"), "max", None),
        ConfigurationError::NotStrict { .. } => Refusal::new(at("paths"), "path", None),
        ConfigurationError::ForeignPath { .. } => Refusal::new(at("path"), "ownPath", None),
        ConfigurationError::TooManyUnindexed { .. } => Refusal::new(at("filters"), "max", None),
        ConfigurationError::TooMuchSchema { .. } => Refusal::new(at("schema"), "max", None),
        ConfigurationError::SchemaChanged(_) => {
            Refusal::new(at("schema"), "unchanged", hint("send it again"))
        }
        ConfigurationError::TooMany { .. } | ConfigurationError::TooManySpaces { .. } => {
            Refusal::new(None, "max", None)
        }
        ConfigurationError::QuotaUsedUp { .. } => used_up(),
        ConfigurationError::UnknownPlan { .. } => Refusal::new(at("plan"), "exists", None),
        ConfigurationError::SpaceOfTenant { .. }
        | ConfigurationError::TenantInUse { .. }
        | ConfigurationError::TenantSuspended { .. }
        | ConfigurationError::TenantLeaving { .. } => of_tenant(error),
        ConfigurationError::PlanNotYours => Refusal::new(at("plan"), "accessKey", None),
    }
}

/// Of what cannot go as long as others refer to it, with what refers to it.
fn of_use(error: &ConfigurationError) -> Refusal {
    in_use(match error {
        ConfigurationError::FunctionIsAuthorizer { .. } => {
            "take the authorizerId out of the event type first"
        }
        ConfigurationError::FunctionAuthorizesSubscription { .. } => {
            "take the authorizerId out of the subscription first"
        }
        ConfigurationError::FunctionIsHook { .. } => "take it out of the hooks first",
        ConfigurationError::FunctionIsVariant { .. } => "take it out of the weighted function first",
        _ => "delete the subscriptions first",
    })
}

/// Of what the tenant stands in the way of.
fn of_tenant(error: &ConfigurationError) -> Refusal {
    match error {
        ConfigurationError::TenantInUse { .. } => in_use(
            "remove its spaces first: DELETE /v1/tenants/{tenant}/spaces/{space}, or have all of it erased: ?erase=true",
        ),
        ConfigurationError::TenantSuspended { .. } => Refusal::new(at("state"), "active", None),
        ConfigurationError::TenantLeaving { .. } => Refusal::new(at("deletion"), "absent", None),
        _ => Refusal::new(at("tenant"), "unused", None),
    }
}

fn of_invalid(invalid: &InvalidResource) -> Refusal {
    match &invalid.cause {
        InvalidCause::Json(error) => of_json(error, ""),
        InvalidCause::Fields(violations) => match violations.first() {
            Some((field, tag)) => {
                Refusal::new(Some(json_path(invalid.kind, field)), tag, hint_of(field, tag))
            }
            None => Refusal::default(),
        },
        InvalidCause::Provider(error) => of_provider(error),
        InvalidCause::Filters(error) => Refusal::new(
            Some(format!("filters{}", error.pointer)),
            "filter",
            Some(Cow::Owned(error.reason.clone())),
        ),
        InvalidCause::Cors(error) => {
            let (field, rule) = match error {
                CorsError::TooManyEntries { member, .. } | CorsError::EntryTooLong { member, .. } => {
                    (*member, "max")
                }
                CorsError::OpenCredentials { .. } => ("allowedOrigins", "credentials"),
                CorsError::NotAHeader { .. } => ("exposedHeaders", "header"),
                CorsError::ExposesAll => ("exposedHeaders", "credentials"),
                CorsError::MaxAge { .. } => ("maxAge", "range"),
            };
            Refusal::new(at(field), rule, None)
        }
        InvalidCause::Hooks(error) => {
            Refusal::new(Some(error.place()), error.rule, Some(error.reason.clone()))
        }
    }
}

/// `within` is the path of what was read, empty or ending in a dot.
fn of_json(error: &JsonError, within: &str) -> Refusal {
    match error {
        JsonError::Empty | JsonError::Truncated | JsonError::Syntax { .. } => {
            Refusal::new(None, "json", hint("the body must be a JSON object"))
        }
        JsonError::WrongType { field, wanted, .. } => {
            let path = if field.is_empty() || field == "provider" {
                field.clone()
            } else {
                format!("{within}{field}")
            };
            let wanted = match *wanted {
                "string" => "it must be a text",
                "bool" => "it must be true or false",
                "int" | "uint" => "it must be a whole number",
                "float64" => "it must be a number",
                "array" => "it must be an array",
                _ => "it must be an object",
            };
            Refusal::new(Some(path).filter(|path| !path.is_empty()), "type", hint(wanted))
        }
        JsonError::TooManyMembers { .. } | JsonError::TooManyElements { .. } => {
            Refusal::new(None, "max", None)
        }
    }
}

fn of_provider(error: &ProviderError) -> Refusal {
    let member = |name: &str| Some(format!("provider.{name}"));
    let said = |name: &str, reason: &str| Some(Cow::Owned(format!("{name} {reason}")));
    match error {
        ProviderError::NotSet => Refusal::new(
            None,
            "required",
            hint("type and provider must be set, both beside functionId"),
        ),
        ProviderError::Unsupported(_) => Refusal::new(
            at("type"),
            "oneof",
            hint("it must be one of the types of docs/targets.md, in small letters"),
        ),
        ProviderError::Malformed(error) => of_json(error, "provider."),
        ProviderError::MissingFields { member: name, .. } => {
            Refusal::new(member(name), "required", hint("it must be set"))
        }
        ProviderError::NoUrl { member: name, .. } => Refusal::new(
            member(name),
            "url",
            hint("it must be an absolute URL, such as https://example.com/orders"),
        ),
        ProviderError::Invalid { member: name, reason } => {
            Refusal::new(member(name), "form", said(name, reason))
        }
        ProviderError::SigningSecrets => Refusal::new(member("signingSecrets"), "form", None),
        ProviderError::Masked(name) | ProviderError::MaskedElsewhere { member: name, .. } => {
            Refusal::new(member(name), "masked", hint("send the secret itself"))
        }
        ProviderError::PlaceNotAllowed { member: name, .. } => Refusal::new(member(name), "place", None),
        ProviderError::GatewayIdentity(_) => Refusal::new(at("provider"), "credentials", None),
        ProviderError::ZeroWeights => Refusal::new(
            member("weighted"),
            "weights",
            hint("at least one weight must be more than 0"),
        ),
    }
}

#[cfg(test)]
mod tests;

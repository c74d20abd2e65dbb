//! Why a configuration request cannot be carried out.

use super::{PathConflict, SchemaBound};
use crate::doubts::Doubt;
use crate::ids::{EventTypeName, FunctionId, Space, SubscriptionId, TenantId};
use crate::quota::Quota;
use crate::resource::{HookPoint, InvalidResource, Kind, MAX_HOOKS, quoted};

/// Why a configuration request cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// The body is not a valid resource.
    #[error(transparent)]
    Invalid(#[from] InvalidResource),
    /// The body has members that no such resource has, and that are not to be ignored.
    #[error("{} doesn't validate. Validation error: {text}", .kind.title())]
    UnknownMembers {
        /// Kind of the resource.
        kind: Kind,
        /// All of them in words.
        text: String,
        /// Path of the first.
        field: Option<String>,
    },
    /// The resource says something that cannot work, and that is not to be taken.
    #[error("{} doesn't validate. Validation error: {doubt}", .kind.title())]
    Unusable {
        /// Kind of the resource.
        kind: Kind,
        /// What it is.
        doubt: Doubt,
    },
    /// The resource of the URL does not exist.
    #[error("{} {} not found.", .kind.title(), quoted(.id))]
    NotFound {
        /// Kind that was looked for.
        kind: Kind,
        /// Id that was looked for.
        id: String,
    },
    /// A resource that the body refers to does not exist.
    #[error("{} {} not found.", .kind.title(), quoted(.id))]
    MissingReference {
        /// Kind that is referred to.
        kind: Kind,
        /// Id that is referred to.
        id: String,
    },
    /// The authorizer of an event type or a subscription does not exist.
    #[error("Authorizer function doesn't exists.")]
    MissingAuthorizer,
    /// A function that can only be an authorizer is to get events.
    #[error(
        "Function {} can only be an authorizer: no subscription can have it as its function.", quoted(.0.as_str())
    )]
    OnlyAuthorizes(FunctionId),
    /// A subscription would never be reached: its method and path answer health checks.
    #[error(
        "Subscription doesn't validate. Validation error: {method} {path} answers health checks (--health-path)"
    )]
    AnswersHealthChecks {
        /// Its method.
        method: String,
        /// Its path.
        path: String,
    },
    /// A resource that is put back was created later than now.
    #[error("{} doesn't validate. Validation error: createdAt is in the future", .kind.title())]
    CreatedInFuture {
        /// Kind of the resource.
        kind: Kind,
    },
    /// There is one with that id already.
    #[error("{} {} already {}.", .kind.title(), quoted(.id), if *.kind == Kind::Function { "registered" } else { "exists" })]
    AlreadyExists {
        /// Kind of the resource.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// A function that a weighted one names does not exist.
    #[error("Function {} not found.", quoted(.function.as_str()))]
    MissingVariant {
        /// The function.
        function: FunctionId,
    },
    /// An event type cannot go while subscriptions refer to it.
    #[error("Event type cannot be deleted because there are subscriptions using it.")]
    EventTypeInUse,
    /// A function cannot go while subscriptions refer to it.
    #[error("Function cannot be deleted because it's subscribed to a least one event.")]
    FunctionInUse,
    /// A function cannot go while an event type has it as its authorizer.
    #[error(
        "Function {function} cannot be deleted because is used as an authorizer for {event_type} event type."
    )]
    FunctionIsAuthorizer {
        /// The function.
        function: FunctionId,
        /// The event type.
        event_type: EventTypeName,
    },
    /// A function cannot go while a weighted one names it.
    #[error("Function {function} cannot be deleted because it's used by the weighted function {weighted}.")]
    FunctionIsVariant {
        /// The function.
        function: FunctionId,
        /// The weighted one.
        weighted: FunctionId,
    },
    /// A function cannot go while a subscription has it as its authorizer.
    #[error(
        "Function {function} cannot be deleted because is used as an authorizer for {subscription} subscription."
    )]
    FunctionAuthorizesSubscription {
        /// The function.
        function: FunctionId,
        /// The subscription.
        subscription: SubscriptionId,
    },
    /// The function of a hook does not exist.
    #[error("Hook function {} not found.", quoted(.function.as_str()))]
    MissingHook {
        /// The function.
        function: FunctionId,
    },
    /// A function cannot be a hook, or become what no hook can be.
    #[error(
        "Function {} cannot be a hook: it must be one that is called with what it is told and answers. Weighted functions, \
         JWT authorizers, functions with request passthrough and those that only take events in cannot.",
        quoted(.function.as_str())
    )]
    NotAHook {
        /// The function.
        function: FunctionId,
    },
    /// A function cannot go while somebody has it as a hook.
    #[error("Function {function} cannot be deleted because it's used as a hook of {user}.")]
    FunctionIsHook {
        /// The function.
        function: FunctionId,
        /// Who has it, in words.
        user: String,
    },
    /// An event would meet more hooks than it may.
    #[error(
        "An event would meet {count} hooks at the point {}, and {MAX_HOOKS} are the most: those of the space, of the event \
         type and of the subscription count together.", .point.as_str()
    )]
    TooManyHooks {
        /// The point.
        point: HookPoint,
        /// How many it would meet.
        count: usize,
    },
    /// A function that gets requests as they came is asked for anything else.
    #[error(
        "Function {} has request passthrough: it takes sync subscriptions of the event type http.request only, and is no \
         authorizer.", quoted(.function.as_str())
    )]
    NotPassthrough {
        /// The function.
        function: FunctionId,
    },
    /// A transform of a subscription cannot be compiled.
    #[error("Subscription doesn't validate. Validation error: {field}: {reason}")]
    Transform {
        /// Name of the member.
        field: &'static str,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// A subscription whose function gets requests as they came has a transform.
    #[error(
        "Function {} has request passthrough: what it gets, and what it answers, cannot be transformed.",
        quoted(.function.as_str())
    )]
    TransformOfPassthrough {
        /// The function.
        function: FunctionId,
    },
    /// The resource is not what the request wants it to be before it is changed.
    #[error("{} {} has been changed: it is not what If-Match names.", .kind.title(), quoted(.id))]
    PreconditionFailed {
        /// Kind of the resource.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// A document has the same resource twice.
    #[error("{} {} is in the document twice.", .kind.title(), quoted(.id))]
    Repeated {
        /// Kind of the resource.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// A function cannot be renamed.
    #[error("Function {} cannot be renamed to {}: {reason}.", quoted(.from.as_str()), quoted(.to.as_str()))]
    NotMovable {
        /// Its id.
        from: FunctionId,
        /// The id that it is to have.
        to: FunctionId,
        /// What stands in the way, in words.
        reason: &'static str,
    },
    /// A document is about a resource that is part of another set, or of none.
    #[error("{} {} {}.", .kind.title(), quoted(.id), match .owner {
        Some(owner) => format!("is part of the set {}, and is not touched", quoted(owner)),
        None => "is part of no set, and is not touched: adopt=true makes it part of this one".to_owned(),
    })]
    OfOtherSet {
        /// Kind of the resource.
        kind: Kind,
        /// Its id.
        id: String,
        /// The set that it is part of.
        owner: Option<String>,
    },
    /// An update changes a field that must stay.
    #[error("Invalid update. '{field}' of existing {} cannot be updated.", if *.kind == Kind::Cors { "CORS configuration" } else { "subscription" })]
    Immutable {
        /// Kind of the resource.
        kind: Kind,
        /// Name of the field.
        field: &'static str,
    },
    /// Too many kinds of patterns would have to be looked at for one request.
    #[error(
        "Subscription path {} is refused: the {limit} patterns of other forms to this event type with this method are the \
         most there may be. A form is what is a literal, a parameter and a wildcard in a path.", quoted(.path)
    )]
    TooManyForms {
        /// The path.
        path: String,
        /// Most forms.
        limit: usize,
    },
    /// One event would have too many authorizers asked.
    #[error(
        "Subscription on path {} is refused: the async subscriptions to this event type with this method and path have \
         {limit} authorizers of their own, which are the most there may be. Use one of these, or the authorizer of the event \
         type.", quoted(.path)
    )]
    TooManyAuthorizers {
        /// The path.
        path: String,
        /// Most authorizers.
        limit: usize,
    },
    /// A space has paths that only stand side by side where the most specific wins.
    #[error(
        "The paths of space {} cannot be strict: {conflict}. Delete the subscriptions that stand in the way first, or leave \
         the paths specific.", quoted(.space.as_str())
    )]
    NotStrict {
        /// The space.
        space: Space,
        /// The first conflict.
        conflict: PathConflict,
    },
    /// A sync path cannot live beside those of the space.
    #[error("Subscription path conflict: {0}")]
    PathConflict(#[from] PathConflict),
    /// The path is one of another space, where spaces own their paths.
    #[error(
        "{} on path {} is refused: this gateway gives each space its own paths, and those of space {} are {} and all \
         below. Use {} instead. PUT cannot move what was stored on another path: delete it and create it anew.",
        .kind.title(), quoted(.path), quoted(.space.as_str()), quoted(&format!("/{space}")),
        quoted(&format!("/{space}{path}"))
    )]
    ForeignPath {
        /// Kind of the resource.
        kind: Kind,
        /// Its space.
        space: Space,
        /// Its path.
        path: String,
    },
    /// The space has as many filters that events do not find as it may have.
    #[error(
        "The space has its {limit} subscriptions whose filters events cannot be found by, which are the most it may have: \
         require a value, a prefix or a suffix of some attribute, or delete one first."
    )]
    TooManyUnindexed {
        /// Most that a space may have.
        limit: usize,
    },
    /// There would be more of schemas than is kept.
    #[error("At most {limit} {bound} are kept: delete versions that are not needed any more.")]
    TooMuchSchema {
        /// What there would be too much of.
        bound: SchemaBound,
        /// How much there may be.
        limit: usize,
    },
    /// Another version of the schema came between what was compared and what was to be stored.
    #[error("The schema of the event type {} has been changed meanwhile: try again.", quoted(.0.as_str()))]
    SchemaChanged(EventTypeName),
    /// The space has as much as its plan allows.
    #[error(
        "The quota {:?} of the plan {} is used up: a space may have {limit}.", .quota.name(), quoted(.plan)
    )]
    QuotaUsedUp {
        /// The quota.
        quota: Quota,
        /// Name of the plan.
        plan: String,
        /// Most that a space may have.
        limit: usize,
    },
    /// There is no such plan.
    #[error("Plan {} not found.", quoted(.plan))]
    UnknownPlan {
        /// Name of the plan.
        plan: String,
    },
    /// The plan of a space is not for those to change who have nothing but keys of it.
    #[error("Forbidden: only the access key of the Configuration API changes the plan of a space")]
    PlanNotYours,
    /// The settings of a space of a tenant cannot go, as they say so.
    #[error(
        "Space {} belongs to tenant {}: its settings can be replaced, but not deleted.",
        quoted(.space.as_str()), quoted(.tenant.as_str())
    )]
    SpaceOfTenant {
        /// The space.
        space: Space,
        /// The tenant.
        tenant: TenantId,
    },
    /// A tenant cannot go while it has something.
    #[error("Tenant {} cannot be deleted while it has {}s ({count}).", quoted(.tenant.as_str()), .kind.label())]
    TenantInUse {
        /// The tenant.
        tenant: TenantId,
        /// What it has: spaces, or keys.
        kind: Kind,
        /// How many.
        count: usize,
    },
    /// A tenant has as many spaces as it may have.
    #[error("The tenant has its {limit} spaces, which are the most it may have.")]
    TooManySpaces {
        /// Most that a tenant may have.
        limit: usize,
    },
    /// Nothing is made for a tenant that is suspended.
    #[error("Tenant {} is suspended.", quoted(.tenant.as_str()))]
    TenantSuspended {
        /// The tenant.
        tenant: TenantId,
    },
    /// A tenant that is to be deleted with everything it has stays suspended, and what has begun is not taken back.
    #[error("Tenant {} {}.", quoted(.tenant.as_str()), if *.begun {
        "is being deleted with everything it has: that cannot be taken back any more"
    } else {
        "is to be deleted with everything it has, and stays suspended: \"deletion\": null takes that back"
    })]
    TenantLeaving {
        /// The tenant.
        tenant: TenantId,
        /// Whether it is being deleted.
        begun: bool,
    },
    /// The space has as many resources of that kind as it may have.
    #[error(
        "The space has its {limit} {}s, which are the most it may have: delete one first.", .kind.title()
    )]
    TooMany {
        /// Kind of the resource.
        kind: Kind,
        /// Most that a space may have.
        limit: usize,
    },
}

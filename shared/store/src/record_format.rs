//! Which format a store has to say that it has, by what is written into it. A program that does not know a member of a
//! resource leaves it out, and whoever relied on it is not told: an open route, a call that nobody limits. So whatever an older
//! program must not ignore is named here, and a store that has some of it is not opened by such a program.
//!
//! What older programs refuse to read by themselves, such as a provider that they do not know, need not be named.
//! Neither need records of changes: older programs leave them alone, and whatever these change has none (docs/security.md).

use domain::configuration::{AnyChange, Change, Configured, Stored};
use domain::resource::{EmitMode, Function, Hook, SpaceSettings, Subscription};
use domain::type_pattern::TypePattern;
use domain::validation::ANY_METHOD;

/// The format of a store that all programs can open.
pub(crate) const FIRST: u64 = 1;

/// Since the version that has authorizers, limits, filters, transforms and hooks of subscriptions.
const GUARDED: u64 = 2;

/// Since the version in which spaces may take events only with a key, and be on plans.
const KEYED: u64 = 3;

/// The newest format that this program knows.
pub(crate) const NEWEST: u64 = KEYED;

/// The oldest format that a resource can be written in.
pub(crate) fn needed_by<R: Configured>(stored: &Stored<R>) -> u64 {
    let change = Change {
        before: None,
        after: Some(stored.clone()),
    };
    match R::change(&change) {
        AnyChange::Subscription(Change {
            after: Some(stored), ..
        }) => by_subscription(&stored.resource),
        AnyChange::Function(Change {
            after: Some(stored), ..
        }) => by_function(&stored.resource),
        AnyChange::EventType(Change {
            after: Some(stored), ..
        }) => by_hooks(&stored.resource.hooks),
        AnyChange::Space(Change {
            after: Some(stored), ..
        }) => by_settings(&stored.resource),
        AnyChange::Subscription(_)
        | AnyChange::Function(_)
        | AnyChange::EventType(_)
        | AnyChange::Cors(_)
        | AnyChange::Space(_)
        // Kinds that older programs do not know: they do not open the store.
        | AnyChange::Key(_)
        | AnyChange::Tenant(_) => FIRST,
    }
}

/// Each member that must not be ignored, with the format of the version that brought it.
fn by_subscription(subscription: &Subscription) -> u64 {
    let is_used = [
        (subscription.authorizer_id.is_some(), GUARDED),
        (subscription.rate_limit.is_some(), GUARDED),
        (subscription.method == ANY_METHOD, GUARDED),
        (subscription.filters.is_some(), GUARDED),
        (
            TypePattern::of(subscription.event_type.as_str()).is_some(),
            GUARDED,
        ),
        (subscription.transform.is_some(), GUARDED),
        (subscription.answer_transform.is_some(), GUARDED),
        (!subscription.hooks.is_empty(), GUARDED),
    ];
    newest(&is_used)
}

fn by_hooks(hooks: &[Hook]) -> u64 {
    newest(&[(!hooks.is_empty(), GUARDED)])
}

fn by_settings(settings: &SpaceSettings) -> u64 {
    let is_keyed = settings.emit == Some(EmitMode::Key);
    newest(&[
        (is_keyed, KEYED),
        (settings.plan.is_some(), KEYED),
        (!settings.hooks.is_empty(), GUARDED),
    ])
}

fn by_function(function: &Function) -> u64 {
    let is_used = [
        (function.rate_limit.is_some(), GUARDED),
        (function.provider.passes_requests_on(), GUARDED),
    ];
    newest(&is_used)
}

fn newest(is_used: &[(bool, u64)]) -> u64 {
    let used = is_used.iter().filter(|(is_used, _)| *is_used);
    used.map(|(_, format)| *format).max().unwrap_or(FIRST)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::resource::EventType;

    use super::*;

    fn needed<R: Configured>(body: &str) -> u64 {
        needed_by(&Stored {
            resource: Arc::new(R::decode(&"one".into(), None, body.as_bytes()).unwrap()),
            created: 0,
        })
    }

    #[test]
    fn what_must_not_be_ignored_needs_its_version() {
        let subscription = |rest: &str| {
            needed::<Subscription>(&format!(
                r#"{{"type":"async","eventType":"e","functionId":"f","path":"/"{rest}}}"#
            ))
        };
        let function = |provider: &str, rest: &str| {
            needed::<Function>(&format!(
                r#"{{"functionId":"f","type":"http","provider":{{"url":"http://h"{provider}}}{rest}}}"#
            ))
        };
        assert_eq!(subscription(""), FIRST);
        assert_eq!(function("", ""), FIRST);
        assert_eq!(needed::<SpaceSettings>(r#"{"emit":"open"}"#), FIRST);
        let keyed = r#"{"emit":"key","hooks":[{"point":"receive","functionId":"h"}]}"#;
        assert_eq!(needed::<SpaceSettings>(keyed), KEYED);
        for needed in [
            subscription(r#","authorizerId":"a""#),
            subscription(r#","rateLimit":{"rate":1}"#),
            subscription(r#","method":"ANY""#),
            subscription(r#","filters":[{"exact":{"type":"e"}}]"#),
            subscription(r#","transform":{"jsonata":"data"}"#),
            subscription(r#","hooks":[{"point":"deliver","functionId":"h"}]"#),
            needed::<Subscription>(r#"{"type":"async","eventType":"e.*","functionId":"f","path":"/"}"#),
            needed::<EventType>(r#"{"name":"e","hooks":[{"point":"receive","functionId":"h"}]}"#),
            needed::<SpaceSettings>(r#"{"hooks":[{"point":"receive","functionId":"h"}]}"#),
            function("", r#","rateLimit":{"rate":1}"#),
            function(r#","request":"passthrough""#, ""),
        ] {
            assert_eq!(needed, GUARDED);
            assert!(needed <= NEWEST, "this program could not open what it writes");
        }
    }
}

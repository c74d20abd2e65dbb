//! What functions are used for, and whether they can be: one that only authorizes gets no events, and one that gets requests
//! as they came can be called only where there is a request. A weighted function can do what all can that it names.

use std::collections::HashSet;
use std::iter;

use super::{ConfigurationError, Snapshot};
use crate::event::HTTP_REQUEST;
use crate::ids::FunctionId;
use crate::resource::{Function, Provider, Subscription, SubscriptionType};

/// Refuses a use of a function that it, or one that it leads to, cannot be called for: by a subscription, or as an authorizer
/// where there is none.
pub(super) fn check_use(
    function: &Function,
    user: Option<&Subscription>,
    snapshot: &Snapshot,
) -> Result<(), ConfigurationError> {
    for called in led_to(function, snapshot) {
        if user.is_some() && called.provider.only_authorizes() {
            return Err(ConfigurationError::OnlyAuthorizes(called.function_id.clone()));
        }
        if called.provider.passes_requests_on() && !user.is_some_and(has_request) {
            return Err(ConfigurationError::NotPassthrough {
                function: called.function_id.clone(),
            });
        }
        if called.provider.passes_requests_on() && user.is_some_and(is_transformed) {
            return Err(ConfigurationError::TransformOfPassthrough {
                function: called.function_id.clone(),
            });
        }
    }
    Ok(())
}

/// Refuses a change of a function after which those who use it, directly or through a weighted one, could not any more.
/// What they could not before does not count.
pub(super) fn check_users(
    function: &Function,
    stored: &Function,
    snapshot: &Snapshot,
) -> Result<(), ConfigurationError> {
    let is_new = |fact: fn(&Provider) -> bool| {
        let has_it = |function| led_to(function, snapshot).any(|called| fact(&called.provider));
        has_it(function) && !has_it(stored)
    };
    let (only_authorizes, passes_on) = (
        is_new(Provider::only_authorizes),
        is_new(Provider::passes_requests_on),
    );
    if !only_authorizes && !passes_on {
        return Ok(());
    }
    let used = used_as(&function.function_id, snapshot);
    for user in snapshot.subscriptions.values() {
        if used.contains(&user.resource.function_id) {
            check_use(function, Some(&user.resource), snapshot)?;
        }
    }
    let event_types = snapshot.event_types.values();
    let subscriptions = snapshot.subscriptions.values();
    let mut authorizers = event_types
        .filter_map(|event_type| event_type.resource.authorizer_id.as_ref())
        .chain(subscriptions.filter_map(|subscription| subscription.resource.authorizer_id.as_ref()));
    if passes_on && authorizers.any(|authorizer| used.contains(authorizer)) {
        return check_use(function, None, snapshot);
    }
    Ok(())
}

/// A function, and those that a call of it may go to.
fn led_to<'s>(function: &'s Function, snapshot: &'s Snapshot) -> impl Iterator<Item = &'s Function> {
    let variants = function.provider.variants();
    let variants = variants.filter_map(|id| snapshot.functions.get(id));
    iter::once(function).chain(variants.map(|stored| &*stored.resource))
}

/// The ids by which a function is used: its own, and those of weighted ones that name it.
fn used_as<'s>(id: &'s FunctionId, snapshot: &'s Snapshot) -> HashSet<&'s FunctionId> {
    let functions = snapshot.functions.values().map(|stored| &stored.resource);
    let weighted = functions.filter(|function| function.provider.variants().any(|variant| variant == id));
    weighted
        .map(|function| &function.function_id)
        .chain(iter::once(id))
        .collect()
}

/// Whether there is a request when a subscription's function is called: none waits in a queue.
fn has_request(subscription: &Subscription) -> bool {
    subscription.r#type == SubscriptionType::Sync && subscription.event_type.as_str() == HTTP_REQUEST
}

/// Whether a subscription changes what its function gets or answers.
fn is_transformed(subscription: &Subscription) -> bool {
    subscription.transform.is_some() || subscription.answer_transform.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::{Configured, SpaceRules};
    use crate::resource::EventType;

    const PLAIN: &str = r#""type":"http","provider":{"url":"http://h"}"#;
    const PASSTHROUGH: &str = r#""type":"http","provider":{"url":"http://h","request":"passthrough"}"#;
    const JWT: &str = r#""type":"jwt","provider":{"issuer":"i","audience":["a"],"jwksUrl":"https://i/keys"}"#;

    fn decode<R: Configured>(body: &str) -> R {
        R::decode(&"one".into(), None, body.as_bytes()).unwrap()
    }

    fn function(id: &str, rest: &str) -> Function {
        decode(&format!(r#"{{"functionId":"{id}",{rest}}}"#))
    }

    fn weighted(id: &str, named: &[&str]) -> Function {
        let entries: Vec<_> = named
            .iter()
            .map(|id| format!(r#"{{"functionId":"{id}","weight":1}}"#))
            .collect();
        let rest = format!(
            r#""type":"weighted","provider":{{"weighted":[{}]}}"#,
            entries.join(",")
        );
        function(id, &rest)
    }

    /// A space with these functions, and event types.
    fn space(functions: impl IntoIterator<Item = Function>) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for function in functions {
            create(&mut snapshot, function).unwrap();
        }
        for name in ["e", HTTP_REQUEST] {
            create::<EventType>(&mut snapshot, decode(&format!(r#"{{"name":"{name}"}}"#))).unwrap();
        }
        snapshot
    }

    fn create<R: Configured>(snapshot: &mut Snapshot, resource: R) -> Result<(), ConfigurationError> {
        snapshot.create(resource, 0, &SpaceRules::default()).map(|_| ())
    }

    fn subscribe(snapshot: &mut Snapshot, kind: &str, event_type: &str, function: &str) -> Option<String> {
        let body = format!(
            r#"{{"type":"{kind}","eventType":"{event_type}","functionId":"{function}","path":"/{kind}/{event_type}/{function}"}}"#
        );
        let created = create::<Subscription>(snapshot, decode(&body));
        created.err().map(|error| error.to_string())
    }

    fn update(snapshot: &mut Snapshot, function: Function) -> Option<String> {
        let updated = snapshot.update(function, &SpaceRules::default());
        updated.err().map(|error| error.to_string())
    }

    #[test]
    fn a_weighted_function_is_used_for_what_all_can_that_it_names() {
        let functions = [
            function("p", PLAIN),
            function("r", PASSTHROUGH),
            function("j", JWT),
        ];
        let weighted = [
            weighted("pp", &["p"]),
            weighted("pr", &["p", "r"]),
            weighted("pj", &["p", "j"]),
        ];
        let mut space = space(functions.into_iter().chain(weighted));
        for (kind, event_type, function, refused_for) in [
            ("sync", HTTP_REQUEST, "pp", None),
            ("async", "e", "pp", None),
            ("sync", HTTP_REQUEST, "pr", None),
            ("sync", "e", "pr", Some("\"r\" has request passthrough")),
            ("async", HTTP_REQUEST, "pr", Some("\"r\" has request passthrough")),
            (
                "sync",
                HTTP_REQUEST,
                "pj",
                Some("\"j\" can only be an authorizer"),
            ),
            ("async", "e", "pj", Some("\"j\" can only be an authorizer")),
        ] {
            let refused = subscribe(&mut space, kind, event_type, function);
            let as_wanted = match (&refused, refused_for) {
                (Some(text), Some(why)) => text.contains(why),
                (refused, why) => refused.is_none() && why.is_none(),
            };
            assert!(as_wanted, "{kind} {event_type} {function}: {refused:?}");
        }
        for (authorizer, is_one) in [("pp", true), ("pj", true), ("pr", false)] {
            let guarded: EventType = decode(&format!(
                r#"{{"name":"by-{authorizer}","authorizerId":"{authorizer}"}}"#
            ));
            assert_eq!(create(&mut space, guarded).is_ok(), is_one, "{authorizer}");
        }
    }

    #[test]
    fn what_is_used_stays_what_it_is_used_for() {
        let plain = ["a", "b", "c", "free"].map(|id| function(id, PLAIN));
        let more = [
            function("j", JWT),
            function("r", PASSTHROUGH),
            weighted("w", &["a"]),
            weighted("v", &["b"]),
            weighted("u", &["c"]),
        ];
        let mut space = space(plain.into_iter().chain(more));
        assert_eq!(subscribe(&mut space, "async", "e", "w"), None);
        assert_eq!(subscribe(&mut space, "sync", HTTP_REQUEST, "u"), None);
        create::<EventType>(&mut space, decode(r#"{"name":"g","authorizerId":"v"}"#)).unwrap();
        for (changed, is_taken) in [
            (function("a", JWT), false),
            (function("a", PASSTHROUGH), false),
            (weighted("w", &["a", "j"]), false),
            (weighted("w", &["a", "r"]), false),
            (weighted("w", &["a", "free"]), true),
            // An authorizer can be asked of any kind but the ones that want a request.
            (function("b", JWT), true),
            (function("b", PASSTHROUGH), false),
            (weighted("v", &["b", "j"]), true),
            (weighted("v", &["b", "r"]), false),
            // There is a request.
            (function("c", PASSTHROUGH), true),
            (weighted("u", &["c", "r"]), true),
            (weighted("u", &["c", "j"]), false),
        ] {
            let text = format!("{changed:?}");
            let refused = update(&mut space, changed);
            assert_eq!(refused.is_none(), is_taken, "{text}: {refused:?}");
        }
    }
}

//! Which hooks an event meets on its way to a subscription.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Explanation, HookExplanation, HookOf};
use crate::ids::SubscriptionId;
use crate::resource::{EventType, Hook, HookPoint, SpaceSettings, Subscription, SubscriptionType};

impl Explanation {
    /// The same with the hooks that stand on the way to the subscriptions that match, in the order in which they are asked.
    #[must_use]
    pub fn with_hooks(
        mut self,
        settings: &SpaceSettings,
        event_types: &[Arc<EventType>],
        subscriptions: &[Arc<Subscription>],
    ) -> Self {
        let event_type = event_types.iter().find(|known| known.name == self.event_type);
        let of_type = event_type
            .map(|event_type| &event_type.hooks[..])
            .unwrap_or_default();
        let own: HashMap<&SubscriptionId, &[Hook]> = subscriptions
            .iter()
            .map(|subscription| (&subscription.subscription_id, &subscription.hooks[..]))
            .collect();
        for explained in self.subscriptions.iter_mut().filter(|it| it.matches) {
            let own = own.get(&explained.subscription_id).copied().unwrap_or_default();
            let chain = [
                (HookOf::Space, &settings.hooks[..]),
                (HookOf::EventType, of_type),
                (HookOf::Subscription, own),
            ];
            let is_async = explained.r#type == SubscriptionType::Async;
            let points = HookPoint::ALL.into_iter();
            explained.hooks = points
                .filter(|point| !(is_async && *point == HookPoint::Answer))
                .flat_map(|point| chain.iter().flat_map(move |(of, hooks)| at(point, *of, hooks)))
                .collect();
        }
        self
    }
}

fn at(point: HookPoint, of: HookOf, hooks: &[Hook]) -> impl Iterator<Item = HookExplanation> {
    let hooks = hooks.iter().filter(move |hook| hook.point == point);
    hooks.map(move |hook| HookExplanation {
        point,
        of,
        function_id: hook.function_id.clone(),
        on_error: hook.on_error(),
        filtered: hook.when.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::{ExplainRequest, SpaceResources, SubscriptionExplanation};
    use crate::resource::{PathMode, Resource};
    use crate::routing::PathOwnership;

    fn decode<R: Resource>(body: &str) -> R {
        R::decode(&"one".into(), None, body.as_bytes()).unwrap()
    }

    #[test]
    fn hooks_are_listed_in_the_order_in_which_they_are_asked() {
        let hook =
            |point: &str, function: &str| format!(r#"{{"point":"{point}","functionId":"{function}"}}"#);
        let settings: SpaceSettings = decode(&format!(
            r#"{{"hooks":[{},{}]}}"#,
            hook("answer", "a1"),
            hook("receive", "r1")
        ));
        let event_types = [Arc::new(decode::<EventType>(&format!(
            r#"{{"name":"t","hooks":[{},{{"point":"receive","functionId":"r2","onError":"skip","when":{{"exact":{{"id":"1"}}}}}}]}}"#,
            hook("deliver", "d1")
        )))];
        let subscription = |kind: &str, path: &str| {
            Arc::new(decode::<Subscription>(&format!(
                r#"{{"type":"{kind}","eventType":"t","functionId":"f","path":"{path}","hooks":[{}]}}"#,
                hook("deliver", "d2")
            )))
        };
        let subscriptions = [
            subscription("sync", "/a"),
            subscription("async", "/a"),
            subscription("async", "/b"),
        ];
        let request = ExplainRequest::decode(br#"{"eventType":"t","path":"/a"}"#).unwrap();
        let resources = SpaceResources {
            filter_steps: usize::MAX,
            subscriptions: &subscriptions,
            event_types: &event_types,
            functions: &[],
            paths: PathOwnership::Shared,
            mode: PathMode::Strict,
            answering: None,
        };
        let explained =
            Explanation::of(request, resources).with_hooks(&settings, &event_types, &subscriptions);
        for SubscriptionExplanation {
            r#type,
            matches,
            hooks,
            ..
        } in explained.subscriptions
        {
            let names: Vec<_> = hooks.iter().map(|hook| hook.function_id.as_str()).collect();
            let want: &[&str] = match (matches, r#type) {
                (false, _) => &[],
                (true, SubscriptionType::Sync) => &["r1", "r2", "d1", "d2", "a1"],
                (true, SubscriptionType::Async) => &["r1", "r2", "d1", "d2"],
            };
            assert_eq!(names, want);
            if let Some(second) = hooks.get(1) {
                assert_eq!(
                    serde_json::to_string(second).unwrap(),
                    r#"{"point":"receive","of":"eventType","functionId":"r2","onError":"skip","filtered":true}"#
                );
            }
        }
    }
}

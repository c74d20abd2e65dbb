//! How many authorizers one event may have asked in a space: each async subscription may name one of its own, and an event
//! reaches all that stand on one path.

use std::sync::Arc;

use super::ConfigurationError;
use super::path_forms::nameless;
use crate::ids::FunctionId;
use crate::persistent_map::PersistentMap;
use crate::resource::{Subscription, SubscriptionType};

/// The authorizers that async subscriptions name, by what events reach together. Only where there are such.
#[derive(Debug, Clone, Default)]
pub(super) struct RouteAuthorizers(PersistentMap<Route, Arc<Vec<Named>>>);

/// Event type, method, and path with its parameters called alike.
type Route = (Arc<str>, Arc<str>, Arc<str>);

/// An authorizer, and how many subscriptions name it.
type Named = (FunctionId, usize);

impl RouteAuthorizers {
    /// Whether a subscription may be there, in the place of a stored one if there is one.
    pub(super) fn check(
        &self,
        subscription: &Subscription,
        stored: Option<&Subscription>,
        limit: usize,
    ) -> Result<(), ConfigurationError> {
        let Some((route, authorizer)) = named_by(subscription) else {
            return Ok(());
        };
        let there = self.0.get(&route).map_or(&[][..], |named| named.as_slice());
        if there.iter().any(|(known, _)| known == authorizer) {
            return Ok(());
        }
        let replaced = stored.and_then(|stored| stored.authorizer_id.as_ref());
        let stays = |(known, count): &&Named| Some(known) != replaced || *count > 1;
        if there.iter().filter(stays).count() < limit {
            return Ok(());
        }
        Err(ConfigurationError::TooManyAuthorizers {
            path: subscription.path.clone(),
            limit,
        })
    }

    /// Adds what a subscription names.
    pub(super) fn insert(&mut self, subscription: &Subscription) {
        let Some((route, authorizer)) = named_by(subscription) else {
            return;
        };
        let named = Arc::make_mut(self.0.entry(route).or_default());
        match named.iter_mut().find(|(known, _)| known == authorizer) {
            Some((_, count)) => *count += 1,
            None => named.push((authorizer.clone(), 1)),
        }
    }

    /// Removes what a subscription names.
    pub(super) fn remove(&mut self, subscription: &Subscription) {
        let Some((route, authorizer)) = named_by(subscription) else {
            return;
        };
        let Some(named) = self.0.get_mut(&route) else {
            return;
        };
        let named = Arc::make_mut(named);
        for (known, count) in named.iter_mut() {
            if known == authorizer {
                *count = count.saturating_sub(1);
            }
        }
        named.retain(|(_, count)| *count > 0);
        if named.is_empty() {
            self.0.remove(&route);
        }
    }
}

/// Where an async subscription with an authorizer of its own stands, and that one.
fn named_by(subscription: &Subscription) -> Option<(Route, &FunctionId)> {
    if subscription.r#type != SubscriptionType::Async {
        return None;
    }
    let authorizer = subscription.authorizer_id.as_ref()?;
    let route = (
        subscription.event_type.as_str().into(),
        subscription.method.as_str().into(),
        nameless(&subscription.path).into(),
    );
    Some((route, authorizer))
}

#[cfg(test)]
mod tests {
    use crate::configuration::{ConfigurationError, Configured, Snapshot, SpaceRules};
    use crate::ids::SubscriptionId;
    use crate::resource::{EventType, Function, Subscription};

    fn decode<R: Configured>(body: &str) -> R {
        R::decode(&"one".into(), None, body.as_bytes()).unwrap()
    }

    const RULES: fn() -> SpaceRules = || SpaceRules {
        max_authorizers_per_route: 2,
        ..SpaceRules::default()
    };

    fn space() -> Snapshot {
        let mut snapshot = Snapshot::default();
        for number in 0..9 {
            let function =
                format!(r#"{{"functionId":"f{number}","type":"http","provider":{{"url":"http://h"}}}}"#);
            snapshot
                .create::<Function>(decode(&function), 0, &RULES())
                .unwrap();
        }
        snapshot
            .create::<EventType>(decode(r#"{"name":"e"}"#), 0, &RULES())
            .unwrap();
        snapshot
    }

    fn subscription(kind: &str, function: u8, path: &str, authorizer: u8) -> Subscription {
        decode(&format!(
            r#"{{"type":"{kind}","eventType":"e","functionId":"f{function}","path":"{path}","method":"POST","authorizerId":"f{authorizer}"}}"#
        ))
    }

    fn create(
        snapshot: &mut Snapshot,
        subscription: Subscription,
    ) -> Result<SubscriptionId, ConfigurationError> {
        let id = subscription.subscription_id.clone();
        snapshot.create(subscription, 0, &RULES()).map(|_| id)
    }

    #[test]
    fn an_event_has_so_many_authorizers_and_no_more() {
        let mut space = space();
        let first = create(&mut space, subscription("async", 0, "/a", 0)).unwrap();
        create(&mut space, subscription("async", 1, "/a", 1)).unwrap();
        // One that is asked anyway, one that is asked of other events, and that of a caller.
        create(&mut space, subscription("async", 2, "/a", 1)).unwrap();
        create(&mut space, subscription("async", 3, "/b", 3)).unwrap();
        create(&mut space, subscription("sync", 4, "/a", 4)).unwrap();
        let refused = create(&mut space, subscription("async", 5, "/a", 5)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "Subscription on path \"/a\" is refused: the async subscriptions to this event type with this method and path \
             have 2 authorizers of their own, which are the most there may be. Use one of these, or the authorizer of the \
             event type."
        );
        // One takes the place of another.
        space.update(subscription("async", 0, "/a", 6), &RULES()).unwrap();
        assert!(space.update(subscription("async", 2, "/a", 7), &RULES()).is_err());
        space.delete::<Subscription>(&first, &RULES()).unwrap();
        create(&mut space, subscription("async", 5, "/a", 5)).unwrap();
    }

    #[test]
    fn names_of_parameters_make_no_other_path() {
        let mut space = space();
        create(&mut space, subscription("async", 0, "/:a", 0)).unwrap();
        create(&mut space, subscription("async", 1, "/:b", 1)).unwrap();
        assert!(create(&mut space, subscription("async", 2, "/:c", 2)).is_err());
    }
}

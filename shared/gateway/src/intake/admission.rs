//! Whether a request may reach a space that wants a key, or whose tenant is suspended.

use clocks::epoch_millis;
use domain::ids::Space;
use domain::routing::{KeyRefusal, RoutingTable, Sending};
use http::HeaderValue;
use http::request::Parts;

use super::Arrived;
use super::credentials::without_key;
use crate::error::GatewayError;

/// How a client proves who it is. No realm: the client knows where it sends to.
const WANTED: HeaderValue = HeaderValue::from_static("Bearer realm=\"event-gateway\"");
/// The same to one that sends what is no key of the space.
const UNKNOWN: HeaderValue =
    HeaderValue::from_static("Bearer realm=\"event-gateway\", error=\"invalid_token\"");
/// To one whose key does not allow it.
const BEYOND: HeaderValue = HeaderValue::from_static(
    "Bearer realm=\"event-gateway\", error=\"insufficient_scope\", scope=\"events:emit\"",
);

impl Arrived<'_> {
    /// Refuses a request that the space which owns its path does not take, whatever else there is on it.
    pub(crate) fn admitted_to_path(&self) -> Result<(), GatewayError> {
        match self.table.guarding(&self.path.path) {
            Some(space) => self.admitted(space, None),
            None => Ok(()),
        }
    }

    /// Refuses an event of a type, if that is known, that a space does not take.
    pub(crate) fn admitted(&self, space: &Space, event_type: Option<&str>) -> Result<(), GatewayError> {
        let sending = Sending {
            key: self.key,
            event_type,
            path: &self.path.path,
            now: epoch_millis(),
        };
        self.table
            .admits(space, &sending)
            .map_err(|refusal| match refusal {
                KeyRefusal::Missing => GatewayError::Unauthorized {
                    challenge: Some(WANTED),
                },
                KeyRefusal::Unknown => GatewayError::Unauthorized {
                    challenge: Some(UNKNOWN),
                },
                KeyRefusal::Suspended => GatewayError::Suspended,
                KeyRefusal::Beyond => GatewayError::Forbidden {
                    challenge: Some(BEYOND),
                },
            })
    }
}

/// Whether whoever sends a request to a path may send there at all, as its head tells.
pub(crate) fn may_send(table: &RoutingTable, parts: &Parts, path: &str) -> bool {
    let Some(space) = table.guarding(path) else {
        return true;
    };
    let without = without_key(parts);
    let sending = Sending {
        key: without.as_ref().map(|without| &without.key),
        event_type: None,
        path,
        now: epoch_millis(),
    };
    table.admits(space, &sending).is_ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::api_key::{SecretDigest, key_text};
    use domain::configuration::{Change, Configured, Stored};
    use domain::resource::{ApiKey, Resource as _, SpaceSettings};
    use domain::routing::PathOwnership;

    use super::*;

    const SECRET: &str = "0123456789abcdefghijABCDEFGHIJ";

    fn add<R: Configured>(table: &mut RoutingTable, resource: R) {
        let resource = Arc::new(resource);
        let after = Some(Stored { resource, created: 0 });
        table.apply(&Change { before: None, after });
    }

    fn parts(key: Option<&str>) -> Parts {
        let request = http::Request::builder().uri("/");
        let request = key
            .into_iter()
            .fold(request, |request, key| request.header("x-api-key", key));
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_who_has_a_key_takes_of_what_is_the_spaces() {
        let mut table = RoutingTable::new(PathOwnership::BySpace);
        let (space, id) = (Space::from("shop"), "abcDEF0123".into());
        let key = ApiKey::decode(&space, Some(&id), br#"{"name":"k","role":"emitter"}"#).unwrap();
        add(&mut table, key.with_secret(SecretDigest::of(SECRET), 0));
        add(
            &mut table,
            SpaceSettings::decode(&space, None, br#"{"emit":"key"}"#).unwrap(),
        );
        let key = key_text(&id, SECRET);
        for (key, path, want) in [
            (None, "/shop/a", false),
            (Some("egk_live_x"), "/shop/a", false),
            (Some(&*key), "/shop/a", true),
            (None, "/other/a", true),
        ] {
            assert_eq!(may_send(&table, &parts(key), path), want, "{key:?} {path}");
        }
    }
}

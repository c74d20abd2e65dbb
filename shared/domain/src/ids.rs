//! Names and identifiers as types, and how subscription and CORS ids are derived (docs/contract.md §1.9).

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

macro_rules! text_newtype {
    ($(#[doc = $doc:literal])* $name:ident) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_newtype! {
    /// Name of a space: the namespace that resources live in. Any text can name a space in a lookup; only what
    /// [`crate::validation`] accepts can be written.
    Space
}
text_newtype! {
    /// Name of an event type, such as `user.created` or `http.request`.
    EventTypeName
}
text_newtype! {
    /// Identifier of a function within its space.
    FunctionId
}
text_newtype! {
    /// Identifier of a subscription within its space; opaque to readers, derived on creation.
    SubscriptionId
}
text_newtype! {
    /// Identifier of a CORS configuration within its space: method and escaped path.
    CorsId
}

text_newtype! {
    /// Identifier of an API key within its space: part of the key itself, and no secret.
    KeyId
}

text_newtype! {
    /// Identifier of a tenant: whoever spaces belong to.
    TenantId
}

text_newtype! {
    /// Identifier of a delivery: one event for one subscription, over all attempts.
    DeliveryId
}

impl Space {
    /// The space meant by an empty name (docs/contract.md §1.1).
    pub fn or_default(text: &str) -> Self {
        if text.is_empty() {
            Self::from("default")
        } else {
            Self::from(text)
        }
    }

    /// Of what is a tenant's [`place`](TenantId::place): the tenant.
    pub fn tenant(&self) -> Option<TenantId> {
        self.0.strip_prefix(PLACE_PREFIX).map(TenantId::from)
    }
}

/// What the places of tenants are called by. No space that can be written to has a colon in its name.
const PLACE_PREFIX: &str = "tenant:";

impl TenantId {
    /// Where all that belongs to the tenant itself is kept, and to no space of it: the tenant, its keys, and the records of
    /// their changes. Stores keep it as they keep a space, of a name that none can have.
    pub fn place(&self) -> Space {
        Space::from(format!("{PLACE_PREFIX}{self}"))
    }

    /// Whether a space is one that the tenant may make by itself: of its own name, or one that begins with it and a hyphen.
    /// No tenant has a hyphen in its name, so that the spaces of two never have the same.
    pub fn names(&self, space: &Space) -> bool {
        let rest = space.as_str().strip_prefix(self.as_str());
        rest.is_some_and(|rest| rest.is_empty() || (rest.starts_with('-') && rest.len() > 1))
    }
}

/// Bytes of the hash by which ids tell filters apart.
const FILTER_HASH_BYTES: usize = 12;

/// Everything but `A-Z a-z 0-9 - _ . ~ $ & + = : @`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// Percent-encodes a path as it stands in ids.
pub fn escape_path(path: &str) -> String {
    utf8_percent_encode(path, ESCAPED).to_string()
}

impl SubscriptionId {
    /// Id of a sync subscription: one function a slot, so the function is not part of it.
    pub fn of_sync(event_type: &EventTypeName, path: &str, method: &str) -> Self {
        Self::encode(&format!("sync,{event_type},{},{method}", escape_path(path)))
    }

    /// Id of an async subscription.
    pub fn of_async(event_type: &EventTypeName, function: &FunctionId, path: &str, method: &str) -> Self {
        Self::encode(&format!(
            "async,{event_type},{function},{},{method}",
            escape_path(path)
        ))
    }

    /// The id of a subscription with filters, which others without them, or with others, have instead of this.
    #[must_use]
    pub fn with_filters(self, filters: &str) -> Self {
        let hash = Sha256::digest(filters);
        Self::from(format!(
            "{self}.{}",
            URL_SAFE_NO_PAD.encode(&hash[..FILTER_HASH_BYTES])
        ))
    }

    fn encode(text: &str) -> Self {
        Self::from(URL_SAFE_NO_PAD.encode(text))
    }
}

impl CorsId {
    /// Id of the CORS configuration of a method and path.
    pub fn of(method: &str, path: &str) -> Self {
        Self::from(format!("{method}{}", escape_path(path)))
    }

    /// The id meant by the rest of a request path after `/cors/`, in any percent-encoding (Q28). A text
    /// without a `/` after decoding cannot be an id and is kept as given, for the error message.
    pub fn from_request_path(rest: &str) -> Self {
        let decoded = percent_decode_str(rest).decode_utf8_lossy();
        match decoded.find('/') {
            Some(slash) => Self::of(&decoded[..slash], &decoded[slash..]),
            None => Self::from(rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscription_ids_equal_the_contract_vectors() {
        let sync = |event: &str, path, method| SubscriptionId::of_sync(&event.into(), path, method);
        let asynchronous = |event: &str, function: &str, path, method| {
            SubscriptionId::of_async(&event.into(), &function.into(), path, method)
        };
        for (id, want) in [
            (
                asynchronous("user.created", "func", "/", "GET"),
                "YXN5bmMsdXNlci5jcmVhdGVkLGZ1bmMsJTJGLEdFVA",
            ),
            (
                sync("http.request", "/", "POST"),
                "c3luYyxodHRwLnJlcXVlc3QsJTJGLFBPU1Q",
            ),
            (
                asynchronous("test.event", "test", "/", "POST"),
                "YXN5bmMsdGVzdC5ldmVudCx0ZXN0LCUyRixQT1NU",
            ),
            (
                sync("http.request", "/users/:id", "GET"),
                "c3luYyxodHRwLnJlcXVlc3QsJTJGdXNlcnMlMkY6aWQsR0VU",
            ),
            (
                sync("http.request", "/w/*all", "GET"),
                "c3luYyxodHRwLnJlcXVlc3QsJTJGdyUyRiUyQWFsbCxHRVQ",
            ),
            (
                sync("http.request", "/sp ace/é;,:@&=+$~!*()'", "GET"),
                "c3luYyxodHRwLnJlcXVlc3QsJTJGc3AlMjBhY2UlMkYlQzMlQTklM0IlMkM6QCY9KyR-JTIxJTJBJTI4JTI5JTI3LEdFVA",
            ),
        ] {
            assert_eq!(id.as_str(), want);
        }
    }

    #[test]
    fn cors_ids_equal_the_contract_vectors() {
        for (path, want) in [
            ("/hello", "GET%2Fhello"),
            ("/", "GET%2F"),
            ("/users/:id", "GET%2Fusers%2F:id"),
            ("/a b/c~;@", "GET%2Fa%20b%2Fc~%3B@"),
        ] {
            assert_eq!(CorsId::of("GET", path).as_str(), want);
        }
    }

    #[test]
    fn places_and_spaces_of_tenants_are_told_by_their_names() {
        let tenant = TenantId::from("acme");
        assert_eq!(tenant.place().as_str(), "tenant:acme");
        assert_eq!(tenant.place().tenant(), Some(tenant.clone()));
        assert_eq!(Space::from("acme").tenant(), None);
        for (space, want) in [
            ("acme", true),
            ("acme-shop", true),
            ("acme-shop-eu", true),
            ("acme-", false),
            ("acmeshop", false),
            ("acme2-shop", false),
            ("other", false),
        ] {
            assert_eq!(tenant.names(&space.into()), want, "{space}");
        }
    }

    #[test]
    fn cors_ids_are_read_in_any_encoding() {
        for given in ["GET%2fhello", "GET/hello", "GET%2Fhello", "G%45T%2F%68ello"] {
            assert_eq!(
                CorsId::from_request_path(given).as_str(),
                "GET%2Fhello",
                "{given}"
            );
        }
        assert_eq!(
            CorsId::from_request_path("GET%2Fusers%2F%3Aid").as_str(),
            "GET%2Fusers%2F:id"
        );
        assert_eq!(CorsId::from_request_path("nothing").as_str(), "nothing");
    }
}

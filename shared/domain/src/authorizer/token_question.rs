//! What an authorizer needs that only looks at the bearer token of a request: a small part of what others are asked.

use std::fmt;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};

/// The question to an authorizer that only looks at the token. Its JSON is a part of that of
/// [`AuthorizerRequest`](super::AuthorizerRequest), so that whoever reads the one can read the other.
#[derive(Clone, Serialize, Deserialize)]
pub struct TokenQuestion {
    request: TokenRequest,
    /// When the event came in, in milliseconds since the Unix epoch, where that is not now: a token that was good then
    /// stays good for that event.
    #[serde(default, rename = "acceptedAt", skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<u64>,
}

#[derive(Clone, Serialize, Deserialize)]
struct TokenRequest {
    headers: TokenHeaders,
}

#[derive(Clone, Serialize, Deserialize)]
struct TokenHeaders {
    #[serde(rename = "Authorization", default, skip_serializing_if = "Option::is_none")]
    authorization: Option<String>,
}

impl fmt::Debug for TokenQuestion {
    /// Without what the sender proves itself with.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenQuestion")
            .field("accepted_at", &self.accepted_at)
            .finish_non_exhaustive()
    }
}

impl TokenQuestion {
    /// About a request with these headers, which comes in now.
    pub fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(AUTHORIZATION).iter();
        let values: Vec<_> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        Self {
            request: TokenRequest {
                headers: TokenHeaders {
                    authorization: (!values.is_empty()).then(|| values.join(", ")),
                },
            },
            accepted_at: None,
        }
    }

    /// About a request in the form of authorizers, which came in before. What cannot be read has no token.
    pub fn of_request(request: &str, accepted_at: u64) -> Self {
        let request = serde_json::from_str(request).unwrap_or(TokenRequest {
            headers: TokenHeaders { authorization: None },
        });
        Self {
            request,
            accepted_at: Some(accepted_at),
        }
    }

    /// The header `Authorization`, repeated ones joined with `, `.
    pub fn authorization(&self) -> Option<&str> {
        self.request.headers.authorization.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::event::HttpRequest;
    use crate::json::Json;

    #[test]
    fn both_forms_of_a_request_say_the_same() {
        for (values, want) in [
            (&[][..], None),
            (&["Bearer x"], Some("Bearer x")),
            (&["Bearer x", "Basic y"], Some("Bearer x, Basic y")),
        ] {
            let mut request = Request::builder().uri("/a");
            for value in values {
                request = request.header("authorization", *value);
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            let now = TokenQuestion::of(&parts.headers);
            assert_eq!((now.authorization(), now.accepted_at), (want, None));

            let seen = HttpRequest::new(&parts, b"{}", &[]);
            let seen = Json::from_value(&seen);
            let later = TokenQuestion::of_request(seen.get(), 7);
            assert_eq!((later.authorization(), later.accepted_at), (want, Some(7)));

            let full = serde_json::json!({"event": {}, "request": seen}).to_string();
            let read: TokenQuestion = serde_json::from_str(&full).unwrap();
            assert_eq!((read.authorization(), read.accepted_at), (want, None));
        }
        assert_eq!(TokenQuestion::of_request("[]", 1).authorization(), None);
    }
}

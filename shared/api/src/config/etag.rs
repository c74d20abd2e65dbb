//! Entity tags of resources (RFC 9110, sections 8.8.3 and 13.1.1): what `If-Match` compares, so that who has read a
//! resource changes nothing but that.
//!
//! A tag is a hash of what the API shows of the resource. So it needs no place in the store, is the same in every process,
//! and tells no more than the answer that it comes with: masked secrets are not in it.

use axum::response::Response;
use domain::configuration::ConfigurationError;
use domain::resource::Resource;
use http::header::{ETAG, HeaderValue, IF_MATCH};
use http::request::Parts;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::secrets::SecretRules;
use crate::error::json_bytes;

/// Bytes of the hash that a tag has: enough that no two are ever the same by chance.
const BYTES: usize = 16;

/// The tag of a resource as it is shown.
fn of<T: Serialize>(shown: &T) -> String {
    format!("\"{}\"", digest(&json_bytes(shown)))
}

/// What the tag of an answer is made of.
pub(super) fn digest(answer: &[u8]) -> String {
    let mut digits = hex::encode(Sha256::digest(answer));
    digits.truncate(2 * BYTES);
    digits
}

/// Adds the tag of the resource that an answer shows.
pub(super) fn with_etag<T: Serialize>(mut response: Response, shown: &T) -> Response {
    if let Ok(tag) = HeaderValue::try_from(of(shown)) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// What a request wants a resource to be before it is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Precondition {
    /// The request does not say.
    None,
    /// It is there.
    Any,
    /// It has one of these tags. Weak ones and what is no tag are among them, and are those of nothing.
    OneOf(Vec<String>),
}

impl Precondition {
    /// What `If-Match` of a request says.
    pub(super) fn of(parts: &Parts) -> Self {
        let mut lines = parts.headers.get_all(IF_MATCH).iter().peekable();
        if lines.peek().is_none() {
            return Self::None;
        }
        let tags: Vec<String> = lines
            .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
            .map(|tag| String::from_utf8_lossy(tag.trim_ascii()).into_owned())
            .collect();
        if tags == ["*"] {
            Self::Any
        } else {
            Self::OneOf(tags)
        }
    }

    /// Whether the request says anything.
    pub(super) fn is_given(&self) -> bool {
        *self != Self::None
    }

    /// Whether it holds for what has a digest.
    pub(super) fn holds_for(&self, digest: &str) -> bool {
        match self {
            Self::None | Self::Any => true,
            Self::OneOf(tags) => tags.iter().any(|tag| *tag == format!("\"{digest}\"")),
        }
    }

    /// Refuses a change of a resource that is not what the request wants.
    pub(super) fn check<R: Resource>(
        &self,
        stored: &R,
        secrets: &SecretRules,
    ) -> Result<(), ConfigurationError> {
        match self {
            Self::None | Self::Any => Ok(()),
            Self::OneOf(tags) if tags.contains(&of(&secrets.shown(stored))) => Ok(()),
            Self::OneOf(_) => Err(ConfigurationError::PreconditionFailed {
                kind: R::KIND,
                id: stored.id().to_string(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::resource::Function;

    use super::*;

    fn function(token: &str) -> Function {
        let body = format!(
            r#"{{"functionId":"f","type":"http","provider":{{"url":"http://h","headers":{{"X-Key":"{token}"}}}}}}"#
        );
        Function::decode(&"default".into(), None, body.as_bytes()).unwrap()
    }

    fn precondition(lines: &[&str]) -> Precondition {
        let request = lines.iter().fold(http::Request::builder(), |request, line| {
            request.header(IF_MATCH, *line)
        });
        Precondition::of(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn what_if_match_says() {
        let secrets = SecretRules::default();
        let (stored, other) = (function("one"), function("two"));
        let (tag, elsewhere) = (of(&stored), of(&other));
        let both = format!("{elsewhere} , {tag}");
        let weak = format!("W/{tag}");
        let bare = tag.trim_matches('"');
        for (lines, holds) in [
            (&[][..], true),
            (&["*"], true),
            (&[tag.as_str()], true),
            (&[both.as_str()], true),
            (&[elsewhere.as_str(), tag.as_str()], true),
            (&[elsewhere.as_str()], false),
            (&[weak.as_str()], false),
            (&[bare], false),
            (&[""], false),
            (&["*, \"a\""], false),
        ] {
            let checked = precondition(lines).check(&stored, &secrets);
            assert_eq!(checked.is_ok(), holds, "{lines:?}");
        }
        assert!(precondition(&["x"]).is_given() && !precondition(&[]).is_given());
    }

    /// Nobody can try secrets out on a tag that they are masked in.
    #[test]
    fn masked_secrets_are_not_in_a_tag() {
        let masking = SecretRules {
            mask: true,
            ..SecretRules::default()
        };
        let tag = |token| of(&masking.shown(&function(token)));
        assert_eq!(tag("one"), tag("two"));
        let plain = |token| of(&SecretRules::default().shown(&function(token)));
        assert_ne!(plain("one"), plain("two"));
    }
}

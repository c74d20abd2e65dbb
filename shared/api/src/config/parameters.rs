//! What requests that are about no resource say in their query and their body.

use std::num::IntErrorKind;

use domain::event::{EventError, query_pairs};
use domain::explain::AskError;
use domain::json::{JsonError, Object};
use domain::resource::MetadataFilter;
use domain::validation::has_valid_escapes;
use http::request::Parts;

/// Items of an answer unless the request says otherwise.
const DEFAULT_LIMIT: usize = 100;

/// Most items of an answer, and most dead letters that are queued again at a time.
pub(super) const MAX_LIMIT: usize = 1000;

/// What is wrong with a request that is about no resource.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidRequest {
    /// The query cannot be decoded.
    #[error("query is malformed")]
    Query,
    /// A query parameter has no meaning here.
    #[error("query parameter {name:?} is not known")]
    UnknownParameter {
        /// Its name.
        name: String,
    },
    /// A member of the body has no meaning here.
    #[error("member {name:?} is not known")]
    UnknownMember {
        /// Its name.
        name: String,
    },
    /// The same is said twice, in the query, the body or both.
    #[error("\"{name}\" is given twice")]
    Repeated {
        /// Name of the query parameter and the member.
        name: &'static str,
    },
    /// A text that has to say something does not.
    #[error("\"{name}\" must not be empty")]
    Empty {
        /// Name of the query parameter or the member.
        name: &'static str,
    },
    /// The limit is no number of items.
    #[error("\"limit\" must be a whole number, at least 1")]
    Limit,
    /// The version that records are to be before is none.
    #[error("\"before\" must be a whole number, at least 1")]
    Before,
    /// A parameter for yes or no has another value.
    #[error("\"{name}\" must be true or false")]
    Flag {
        /// Name of the query parameter.
        name: &'static str,
    },
    /// A time of a period is none.
    #[error("\"{name}\" must be a time in RFC 3339, or a date such as 2026-11-30")]
    Time {
        /// Name of the query parameter.
        name: &'static str,
    },
    /// A period ends before it begins.
    #[error("\"from\" must be before \"to\"")]
    Backwards,
    /// A period is longer than an answer may tell of.
    #[error("\"from\" and \"to\" must not be more than {days} days apart")]
    TooLong {
        /// How many they may be.
        days: u64,
    },
    /// The granularity is none.
    #[error("\"granularity\" must be hour or day")]
    Granularity,
    /// A report of keys that were found in public is none.
    #[error("request body must be a list of objects with a \"token\" each")]
    Finds,
    /// It has too many.
    #[error("a report must not have more than {limit} tokens")]
    TooManyFinds {
        /// How many it may have.
        limit: usize,
    },
    /// The body is not JSON of the right shape.
    #[error("request body cannot be read: {0}")]
    Body(#[from] JsonError),
    /// The event in the body is none.
    #[error(transparent)]
    Event(#[from] EventError),
    /// What authorizers are to be asked about cannot be read.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// Authorizers are to be asked about an event of which only the type is known.
    #[error("\"event\" is needed to ask authorizers about it")]
    EventNeeded,
    /// Authorizers are to be asked about a request that there cannot be.
    #[error("\"method\" or \"path\" is none that a request can have")]
    NoRequest,
    /// Two members say what one of them has to.
    #[error("\"{0}\" and \"{1}\" exclude each other")]
    Exclusive(&'static str, &'static str),
    /// `all` has another value than `true`.
    #[error("\"all\" must be \"true\"")]
    All,
    /// It is not said what is to be cancelled, or it is said in two ways.
    #[error(
        "give one of \"subscriptionId\", \"functionId\" and \"eventId\" or more, or \"all=true\" instead of them"
    )]
    AllOrSome,
    /// It is not said which dead letters are meant, or it is said in two ways.
    #[error(
        "give one of \"deliveryId\" and \"subscriptionId\", or \"all\": true (\"all=true\" in the query) instead of them"
    )]
    AllOrOne,
    /// A sync subscription cannot be paused: somebody waits for its answer.
    #[error("only async subscriptions can be paused")]
    PauseOfSync,
    /// A secret of a key is to be taken for too long, or for a time that is none.
    #[error("\"overlapSeconds\" must be a whole number from 0 to {limit}")]
    Overlap {
        /// The limit, in seconds.
        limit: u64,
    },
    /// The reason of a pause is too long.
    #[error("\"reason\" must not be longer than {limit} bytes")]
    ReasonTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
}

/// The query of a request.
#[derive(Debug)]
pub(super) struct Query(Vec<(&'static str, String)>);

impl Query {
    /// Reads the query of a request that knows these parameters; the first value of a repeated name counts. Unlike in
    /// lists of resources others are refused: with a misspelt filter ignored, a request would delete too much.
    pub(super) fn of(parts: &Parts, known: &[&'static str]) -> Result<Self, InvalidRequest> {
        Self::read(parts, known, false)
    }

    /// The same where others mean nothing and are ignored.
    pub(super) fn among(parts: &Parts, known: &[&'static str]) -> Result<Self, InvalidRequest> {
        Self::read(parts, known, true)
    }

    fn read(parts: &Parts, known: &[&'static str], ignores_others: bool) -> Result<Self, InvalidRequest> {
        let query = parts.uri.query().unwrap_or_default();
        if !has_valid_escapes(query) {
            return Err(InvalidRequest::Query);
        }
        let mut parameters = Vec::new();
        for (given, value) in query_pairs(query) {
            let Some(&name) = known.iter().find(|name| **name == given) else {
                if ignores_others {
                    continue;
                }
                return Err(InvalidRequest::UnknownParameter { name: given });
            };
            if value.is_empty() {
                return Err(InvalidRequest::Empty { name });
            }
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }

    /// The value of a parameter, if it is given.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find_map(|(given, value)| (*given == name).then_some(value.as_str()))
    }

    /// The names of what is given, repeated ones as well.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|(name, _)| *name).collect()
    }

    /// Whether something is asked for; `default` unless the request says.
    pub(super) fn flag(&self, name: &'static str, default: bool) -> Result<bool, InvalidRequest> {
        match self.get(name) {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => Err(InvalidRequest::Flag { name }),
        }
    }

    /// How many items are wanted, from 1 to [`MAX_LIMIT`].
    pub(super) fn limit(&self) -> Result<usize, InvalidRequest> {
        Ok(self.given_limit()?.unwrap_or(DEFAULT_LIMIT))
    }

    /// The same, if the request says.
    pub(super) fn given_limit(&self) -> Result<Option<usize>, InvalidRequest> {
        let Some(text) = self.get("limit") else {
            return Ok(None);
        };
        match text.parse::<usize>() {
            Ok(0) => Err(InvalidRequest::Limit),
            Ok(limit) => Ok(Some(limit.min(MAX_LIMIT))),
            Err(err) if *err.kind() == IntErrorKind::PosOverflow => Ok(Some(MAX_LIMIT)),
            Err(_) => Err(InvalidRequest::Limit),
        }
    }
}

/// Reads a body that may be left out: then nothing is in it.
pub(super) fn object_or_nothing(body: &[u8]) -> Result<Object<'_>, InvalidRequest> {
    match Object::from_first_value(body) {
        Err(JsonError::Empty) => Ok(Object::default()),
        read => Ok(read?),
    }
}

/// A member that is a text of at least one character, if it is given.
pub(super) fn text(object: &Object<'_>, name: &'static str) -> Result<Option<String>, InvalidRequest> {
    match object.string(name)? {
        Some(text) if text.is_empty() => Err(InvalidRequest::Empty { name }),
        given => Ok(given.map(Into::into)),
    }
}

/// A member of the body of a resource that is not of the resource itself: where it is to be.
pub(super) fn given_text(body: &[u8], name: &'static str) -> Result<Option<String>, InvalidRequest> {
    let object = Object::from_first_value(body)?;
    Ok(object.string(name)?.map(Into::into))
}

/// Which resources a client wants to have listed.
pub(super) fn filter(parts: &Parts) -> MetadataFilter {
    let pairs: Vec<_> = query_pairs(parts.uri.query().unwrap_or_default()).collect();
    MetadataFilter::from_query(pairs.iter().map(|(name, value)| (&**name, &**value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(query: &str) -> Result<Query, String> {
        let request = http::Request::get(format!("http://localhost/?{query}"));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Query::of(&parts, &["limit", "subscriptionId"]).map_err(|err| err.to_string())
    }

    #[test]
    fn known_parameters_are_decoded() {
        let read = query("subscriptionId=a%2Bb&subscriptionId=c&&").unwrap();
        assert_eq!(read.get("subscriptionId"), Some("a+b"));
        assert_eq!(read.get("limit"), None);
        assert_eq!(read.limit().unwrap(), 100);
    }

    #[test]
    fn nothing_that_is_not_understood_is_ignored() {
        for (text, want) in [
            ("subscriptionId=%zz", "query is malformed"),
            ("subscriptionId", "\"subscriptionId\" must not be empty"),
            ("limit=1&subscriptionId=", "\"subscriptionId\" must not be empty"),
            (
                "subscriptionid=a",
                "query parameter \"subscriptionid\" is not known",
            ),
            ("=a", "query parameter \"\" is not known"),
        ] {
            assert_eq!(query(text).map(|_| ()), Err(want.to_owned()), "{text}");
        }
    }

    #[test]
    fn limits() {
        for (text, want) in [
            ("1", Some(1)),
            ("007", Some(7)),
            ("1000", Some(1000)),
            ("1001", Some(1000)),
            ("99999999999999999999999", Some(1000)),
            ("0", None),
            ("-1", None),
            ("1.5", None),
            ("1e3", None),
            ("ten", None),
            ("%20", None),
        ] {
            let limit = query(&format!("limit={text}")).unwrap().limit();
            assert_eq!(limit.ok(), want, "{text}");
        }
    }

    #[test]
    fn bodies_may_be_left_out() {
        for body in ["", " \n", "null", "{}"] {
            assert_eq!(object_or_nothing(body.as_bytes()).unwrap().members().count(), 0);
        }
        for body in ["[]", "{", "\"text\"", "nothing"] {
            assert!(object_or_nothing(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn reading_is_linear() {
        let queries: [(&str, &dyn Fn(usize) -> String); 4] = [
            ("repeated", &|n| "limit=1&".repeat(n)),
            ("empty", &|n| "&".repeat(n)),
            ("a long value", &|n| format!("subscriptionId={}", "%41".repeat(n))),
            ("a long name", &|n| "a".repeat(n)),
        ];
        for (name, text) in queries {
            scaling::assert_linear(name, 400, text, |text| {
                query(text).map(|query| (query.limit().is_ok(), query.get("subscriptionId").is_some()))
            });
        }
    }
}

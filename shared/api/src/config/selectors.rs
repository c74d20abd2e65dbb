//! Which dead letters or deliveries a request is about. It can say so in its query or in its body, and nothing of what it
//! says is ignored: a selector that was misspelt, or left out, would delete or repeat all that a space has.

use domain::json::Object;
use http::request::Parts;

use super::parameters::{self, InvalidRequest, Query};

/// What a request selects by.
#[derive(Debug, Default)]
pub(super) struct Selectors {
    texts: Vec<(&'static str, String)>,
    limit: Option<usize>,
    is_all: bool,
}

/// Selectors that a request may have besides `all`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// Those that are texts.
    pub(super) texts: &'static [&'static str],
    /// Whether it may have a `limit`.
    pub(super) limit: bool,
}

impl Selectors {
    /// Reads them where they are. One that is given twice is refused, since one of both would be ignored.
    pub(super) fn read(parts: &Parts, body: &[u8], known: Known) -> Result<Self, InvalidRequest> {
        let names: Vec<_> = known
            .texts
            .iter()
            .copied()
            .chain(known.limit.then_some("limit"))
            .chain(["all"])
            .collect();
        let query = Query::of(parts, &names)?;
        let body = parameters::object_or_nothing(body)?;
        check_members(&body, &query, &names)?;
        let mut texts = Vec::new();
        for &name in known.texts {
            let in_body = parameters::text(&body, name)?;
            if let Some(text) = query.get(name).map(str::to_owned).or(in_body) {
                texts.push((name, text));
            }
        }
        let limit = match query.given_limit()? {
            None if known.limit => limit_of(&body)?,
            given => given,
        };
        Ok(Self {
            texts,
            limit,
            is_all: is_all(&query, &body)?,
        })
    }

    /// The value of a selector, if it is given.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.texts
            .iter()
            .find_map(|(given, value)| (*given == name).then_some(value.as_str()))
    }

    /// How many are wanted at most, if the request says.
    pub(super) fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// Whether it says what is selected, in one way: some, or all.
    pub(super) fn is_decided(&self) -> bool {
        self.is_all == self.texts.is_empty()
    }
}

/// Refuses members that mean nothing here, and those that say again what has been said.
fn check_members(body: &Object<'_>, query: &Query, names: &[&'static str]) -> Result<(), InvalidRequest> {
    let mut given = query.names();
    for (member, _) in body.members() {
        let name = names.iter().find(|name| name.eq_ignore_ascii_case(member));
        given.push(name.ok_or_else(|| InvalidRequest::UnknownMember {
            name: member.to_owned(),
        })?);
    }
    given.sort_unstable();
    match given.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(InvalidRequest::Repeated { name: pair[0] }),
        None => Ok(()),
    }
}

fn limit_of(body: &Object<'_>) -> Result<Option<usize>, InvalidRequest> {
    match body.integer("limit")?.map(usize::try_from) {
        None => Ok(None),
        Some(Ok(limit)) if limit > 0 => Ok(Some(limit)),
        Some(_) => Err(InvalidRequest::Limit),
    }
}

fn is_all(query: &Query, body: &Object<'_>) -> Result<bool, InvalidRequest> {
    match (query.get("all"), body.boolean("all")?) {
        (None, None) => Ok(false),
        (Some("true"), _) | (None, Some(true)) => Ok(true),
        (Some(_), _) | (None, Some(false)) => Err(InvalidRequest::All),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str, body: &str) -> Result<Selectors, String> {
        let request = http::Request::get(format!("http://localhost/?{query}"));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let known = Known {
            texts: &["subscriptionId", "eventId"],
            limit: true,
        };
        Selectors::read(&parts, body.as_bytes(), known).map_err(|err| err.to_string())
    }

    #[test]
    fn selectors_are_read_from_query_and_body() {
        for (query, body, subscription, limit, is_decided) in [
            ("subscriptionId=a", "", Some("a"), None, true),
            (
                "",
                r#"{"SubscriptionID":"a","limit":5}"#,
                Some("a"),
                Some(5),
                true,
            ),
            ("limit=7", r#"{"subscriptionId":"a"}"#, Some("a"), Some(7), true),
            ("all=true", "", None, None, true),
            ("", r#"{"all":true}"#, None, None, true),
            ("", "", None, None, false),
            ("", "{}", None, None, false),
            ("", "null", None, None, false),
            ("limit=1", "", None, Some(1), false),
            ("", r#"{"subscriptionId":null}"#, None, None, false),
            ("all=true", r#"{"subscriptionId":"a"}"#, Some("a"), None, false),
        ] {
            let read = read(query, body).unwrap();
            assert_eq!(
                (read.get("subscriptionId"), read.limit(), read.is_decided()),
                (subscription, limit, is_decided),
                "{query} {body}"
            );
        }
    }

    #[test]
    fn nothing_that_is_not_understood_is_ignored() {
        for (query, body, want) in [
            (
                "subscription=a",
                "",
                "query parameter \"subscription\" is not known",
            ),
            (
                "",
                r#"{"subscription":"a"}"#,
                "member \"subscription\" is not known",
            ),
            ("", r#"{"all":true,"x\ny":1}"#, "member \"x\\ny\" is not known"),
            ("eventId=a", r#"{"eventId":"a"}"#, "\"eventId\" is given twice"),
            ("eventId=a&eventId=b", "", "\"eventId\" is given twice"),
            ("", r#"{"limit":1,"LIMIT":2}"#, "\"limit\" is given twice"),
            ("all=yes", "", "\"all\" must be \"true\""),
            ("", r#"{"all":false}"#, "\"all\" must be \"true\""),
            ("limit=0", "", "at least 1"),
            ("", r#"{"limit":-3}"#, "at least 1"),
            ("", r#"{"limit":1.5}"#, "type int"),
            ("", r#"{"limit":"9"}"#, "cannot unmarshal string"),
            ("", r#"{"all":"true"}"#, "cannot unmarshal string"),
            ("", r#"{"eventId":""}"#, "\"eventId\" must not be empty"),
            ("", r#"{"eventId":7}"#, "cannot unmarshal number"),
            ("", "[]", "cannot unmarshal array"),
            ("", r#"{"limit":"#, "unexpected EOF"),
        ] {
            let text = read(query, body).unwrap_err();
            assert!(text.contains(want), "{query} {body}: {text}");
        }
    }
}

//! Which gateway a command speaks to, as whom, and about which space: arguments and the environment go before the context.

use http::Uri;

use crate::contexts::Context;
use crate::failure::Failure;
use crate::key::Key;

const CONFIG_URL: &str = "http://127.0.0.1:4001";
const EVENTS_URL: &str = "http://127.0.0.1:4000";
const SPACE: &str = "default";

/// A gateway, a space of it, and the key that opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connection {
    /// URL of the Configuration API, without a slash at the end.
    pub(crate) config_url: String,
    /// URL of the Events API, without a slash at the end.
    pub(crate) events_url: String,
    pub(crate) space: String,
    pub(crate) key: Option<Key>,
}

impl Connection {
    /// What is said now, and where nothing is, what the context has.
    pub(crate) fn of(said: Context, context: Context) -> Result<Self, Failure> {
        let known = context.config_url.clone();
        let config_url = base_url(said.config_url.or(context.config_url), CONFIG_URL)?;
        // A key belongs to the gateway that it was given for.
        let is_known = base_url(known, CONFIG_URL)? == config_url;
        let kept = context.key.filter(|_| is_known);
        Ok(Self {
            config_url,
            events_url: base_url(said.events_url.or(context.events_url), EVENTS_URL)?,
            space: said.space.or(context.space).unwrap_or_else(|| SPACE.to_owned()),
            key: said.key.or(kept),
        })
    }
}

/// A URL that paths can be added to.
fn base_url(url: Option<String>, default: &str) -> Result<String, Failure> {
    let Some(url) = url else {
        return Ok(default.to_owned());
    };
    let with_scheme = if url.contains("://") {
        url
    } else {
        format!("http://{url}")
    };
    let parsed: Uri = with_scheme
        .parse()
        .map_err(|err| Failure::Usage(format!("no URL of a gateway: {err}")))?;
    let authority = parsed.authority().map_or("", |authority| authority.as_str());
    // Userinfo would be shown wherever the URL is.
    if !matches!(parsed.scheme_str(), Some("http" | "https"))
        || authority.contains('@')
        || parsed.query().is_some()
    {
        let message = "the URL of a gateway is http or https, a host, and a path at most";
        return Err(Failure::Usage(message.to_owned()));
    }
    Ok(with_scheme.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(config_url: Option<&str>, space: Option<&str>, key: Option<&str>) -> Context {
        Context {
            config_url: config_url.map(str::to_owned),
            events_url: None,
            space: space.map(str::to_owned),
            key: key.and_then(Key::of),
        }
    }

    #[test]
    fn defaults_are_those_of_a_gateway_on_this_machine() {
        let connection = Connection::of(Context::default(), Context::default()).unwrap();
        assert_eq!(connection.config_url, CONFIG_URL);
        assert_eq!(connection.events_url, EVENTS_URL);
        assert_eq!((connection.space.as_str(), connection.key), ("default", None));
    }

    #[test]
    fn what_is_said_goes_before_the_context() {
        let stored = context(Some("https://one.example/"), Some("shop"), Some("k"));
        let same = Connection::of(context(Some("https://one.example"), None, None), stored.clone()).unwrap();
        assert_eq!((same.space.as_str(), same.key), ("shop", Key::of("k")));
        let other = Connection::of(context(Some("two.example:4001"), Some("b"), None), stored).unwrap();
        assert_eq!(other.config_url, "http://two.example:4001");
        assert_eq!(other.space, "b");
    }

    #[test]
    fn a_key_is_not_sent_to_another_gateway() {
        let stored = context(Some("https://one.example"), None, Some("k"));
        let other = Connection::of(context(Some("https://two.example"), None, None), stored.clone()).unwrap();
        assert_eq!(other.key, None);
        let given = Connection::of(context(Some("https://two.example"), None, Some("own")), stored).unwrap();
        assert_eq!(given.key, Key::of("own"));
    }

    #[test]
    fn other_urls_are_refused() {
        for url in ["ftp://a", "http://u:p@a", "http://a/?x=1", "http://", "a b"] {
            let refused = Connection::of(context(Some(url), None, None), Context::default()).unwrap_err();
            assert_eq!(refused.exit_code(), 2, "{url}");
            assert!(!refused.to_string().contains("u:p"));
        }
    }
}

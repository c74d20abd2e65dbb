//! Where a request goes: the URL of a function, taken apart for the wire.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::HeaderValue;
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use percent_encoding::percent_decode_str;
use url::Url;

/// A URL without userinfo and fragment, and what its userinfo stood for.
#[derive(Clone)]
pub(super) struct Destination {
    /// Absolute, scheme http or https.
    pub(super) uri: Uri,
    /// Value of the `Host` header.
    pub(super) host: HeaderValue,
    /// Basic authentication, if the URL had userinfo.
    pub(super) authorization: Option<HeaderValue>,
    /// Whether scheme, host and port are those of the function's own URL, and no redirect led elsewhere in between.
    pub(super) is_own: bool,
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the URL: its query may be secret.
        let mut shown = f.debug_struct("Destination");
        shown.field("host", &self.host).finish_non_exhaustive()
    }
}

/// A URL that nothing can be sent to. The text names no part of it: userinfo and query may be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum UrlError {
    #[error("malformed URL")]
    Malformed,
    #[error("unsupported protocol scheme in URL")]
    Scheme,
    #[error("no host in URL")]
    Host,
    #[error("invalid port in URL")]
    Port,
}

impl Destination {
    /// Takes a URL apart.
    pub(super) fn parse(url: &str) -> Result<Self, UrlError> {
        let url = url.split_once('#').map_or(url, |(before, _)| before);
        let scheme = url.split_once(':').ok_or(UrlError::Malformed)?.0;
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return Err(UrlError::Scheme);
        }
        let uri = if url.is_ascii() {
            Uri::try_from(url).ok()
        } else {
            None
        };
        // Spaces and letters beyond ASCII have to be encoded, which the other parser does; it would also resolve dot
        // segments and is slower, so that it comes second.
        let uri = uri.or_else(|| encoded(url)).ok_or(UrlError::Malformed)?;
        // `http:80` would be read as a host named http.
        if uri.scheme().is_none() {
            return Err(UrlError::Malformed);
        }
        Self::of(uri)
    }

    fn of(uri: Uri) -> Result<Self, UrlError> {
        let authority = uri.authority().ok_or(UrlError::Host)?;
        if authority.host().is_empty() {
            return Err(UrlError::Host);
        }
        let (userinfo, server) = split_userinfo(authority.as_str());
        let port = server
            .rsplit_once(':')
            .map(|(_, port)| port)
            .filter(|port| !port.ends_with(']'));
        if port.is_some_and(|port| !port.is_empty()) && authority.port_u16().is_none() {
            return Err(UrlError::Port);
        }
        let server = if port == Some("") {
            server.trim_end_matches(':')
        } else {
            server
        };
        let host = HeaderValue::from_str(server).map_err(|_| UrlError::Host)?;
        let authorization = userinfo.map(basic).transpose()?;
        let uri = if server.len() == authority.as_str().len() {
            uri
        } else {
            with_server(&uri, server)?
        };
        Ok(Self {
            uri,
            host,
            authorization,
            is_own: true,
        })
    }

    /// Resolves the `Location` of a redirect. Credentials, identity and signature go along to the same scheme, host
    /// and port only.
    pub(super) fn redirected(&self, location: &str) -> Result<Self, UrlError> {
        let base = Url::parse(&self.uri.to_string()).map_err(|_| UrlError::Malformed)?;
        let next = base.join(location).map_err(|_| UrlError::Malformed)?;
        let mut redirected = Self::parse(next.as_str())?;
        let same_origin = next.origin() == base.origin();
        if redirected.authorization.is_none() && same_origin {
            redirected.authorization.clone_from(&self.authorization);
        }
        redirected.is_own = self.is_own && same_origin;
        Ok(redirected)
    }
}

fn encoded(url: &str) -> Option<Uri> {
    // Where there is no host, that parser would take the next word for one.
    let (_, rest) = url.split_once("://")?;
    if rest.starts_with(['/', '?']) || rest.contains('\\') {
        return None;
    }
    Uri::try_from(Url::parse(url).ok()?.as_str()).ok()
}

fn split_userinfo(authority: &str) -> (Option<&str>, &str) {
    match authority.rsplit_once('@') {
        Some((userinfo, server)) => (Some(userinfo), server),
        None => (None, authority),
    }
}

/// Basic authentication from userinfo, as Go's client makes it: decoded, an absent password empty.
fn basic(userinfo: &str) -> Result<HeaderValue, UrlError> {
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let mut pair: Vec<u8> = Cow::from(percent_decode_str(user)).into_owned();
    pair.push(b':');
    pair.extend(percent_decode_str(password));
    let text = format!("Basic {}", STANDARD.encode(pair));
    let mut value = HeaderValue::try_from(text).map_err(|_| UrlError::Malformed)?;
    value.set_sensitive(true);
    Ok(value)
}

fn with_server(uri: &Uri, server: &str) -> Result<Uri, UrlError> {
    let path = uri
        .path_and_query()
        .cloned()
        .unwrap_or_else(|| PathAndQuery::from_static("/"));
    let authority: Authority = server.parse().map_err(|_| UrlError::Host)?;
    Uri::builder()
        .scheme(uri.scheme().cloned().unwrap_or(Scheme::HTTP))
        .authority(authority)
        .path_and_query(path)
        .build()
        .map_err(|_| UrlError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> Result<(String, String, Option<String>), UrlError> {
        Destination::parse(url).map(|to| {
            let authorization = to.authorization.map(|value| value.to_str().unwrap().to_owned());
            (
                to.uri.to_string(),
                to.host.to_str().unwrap().to_owned(),
                authorization,
            )
        })
    }

    #[test]
    fn urls() {
        for (url, uri, host) in [
            ("http://h/p?q=1#f", "http://h/p?q=1", "h"),
            ("HTTP://h:8080/a/../b//c", "http://h:8080/a/../b//c", "h:8080"),
            ("http://h", "http://h/", "h"),
            ("http://h:/p", "http://h/p", "h"),
            ("http://[::1]:80/p", "http://[::1]:80/p", "[::1]:80"),
            ("http://[::1]/p", "http://[::1]/p", "[::1]"),
            ("http://h/a b/é", "http://h/a%20b/%C3%A9", "h"),
            (
                "https://bücher.example/",
                "https://xn--bcher-kva.example/",
                "xn--bcher-kva.example",
            ),
        ] {
            assert_eq!(
                shown(url).unwrap(),
                (uri.to_owned(), host.to_owned(), None),
                "{url}"
            );
        }
    }

    #[test]
    fn userinfo_becomes_basic_authentication() {
        for (url, uri, authorization) in [
            ("http://u:p@h/x", "http://h/x", "Basic dTpw"),
            ("http://u@h:1/x", "http://h:1/x", "Basic dTo="),
            ("http://u%40:p%3A:@h", "http://h/", "Basic dUA6cDo6"),
            ("http://:p@h/é", "http://h/%C3%A9", "Basic OnA="),
        ] {
            let (got, _, header) = shown(url).unwrap();
            assert_eq!(
                (got.as_str(), header.as_deref()),
                (uri, Some(authorization)),
                "{url}"
            );
        }
    }

    #[test]
    fn unusable_urls() {
        for (url, want) in [
            ("ftp://h/x", UrlError::Scheme),
            ("mailto:x", UrlError::Scheme),
            ("no-colon", UrlError::Malformed),
            ("http:opaque", UrlError::Malformed),
            ("http:80", UrlError::Malformed),
            ("http:///path", UrlError::Malformed),
            ("http://:80/", UrlError::Host),
            ("http://u@/", UrlError::Malformed),
            ("http://h:99999/", UrlError::Port),
            ("http://", UrlError::Malformed),
            ("http://a b/", UrlError::Malformed),
            ("http://a\\@b/", UrlError::Malformed),
        ] {
            assert_eq!(shown(url), Err(want), "{url}");
        }
    }

    #[test]
    fn credentials_and_identity_stay_with_their_origin() {
        let from = Destination::parse("http://u:p@h:8/a/b").unwrap();
        for (location, uri, keeps) in [
            ("c", "http://h:8/a/c", true),
            ("/c?d", "http://h:8/c?d", true),
            ("http://h:8/c", "http://h:8/c", true),
            ("//h:8/c", "http://h:8/c", true),
            ("http://h:9/c", "http://h:9/c", false),
            ("https://h:8/c", "https://h:8/c", false),
            ("http://other/c", "http://other/c", false),
        ] {
            let to = from.redirected(location).unwrap();
            assert_eq!(
                (to.uri.to_string().as_str(), to.authorization.is_some(), to.is_own),
                (uri, keeps, keeps),
                "{location}"
            );
            let back = to.redirected("http://h:8/").unwrap();
            assert_eq!(
                (back.authorization.is_some(), back.is_own),
                (keeps, keeps),
                "{location} and back"
            );
        }
        let own = from.redirected("http://x:y@other/").unwrap();
        assert!(!own.is_own);
        assert_eq!(own.authorization.unwrap(), "Basic eDp5");
        assert_eq!(from.redirected("ftp://h/").unwrap_err(), UrlError::Scheme);
    }
}

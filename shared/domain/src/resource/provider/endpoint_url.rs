//! URLs of services that credentials are sent to, checked when a function is registered.

use std::net::IpAddr;

use http::Uri;
use http::uri::{Authority, Scheme};

use super::ProviderError;

/// Checks the URL of a service: http or https, with a host.
pub(super) fn check(member: &'static str, url: &str) -> Result<(), ProviderError> {
    let reason = "must be an http or https URL with a host";
    parse(url)
        .map(|_| ())
        .ok_or(ProviderError::Invalid { member, reason })
}

/// Checks a base URL that paths are put behind: like [`check`], without userinfo, query and fragment.
pub(super) fn check_base(member: &'static str, url: &str) -> Result<(), ProviderError> {
    let reason = "must be an http or https URL with a host and without userinfo, query and fragment";
    parse(url)
        .filter(|uri| is_bare(url, uri))
        .map(|_| ())
        .ok_or(ProviderError::Invalid { member, reason })
}

/// Checks the URL of a token server. Secrets that are good for more than one function are sent there, so that
/// nobody must be able to read along: https, or this very machine.
pub(super) fn check_token_server(member: &'static str, url: &str) -> Result<(), ProviderError> {
    let reason =
        "must be an https URL without userinfo, query and fragment; http is for loopback addresses only";
    parse(url)
        .filter(|uri| is_bare(url, uri) && is_private(uri))
        .map(|_| ())
        .ok_or(ProviderError::Invalid { member, reason })
}

/// Checks the very URL that tokens are asked for at: like [`check_token_server`], but it may have a query.
pub(super) fn check_token_endpoint(member: &'static str, url: &str) -> Result<(), ProviderError> {
    let reason = "must be an https URL without userinfo and fragment; http is for loopback addresses only";
    parse(url)
        .filter(|uri| !has_userinfo(uri) && !url.contains('#') && is_private(uri))
        .map(|_| ())
        .ok_or(ProviderError::Invalid { member, reason })
}

fn parse(url: &str) -> Option<Uri> {
    // `Uri` takes a fragment away without a word.
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme()?;
    let is_web = *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS;
    (is_web && !uri.host()?.is_empty()).then_some(uri)
}

fn is_bare(url: &str, uri: &Uri) -> bool {
    !has_userinfo(uri) && !url.contains(['?', '#'])
}

fn has_userinfo(uri: &Uri) -> bool {
    uri.authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
}

/// Whether nobody in between can read along.
fn is_private(uri: &Uri) -> bool {
    uri.scheme() == Some(&Scheme::HTTPS) || uri.authority().is_some_and(is_loopback)
}

pub(super) fn is_loopback(authority: &Authority) -> bool {
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    host.strip_suffix('.')
        .unwrap_or(host)
        .eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_speak_http() {
        for (url, ok, base_ok) in [
            ("https://a.example/x?code=1#f", true, false),
            ("http://u:p@a.example/", true, false),
            ("https://a.example", true, true),
            ("HTTPS://A.example:8443/base/", true, true),
            ("http://[::1]:80/x", true, true),
            ("https://a.example/?", true, false),
            ("https://a.example/#f", true, false),
            ("ftp://a.example/", false, false),
            ("localhost:3233", false, false),
            ("a.example", false, false),
            ("/path", false, false),
            ("https://", false, false),
            ("https:///x", false, false),
            ("https://a b/", false, false),
            ("", false, false),
        ] {
            assert_eq!(check("url", url).is_ok(), ok, "{url}");
            assert_eq!(check_base("url", url).is_ok(), base_ok, "{url}");
        }
    }

    #[test]
    fn token_servers_are_reached_in_secret() {
        for (url, ok, endpoint_ok) in [
            ("https://login.microsoftonline.com", true, true),
            ("https://a.example/oauth/", true, true),
            ("http://localhost:1/", true, true),
            ("http://LOCALHOST", true, true),
            ("http://127.0.0.1:1", true, true),
            ("http://127.9.9.9", true, true),
            ("http://[::1]:1/x", true, true),
            ("https://a.example?x", false, true),
            ("http://localhost/t?x=1", false, true),
            ("http://a.example", false, false),
            ("http://a.example?x", false, false),
            ("http://127.0.0.1.a.example", false, false),
            ("http://localhost.a.example", false, false),
            ("http://127.0.0.1@a.example", false, false),
            ("https://u:p@a.example", false, false),
            ("https://a.example#x", false, false),
            ("https://a.example/?x#x", false, false),
            ("ftp://a.example", false, false),
        ] {
            assert_eq!(check_token_server("tokenUrl", url).is_ok(), ok, "{url}");
            assert_eq!(
                check_token_endpoint("tokenUrl", url).is_ok(),
                endpoint_ok,
                "{url}"
            );
        }
    }

    #[test]
    fn errors_repeat_nothing_of_the_url() {
        for check in [check_token_server, check_token_endpoint] {
            let text = check("tokenUrl", "http://u:SECRET@a.example")
                .unwrap_err()
                .to_string();
            assert!(text.starts_with("tokenUrl must be an https URL"), "{text}");
            assert!(!text.contains("SECRET"), "{text}");
        }
    }
}

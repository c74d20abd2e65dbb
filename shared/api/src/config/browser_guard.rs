//! Requests that a page in somebody's browser makes without that person's knowledge: by a form or a script of another
//! origin, or by a name that was made to resolve to this machine (DNS rebinding).

use std::net::IpAddr;

use axum::response::{IntoResponse, Response};
use domain::event::request_host;
use http::header::{HeaderMap, HeaderName, ORIGIN};
use http::request::Parts;

use crate::error::ApiError;
use crate::request_target::{host_and_port, without_final_dot};

/// How browsers say in which relation the page stands that makes a request.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Which requests browsers may make. By default those of the API's own origin, to an address or to `localhost`.
#[derive(Debug, Clone)]
pub struct BrowserGuard {
    /// Origins that are served though they are not the API's own, in lower case.
    origins: Vec<String>,
    /// Names that the API is known by, in lower case; `None` leaves names unchecked.
    hosts: Option<Vec<String>>,
}

impl Default for BrowserGuard {
    fn default() -> Self {
        Self::new(Vec::new(), Some(Vec::new()))
    }
}

impl BrowserGuard {
    /// Serves these origins (`https://example.com`), and without an access key these host names only, besides
    /// addresses and `localhost`. `None` is for APIs whose name something else guards.
    pub fn new(origins: Vec<String>, hosts: Option<Vec<String>>) -> Self {
        let lower = |texts: Vec<String>| -> Vec<String> {
            let texts = texts.iter().map(|text| text.trim().to_ascii_lowercase());
            texts.filter(|text| !text.is_empty()).collect()
        };
        Self {
            origins: lower(origins),
            hosts: hosts.map(|hosts| {
                let names = lower(hosts).into_iter();
                names.map(|name| without_final_dot(&name).to_owned()).collect()
            }),
        }
    }

    /// Whether a page of another origin makes this request. Clients that are no browsers send none of these headers.
    pub(super) fn is_foreign(&self, parts: &Parts) -> bool {
        let headers = &parts.headers;
        if headers.contains_key(ORIGIN) {
            let own = request_host(parts);
            return !text_lines(headers, &ORIGIN).all(|origin| {
                origin.is_some_and(|origin| self.origins.contains(&origin) || is_origin_of(&origin, &own))
            });
        }
        // `same-site` is foreign too: another port of this machine, or another name of the same owner.
        text_lines(headers, &SEC_FETCH_SITE)
            .any(|site| !matches!(site.as_deref(), Some("same-origin" | "none")))
    }

    /// Whether the name that a request was sent to is one of this API's own. Pages cannot choose an address or
    /// `localhost` as their own name, and what is no browser may leave the name out.
    pub(super) fn knows_host(&self, parts: &Parts) -> bool {
        let Some(hosts) = &self.hosts else {
            return true;
        };
        let host = request_host(parts);
        let Some((name, _)) = host_and_port(&host) else {
            return false;
        };
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        if name.is_empty() || bare.parse::<IpAddr>().is_ok() {
            return true;
        }
        let name = without_final_dot(name).to_ascii_lowercase();
        name == "localhost" || hosts.contains(&name)
    }
}

/// The values of a header in lower case, `None` for those that are no text.
fn text_lines<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = Option<String>> + use<'h> {
    let lines = headers.get_all(name).iter();
    lines.map(|line| line.to_str().ok().map(|text| text.trim().to_ascii_lowercase()))
}

/// Whether an origin is that of the server with this host. Whether it is TLS that a proxy ends cannot be seen here.
fn is_origin_of(origin: &str, host: &str) -> bool {
    let (default_port, origin) = match origin.split_once("://") {
        Some(("http", rest)) => ("80", rest),
        Some(("https", rest)) => ("443", rest),
        _ => return false,
    };
    let place = |authority: &str| {
        let (name, port) = host_and_port(authority)?;
        let port = Some(port).filter(|port| !port.is_empty()).unwrap_or(default_port);
        let name = without_final_dot(name).to_ascii_lowercase();
        (!name.is_empty()).then(|| (name, port.to_owned()))
    };
    place(origin).is_some_and(|origin| Some(origin) == place(host))
}

/// The answer to what [`BrowserGuard::is_foreign`] finds.
pub(super) fn foreign_origin() -> Response {
    ApiError::forbidden(
        "request of a web page of another origin (headers Origin, Sec-Fetch-Site): --config-allowed-origins lists \
         those that are served",
    )
    .into_response()
}

/// The answer to a name that [`BrowserGuard::knows_host`] does not find.
pub(super) fn unknown_host(parts: &Parts) -> Response {
    let host = request_host(parts);
    ApiError::forbidden(format!(
        "host {host:?} is no address, not localhost and not in --config-hosts, and this API has no access key"
    ))
    .into_response()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri("/v1/spaces/default/functions");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn pages_of_other_origins_are_foreign() {
        let guard = BrowserGuard::new(vec!["https://Dash.example".to_owned()], None);
        for (headers, want) in [
            (&[][..], false),
            (&[("host", "localhost:4001")], false),
            (&[("origin", "http://evil.example")], true),
            (&[("origin", "null")], true),
            (&[("origin", "")], true),
            (&[("origin", "\u{e9}")], true),
            (
                &[("host", "localhost:4001"), ("origin", "http://localhost:3000")],
                true,
            ),
            (
                &[("host", "localhost:4001"), ("origin", "http://localhost:4001")],
                false,
            ),
            (
                &[("host", "LOCALHOST.:4001"), ("origin", "http://localhost:4001")],
                false,
            ),
            (&[("host", "a.example"), ("origin", "http://a.example:80")], false),
            (&[("host", "a.example"), ("origin", "https://a.example")], false),
            (&[("host", "a.example:80"), ("origin", "https://a.example")], true),
            (&[("host", "a.example"), ("origin", "ftp://a.example")], true),
            (&[("host", "[::1]:4001"), ("origin", "http://[::1]:4001")], false),
            (&[("host", ""), ("origin", "http://")], true),
            (
                &[
                    ("origin", "https://dash.example"),
                    ("sec-fetch-site", "cross-site"),
                ],
                false,
            ),
            (
                &[
                    ("origin", "https://dash.example"),
                    ("origin", "http://evil.example"),
                ],
                true,
            ),
            (&[("origin", "https://dash.example:444")], true),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("sec-fetch-site", "Cross-Site")], true),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (
                &[("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")],
                true,
            ),
        ] {
            assert_eq!(guard.is_foreign(&parts(headers)), want, "{headers:?}");
        }
    }

    #[test]
    fn names_that_are_known() {
        let guard = BrowserGuard::new(
            Vec::new(),
            Some(vec!["Gateway.internal.".to_owned(), String::new()]),
        );
        for (host, want) in [
            ("localhost", true),
            ("LocalHost.:4001", true),
            ("127.0.0.1:4001", true),
            ("10.0.0.7", true),
            ("[::1]:4001", true),
            ("", true),
            ("gateway.internal:4001", true),
            ("evil.example", false),
            ("localhost.evil.example:4001", false),
            ("a.localhost", false),
            ("127.0.0.1.evil.example", false),
            ("0x7f.1", false),
        ] {
            assert_eq!(guard.knows_host(&parts(&[("host", host)])), want, "{host}");
        }
        assert!(guard.knows_host(&parts(&[])));
        assert!(BrowserGuard::new(Vec::new(), None).knows_host(&parts(&[("host", "evil.example")])));
    }

    #[test]
    fn reading_is_linear() {
        let guard = BrowserGuard::new(vec!["https://a.example".to_owned()], Some(vec!["a".to_owned()]));
        let requests: [(&str, HeaderName, &str, bool); 5] = [
            ("a long origin", ORIGIN, "https://a.", false),
            ("origins", ORIGIN, "https://a.example", true),
            ("relations", SEC_FETCH_SITE, "none", true),
            ("a long host", http::header::HOST, "a.", false),
            ("brackets", http::header::HOST, "[]", false),
        ];
        for (name, header, piece, is_line) in requests {
            let parts = |n: usize| {
                let mut parts = http::Request::get("/").body(()).unwrap().into_parts().0;
                if is_line {
                    for _ in 0..n {
                        parts.headers.append(&header, piece.parse().unwrap());
                    }
                } else {
                    parts.headers.insert(&header, piece.repeat(n).parse().unwrap());
                }
                parts
            };
            scaling::assert_linear(name, 1_000, parts, |parts| {
                (guard.is_foreign(parts), guard.knows_host(parts))
            });
        }
    }
}

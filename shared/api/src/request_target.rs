//! Requests that any HTTP server answers by itself, before an API sees them (docs/contract.md §2.1; RFC 9112, section 3;
//! RFC 9113, section 8.3.1).

use std::net::Ipv6Addr;

use axum::response::{IntoResponse, Response};
use domain::validation::has_valid_escapes;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, Version, header};

/// The answer to a request whose target, host or framing is not as HTTP wants it, and to `OPTIONS *`.
pub(crate) fn answer_by_itself(parts: &Parts) -> Option<Response> {
    if parts.method == Method::CONNECT {
        return Some(not_implemented("501 Not Implemented: this server is no proxy\n"));
    }
    if has_unknown_coding(parts) {
        return Some(not_implemented(
            "501 Not Implemented: unsupported transfer coding\n",
        ));
    }
    let path = parts.uri.path();
    // A bare word reads as the target of CONNECT.
    if path.is_empty() && parts.uri.scheme().is_none() {
        return Some(bad_request("400 Bad Request: bad request target\n"));
    }
    if !has_valid_escapes(path) {
        return Some(bad_request("400 Bad Request: bad escape in the path\n"));
    }
    if let Some(problem) = problem_of_host(parts) {
        return Some(bad_request(problem));
    }
    if path == "*" && parts.method == Method::OPTIONS {
        return Some(StatusCode::OK.into_response());
    }
    None
}

/// Whether the body comes in another transfer coding than `chunked`, once. Where `chunked` is not the last one, the
/// length of the body is unknown, and the server has refused the request before.
fn has_unknown_coding(parts: &Parts) -> bool {
    let mut lines = parts.headers.get_all(header::TRANSFER_ENCODING).iter();
    let Some(first) = lines.next() else {
        return false;
    };
    lines.next().is_some() || !first.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked")
}

/// What is wrong with the host that a request names (RFC 9112, section 3.2).
fn problem_of_host(parts: &Parts) -> Option<&'static str> {
    let mut lines = parts.headers.get_all(header::HOST).iter();
    let is_http2 = parts.version == Version::HTTP_2;
    match lines.next() {
        None if parts.version == Version::HTTP_11 || is_http2 && parts.uri.authority().is_none() => {
            return Some("400 Bad Request: missing required Host header\n");
        }
        Some(_) if lines.next().is_some() => return Some("400 Bad Request: too many Host headers\n"),
        Some(host) if host.to_str().ok().and_then(host_and_port).is_none() => {
            return Some("400 Bad Request: malformed Host header\n");
        }
        // Of two hosts each server would choose its own.
        Some(host) if is_http2 && differs_from_authority(host, parts) => {
            return Some("400 Bad Request: Host header differs from :authority\n");
        }
        None | Some(_) => {}
    }
    let authority = parts.uri.authority()?.as_str();
    if authority.contains('@') {
        return Some("400 Bad Request: user information in the request target\n");
    }
    match host_and_port(authority) {
        Some((host, _)) if !host.is_empty() => None,
        _ => Some("400 Bad Request: malformed host in the request target\n"),
    }
}

/// Whether a host is another one than the target of the request names, if it names one.
fn differs_from_authority(host: &HeaderValue, parts: &Parts) -> bool {
    let authority = parts.uri.authority();
    authority.is_some_and(|authority| {
        !host
            .as_bytes()
            .eq_ignore_ascii_case(authority.as_str().as_bytes())
    })
}

/// Takes a host apart from its port, each of which may be empty; `None` where the text is neither a name, an address
/// nor one of these with a port. A comma is part of no name: it is what two hosts are joined with.
pub(crate) fn host_and_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = if text.starts_with('[') {
        let (address, rest) = text.split_at(text.find(']')? + 1);
        address[1..address.len() - 1].parse::<Ipv6Addr>().ok()?;
        (address, rest)
    } else {
        let (name, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+;=".contains(&byte);
        if !name.bytes().all(is_of_name) || !has_valid_escapes(name) {
            return None;
        }
        (name, rest)
    };
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => "",
        None => return None,
        Some(port) => port,
    };
    port.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some((host, port))
}

/// A name without the dot that only says that it is complete.
pub(crate) fn without_final_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

fn bad_request(text: &'static str) -> Response {
    plain_text(StatusCode::BAD_REQUEST, text)
}

/// The bytes after such a request are for another server, so the connection ends.
fn not_implemented(text: &'static str) -> Response {
    let mut response = plain_text(StatusCode::NOT_IMPLEMENTED, text);
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// An answer in plain text.
pub(crate) fn plain_text(status: StatusCode, text: &'static str) -> Response {
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    (status, [(header::CONTENT_TYPE, content_type)], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports() {
        for (text, want) in [
            ("", Some(("", ""))),
            ("a", Some(("a", ""))),
            ("a.example.", Some(("a.example.", ""))),
            ("a_b:80", Some(("a_b", "80"))),
            ("a:", Some(("a", ""))),
            ("127.0.0.1:1", Some(("127.0.0.1", "1"))),
            ("[::1]", Some(("[::1]", ""))),
            ("[::1]:80", Some(("[::1]", "80"))),
            ("%41", Some(("%41", ""))),
            ("[::1", None),
            ("[a]", None),
            ("[::1]80", None),
            ("::1", None),
            ("a:b", None),
            ("a:1:2", None),
            ("a b", None),
            ("a,b", None),
            ("a/b", None),
            ("a@b", None),
            ("a#b", None),
            ("%4", None),
            ("ä", None),
        ] {
            assert_eq!(host_and_port(text), want, "{text}");
        }
    }

    #[test]
    fn a_request_of_http_2_names_one_host() {
        for (uri, host, want) in [
            ("https://a.example/", None, None),
            ("https://a.example/", Some("A.example"), None),
            ("https://a.example/", Some("b.example"), Some(400)),
            ("https://a.example:1/", Some("a.example"), Some(400)),
            ("https://u@a.example/", None, Some(400)),
            ("/", Some("a.example"), None),
            ("/", None, Some(400)),
        ] {
            let mut request = http::Request::get(uri).version(Version::HTTP_2);
            if let Some(host) = host {
                request = request.header(header::HOST, host);
            }
            let parts = request.body(()).unwrap().into_parts().0;
            let answered = answer_by_itself(&parts).map(|answer| answer.status().as_u16());
            assert_eq!(answered, want, "{uri} {host:?}");
        }
    }

    #[test]
    fn reading_is_linear() {
        let parts = |path: String, host: String| {
            let request = http::Request::get(path).header(header::HOST, host);
            request.body(()).unwrap().into_parts().0
        };
        let requests: [(&str, &dyn Fn(usize) -> Parts); 6] = [
            ("a path", &|n| parts("/%41".repeat(n), "a".to_owned())),
            ("a bad escape", &|n| {
                parts(format!("{}%", "/a".repeat(n)), "a".to_owned())
            }),
            ("a host", &|n| parts("/".to_owned(), "%41.".repeat(n))),
            ("colons", &|n| parts("/".to_owned(), ":".repeat(n))),
            ("brackets", &|n| parts("/".to_owned(), "[".repeat(n))),
            ("hosts", &|n| {
                let mut parts = parts("/".to_owned(), "a".to_owned());
                for _ in 0..n {
                    parts.headers.append(header::HOST, HeaderValue::from_static("a"));
                }
                parts
            }),
        ];
        for (name, parts) in requests {
            scaling::assert_linear(name, 1_000, parts, |parts| answer_by_itself(parts).is_some());
        }
    }
}

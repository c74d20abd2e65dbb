//! The headers by which a server behind the gateway knows the client: `X-Forwarded-For`, `-Proto` and `-Host`, and
//! `Forwarded` (RFC 7239).

use std::net::IpAddr;

use http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue};

use crate::origin::{Origin, X_FORWARDED_FOR, X_FORWARDED_PROTO};

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Adds what is known of a client. What the request says of it already stays if it is believed, with this added to the
/// lists; otherwise it goes.
pub(super) fn tell(headers: &mut HeaderMap, origin: Origin, host: &str, is_believed: bool) {
    if !is_believed {
        let told: Vec<HeaderName> = headers.keys().filter(|name| tells(name)).cloned().collect();
        for name in told {
            headers.remove(name);
        }
    }
    if let Some(address) = origin.address {
        add_to_list(
            headers,
            &HeaderName::from_static(X_FORWARDED_FOR),
            &address.to_string(),
        );
    }
    headers
        .entry(X_FORWARDED_PROTO)
        .or_insert(HeaderValue::from_static(origin.scheme()));
    if let Ok(value) = HeaderValue::from_str(host)
        && !host.is_empty()
    {
        headers.entry(X_FORWARDED_HOST).or_insert(value);
    }
    add_to_list(headers, &FORWARDED, &element(origin, host));
}

/// Whether a header is one of those in which proxies speak of clients, also where a program that knows headers as variables
/// takes it for one.
fn tells(name: &HeaderName) -> bool {
    let name = name.as_str().replace('_', "-");
    name.starts_with("x-forwarded-") || matches!(name.as_str(), "forwarded" | "x-real-ip")
}

/// Adds an element to a list, which may stand in several lines.
fn add_to_list(headers: &mut HeaderMap, name: &HeaderName, element: &str) {
    let mut list = Vec::new();
    for line in headers.get_all(name) {
        list.extend_from_slice(line.as_bytes());
        list.extend_from_slice(b", ");
    }
    list.extend_from_slice(element.as_bytes());
    // What came as headers can be one again.
    if let Ok(value) = HeaderValue::from_bytes(&list) {
        headers.insert(name.clone(), value);
    }
}

/// The element of `Forwarded` for this hop.
fn element(origin: Origin, host: &str) -> String {
    let client = match origin.address {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => format!("\"[{address}]\""),
    };
    let scheme = origin.scheme();
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'*+".contains(&b);
    let is_quotable = |b: u8| (b' '..0x7f).contains(&b) && !matches!(b, b'"' | b'\\');
    if host.is_empty() || !host.bytes().all(is_quotable) {
        format!("for={client};proto={scheme}")
    } else if host.bytes().all(is_token) {
        format!("for={client};host={host};proto={scheme}")
    } else {
        format!("for={client};host=\"{host}\";proto={scheme}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(
        lines: &[(&'static str, &'static str)],
        address: &str,
        is_believed: bool,
    ) -> Vec<(String, String)> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let origin = Origin {
            address: address.parse().ok(),
            is_encrypted: true,
        };
        tell(&mut headers, origin, "a.example:4000", is_believed);
        let mut all: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        all.sort();
        all
    }

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    const LINES: [(&str, &str); 8] = [
        ("x-forwarded-for", "1.1.1.1"),
        ("x-forwarded-for", "2.2.2.2"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-port", "1"),
        ("x_forwarded_for", "3.3.3.3"),
        ("x-real-ip", "4.4.4.4"),
        ("forwarded", "for=5.5.5.5"),
        ("x-other", "1"),
    ];

    #[test]
    fn strangers_are_not_believed() {
        let want = [
            ("forwarded", "for=192.0.2.1;host=\"a.example:4000\";proto=https"),
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-host", "a.example:4000"),
            ("x-forwarded-proto", "https"),
            ("x-other", "1"),
        ];
        assert_eq!(told(&LINES, "192.0.2.1", false), pairs(&want));
    }

    #[test]
    fn what_trusted_proxies_say_is_added_to() {
        let want = [
            (
                "forwarded",
                "for=5.5.5.5, for=\"[2001:db8::1]\";host=\"a.example:4000\";proto=https",
            ),
            ("x-forwarded-for", "1.1.1.1, 2.2.2.2, 2001:db8::1"),
            ("x-forwarded-host", "a.example:4000"),
            ("x-forwarded-port", "1"),
            ("x-forwarded-proto", "http"),
            ("x-other", "1"),
            ("x-real-ip", "4.4.4.4"),
            ("x_forwarded_for", "3.3.3.3"),
        ];
        assert_eq!(told(&LINES, "2001:db8::1", true), pairs(&want));
    }

    #[test]
    fn elements() {
        let nobody = Origin::default();
        assert_eq!(element(nobody, "h"), "for=unknown;host=h;proto=http");
        assert_eq!(element(nobody, ""), "for=unknown;proto=http");
        // Nothing can be added to an element.
        assert_eq!(element(nobody, "h\";for=1.1.1.1"), "for=unknown;proto=http");
    }
}

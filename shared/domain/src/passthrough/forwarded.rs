//! The headers by which a server behind the gateway knows the client: `X-Forwarded-For`, `-Proto` and `-Host`, and
//! `Forwarded` (RFC 7239).

use std::net::IpAddr;

use http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue};

use crate::origin::{Origin, TrustedProxies, X_FORWARDED_FOR, X_FORWARDED_PROTO};

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Headers that a proxy sets anew, or adds to. It passes all others on as its client sent them, so they are nobody's word.
const OF_PROXIES: [&str; 3] = [X_FORWARDED_FOR, X_FORWARDED_PROTO, "x-forwarded-port"];

/// Adds what is known of a client. What the request says of it already goes, but for the headers that proxies set if the
/// one that sent it is believed.
pub(super) fn tell(headers: &mut HeaderMap, origin: Origin, host: &str, trusted: &TrustedProxies) {
    let is_believed = trusted.believes(origin);
    let client = element(
        trusted.client(origin, headers),
        trusted.scheme(origin, headers),
        host,
    );
    let goes = |name: &&HeaderName| tells(name) && !(is_believed && OF_PROXIES.contains(&name.as_str()));
    let gone: Vec<HeaderName> = headers.keys().filter(goes).cloned().collect();
    for name in gone {
        headers.remove(name);
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
        headers.insert(X_FORWARDED_HOST, value);
    }
    if let Ok(value) = HeaderValue::from_str(&client) {
        headers.insert(FORWARDED, value);
    }
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

/// The element of `Forwarded` for a client.
fn element(address: Option<IpAddr>, scheme: &str, host: &str) -> String {
    let client = match address {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => format!("\"[{address}]\""),
    };
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
        trusted: &[&str],
    ) -> Vec<(String, String)> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let origin = Origin {
            address: address.parse().ok(),
            is_encrypted: true,
        };
        let trusted = trusted.iter().map(|text| text.parse().unwrap()).collect();
        let trusted = TrustedProxies::new(trusted);
        tell(&mut headers, origin, "a.example:4000", &trusted);
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

    const LINES: [(&str, &str); 9] = [
        ("x-forwarded-for", "1.1.1.1"),
        ("x-forwarded-for", "2.2.2.2"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-port", "1"),
        ("x-forwarded-host", "evil.example"),
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
        assert_eq!(told(&LINES, "192.0.2.1", &["10.0.0.0/8"]), pairs(&want));
    }

    #[test]
    fn trusted_proxies_are_believed_what_they_set() {
        let want = [
            // The last address is the word of the proxy, what is before it may be the client's.
            ("forwarded", "for=2.2.2.2;host=\"a.example:4000\";proto=http"),
            ("x-forwarded-for", "1.1.1.1, 2.2.2.2, 2001:db8::1"),
            ("x-forwarded-host", "a.example:4000"),
            ("x-forwarded-port", "1"),
            ("x-forwarded-proto", "http"),
            ("x-other", "1"),
        ];
        assert_eq!(told(&LINES, "2001:db8::1", &["2001:db8::/32"]), pairs(&want));
    }

    #[test]
    fn elements() {
        for (address, host, want) in [
            (None, "h", "for=unknown;host=h;proto=http"),
            (None, "", "for=unknown;proto=http"),
            (
                Some("2001:db8::1"),
                "h",
                "for=\"[2001:db8::1]\";host=h;proto=http",
            ),
            // Nothing can be added to an element.
            (None, "h\";for=1.1.1.1", "for=unknown;proto=http"),
        ] {
            let address = address.map(|text| text.parse().unwrap());
            assert_eq!(element(address, "http", host), want);
        }
    }
}

//! Who sent a request, as far as its connection tells, and which proxies are believed what they say about that.

use std::net::IpAddr;
use std::str::FromStr;

use http::HeaderMap;
use ipnet::IpNet;

/// Header in which proxies list whom a request came from, each of them the one that it got it from.
pub const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// Header in which a proxy says which scheme its client used.
pub const X_FORWARDED_PROTO: &str = "x-forwarded-proto";

/// The other end of the connection that a request came on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin {
    /// Its address, in the form of IPv4 where it has one; none where there is no connection.
    pub address: Option<IpAddr>,
    /// Whether the connection is encrypted.
    pub is_encrypted: bool,
}

impl Origin {
    /// The scheme that the client used on this connection.
    pub fn scheme(self) -> &'static str {
        if self.is_encrypted { "https" } else { "http" }
    }
}

/// An address or a network of proxies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

/// A text that is neither an address nor a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an address or a network such as 10.0.0.0/8")]
pub struct TrustedProxyError;

impl FromStr for TrustedProxy {
    type Err = TrustedProxyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let address = text.parse::<IpAddr>().map(IpNet::from);
        let network = address.or_else(|_| text.parse::<IpNet>());
        network.map(Self).map_err(|_| TrustedProxyError)
    }
}

/// The proxies whose word about the client is taken. Of any other sender nothing is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<TrustedProxy>);

impl TrustedProxies {
    /// These and no others.
    pub fn new(networks: Vec<TrustedProxy>) -> Self {
        Self(networks)
    }

    /// Whether this is one of them.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|proxy| proxy.0.contains(&address))
    }

    /// Whether what a request says of its client is believed.
    pub fn believes(&self, origin: Origin) -> bool {
        origin.address.is_some_and(|address| self.trusts(address))
    }

    /// The client's own address: of the list of the proxies that are believed, the last that is none of them.
    pub fn client(&self, origin: Origin, headers: &HeaderMap) -> Option<IpAddr> {
        let mut client = origin.address?;
        let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
        let mut listed = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        while self.trusts(client) {
            let Some(before) = listed.next().and_then(address_of) else {
                break;
            };
            client = before;
        }
        Some(client)
    }

    /// The scheme that the client used, by the word of a proxy that is believed.
    pub fn scheme(&self, origin: Origin, headers: &HeaderMap) -> &'static str {
        let told = || headers.get(X_FORWARDED_PROTO)?.to_str().ok();
        match told().filter(|_| self.believes(origin)) {
            Some(told) if told.trim().eq_ignore_ascii_case("https") => "https",
            Some(told) if told.trim().eq_ignore_ascii_case("http") => "http",
            _ => origin.scheme(),
        }
    }
}

/// An entry of the list, which some proxies write with a port.
fn address_of(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let socket = || text.parse::<std::net::SocketAddr>().ok();
    let address = text.parse().ok().or_else(|| Some(socket()?.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn origin(address: &str) -> Origin {
        Origin {
            address: address.parse().ok(),
            is_encrypted: false,
        }
    }

    fn trusted(networks: &[&str]) -> TrustedProxies {
        TrustedProxies::new(networks.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn clients_are_known_by_the_proxies_that_are_believed() {
        let some = trusted(&["10.0.0.0/8", "::1"]);
        for (proxies, from, lines, want) in [
            (&trusted(&[]), "10.0.0.1", &["1.1.1.1"][..], "10.0.0.1"),
            (&some, "192.0.2.1", &["1.1.1.1"], "192.0.2.1"),
            (&some, "10.0.0.1", &["1.1.1.1"], "1.1.1.1"),
            (&some, "::1", &["9.9.9.9, 1.1.1.1:80", "10.2.3.4"], "1.1.1.1"),
            (&some, "10.0.0.1", &["9.9.9.9, unknown"], "10.0.0.1"),
            (&some, "10.0.0.1", &[], "10.0.0.1"),
            (&some, "10.0.0.1", &["[2001:db8::1]:443"], "2001:db8::1"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(X_FORWARDED_FOR, HeaderValue::from_static(line));
            }
            let client = proxies.client(origin(from), &headers);
            assert_eq!(client, want.parse().ok(), "{from} {lines:?}");
        }
        assert_eq!(some.client(Origin::default(), &HeaderMap::new()), None);
    }

    #[test]
    fn schemes_are_those_of_the_connection_unless_a_proxy_knows_better() {
        let mut headers = HeaderMap::new();
        headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static("https"));
        let some = trusted(&["10.0.0.0/8"]);
        assert_eq!(some.scheme(origin("10.0.0.1"), &headers), "https");
        assert_eq!(some.scheme(origin("192.0.2.1"), &headers), "http");
        headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static("gopher"));
        assert_eq!(some.scheme(origin("10.0.0.1"), &headers), "http");
    }

    #[test]
    fn entries() {
        for text in ["10.0.0.1", " 10.0.0.0/8", "2001:db8::/32"] {
            assert!(text.parse::<TrustedProxy>().is_ok(), "{text}");
        }
        for text in ["", "example.com", "10.0.0.0/33", "*"] {
            assert_eq!(text.parse::<TrustedProxy>(), Err(TrustedProxyError), "{text}");
        }
    }
}

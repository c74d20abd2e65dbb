//! The gateway's own Configuration API as a target. A function that leads there would let whoever may send an event
//! change what is registered, with the gateway's own address as the sender's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use url::{Host, Url};

/// Where the Configuration API of this process listens, which no function may be. Of none by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnConfigApi {
    listeners: Arc<[SocketAddr]>,
}

impl OwnConfigApi {
    /// An API that listens at these addresses; unspecified ones stand for all of this machine.
    pub fn at(listeners: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self {
            listeners: listeners.into_iter().collect(),
        }
    }

    /// Whether it has no listener in this process.
    pub fn is_none(&self) -> bool {
        self.listeners.is_empty()
    }

    /// Whether a URL names the API by an address of this machine or by `localhost`. Other names are judged when they
    /// are connected to.
    pub fn is_named_by(&self, url: &str) -> bool {
        let Some((host, port)) = self.host_at_own_port(url) else {
            return false;
        };
        match host {
            Host::Domain(name) if is_localhost(&name) => [
                IpAddr::from(Ipv4Addr::LOCALHOST),
                IpAddr::from(Ipv6Addr::LOCALHOST),
            ]
            .into_iter()
            .any(|address| self.is_at(SocketAddr::new(address, port))),
            Host::Domain(_) => false,
            Host::Ipv4(address) => self.is_at(SocketAddr::new(address.into(), port)),
            Host::Ipv6(address) => self.is_at(SocketAddr::new(address.into(), port)),
        }
    }

    /// The same, with names as the operating system resolves them. For connections that others open.
    pub(crate) async fn is_reached_by(&self, url: &str) -> bool {
        if self.is_named_by(url) {
            return true;
        }
        match self.host_at_own_port(url) {
            Some((Host::Domain(name), port)) => tokio::net::lookup_host((name.as_str(), port))
                .await
                .is_ok_and(|mut addresses| addresses.any(|address| self.is_at(address))),
            _ => false,
        }
    }

    /// Whether one of the listeners has this port; costs nothing where there is none.
    pub(crate) fn has_port(&self, port: u16) -> bool {
        self.listeners.iter().any(|listener| listener.port() == port)
    }

    /// Whether a connection to this address reaches the API.
    pub(crate) fn is_at(&self, address: SocketAddr) -> bool {
        let ip = address.ip().to_canonical();
        self.listeners
            .iter()
            .filter(|listener| listener.port() == address.port())
            .any(|listener| {
                let own = listener.ip().to_canonical();
                // The unspecified address is connected to as a loopback address.
                own == ip || ip.is_unspecified() || (own.is_unspecified() && is_of_this_machine(address))
            })
    }

    fn host_at_own_port(&self, url: &str) -> Option<(Host, u16)> {
        if self.is_none() {
            return None;
        }
        let url = Url::parse(url).ok()?;
        let port = url.port_or_known_default()?;
        let host = url.host()?.to_owned();
        self.has_port(port).then_some((host, port))
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

/// Whether an address belongs to this machine: what is sent there comes from that very address. Asks the routes and sends
/// nothing. Whether the address can be bound to says less, for `ip_nonlocal_bind` lets any address be.
fn is_of_this_machine(address: SocketAddr) -> bool {
    let ip = address.ip().to_canonical();
    // As it is where it is one of IPv6: a link-local one has a scope as well.
    let (unspecified, address): (IpAddr, _) = if ip.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED.into(), SocketAddr::new(ip, address.port()))
    } else {
        (Ipv6Addr::UNSPECIFIED.into(), address)
    };
    let source = || {
        let socket = UdpSocket::bind((unspecified, 0)).ok()?;
        socket.connect(address).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    ip.is_loopback() || source() == Some(ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(listeners: &[&str]) -> OwnConfigApi {
        OwnConfigApi::at(listeners.iter().map(|text| text.parse().unwrap()))
    }

    #[test]
    fn urls_that_name_it() {
        let loopback = at(&["127.0.0.1:4001", "[::1]:4001"]);
        for (url, want) in [
            ("http://localhost:4001/v1/spaces/default/functions", true),
            ("https://LOCALHOST.:4001/", true),
            ("http://a.localhost:4001", true),
            ("http://127.0.0.1:4001/x?y", true),
            ("http://user:secret@127.0.0.1:4001/", true),
            ("http://0x7f.1:4001/", true),
            ("http://2130706433:4001/", true),
            ("http://0.0.0.0:4001/", true),
            ("http://[::]:4001/", true),
            ("http://[::1]:4001/", true),
            ("http://[::ffff:127.0.0.1]:4001/", true),
            ("http://localhost:4000/", false),
            ("http://localhost/", false),
            ("http://192.0.2.1:4001/", false),
            ("http://localhost.example.com:4001/", false),
            ("mailto:x", false),
            ("localhost:4001", false),
            ("", false),
        ] {
            assert_eq!(loopback.is_named_by(url), want, "{url}");
            assert!(!OwnConfigApi::default().is_named_by(url), "{url}");
        }
        assert!(at(&["127.0.0.1:80"]).is_named_by("http://localhost/"));
        assert!(at(&["127.0.0.1:443"]).is_named_by("https://localhost/"));
    }

    #[test]
    fn addresses_that_reach_it() {
        let own = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().ip();
        for (listener, address, want) in [
            ("[::]:4001", "127.0.0.1:4001", true),
            ("[::]:4001", "127.9.9.9:4001", true),
            ("0.0.0.0:4001", "127.0.0.1:4001", true),
            ("0.0.0.0:4001", "0.0.0.0:4001", true),
            ("[::]:4001", "192.0.2.1:4001", false),
            ("[::]:4001", "127.0.0.1:4000", false),
            ("192.0.2.7:4001", "192.0.2.7:4001", true),
            ("192.0.2.7:4001", "[::ffff:192.0.2.7]:4001", true),
            ("192.0.2.7:4001", "127.0.0.1:4001", false),
        ] {
            let reaches = at(&[listener]).is_at(address.parse().unwrap());
            assert_eq!(reaches, want, "{listener} {address}");
        }
        assert!(at(&["[::]:4001"]).is_at(SocketAddr::new(own, 4001)));
        // An address of this machine that is no loopback address, where it has one.
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        if socket.connect("192.0.2.1:9").is_ok() {
            let own = socket.local_addr().unwrap().ip();
            assert!(at(&["0.0.0.0:4001"]).is_at(SocketAddr::new(own, 4001)), "{own}");
        }
    }

    #[tokio::test]
    async fn names_are_resolved_where_others_connect() {
        let own = at(&["127.0.0.1:4001", "[::1]:4001"]);
        assert!(own.is_reached_by("http://localhost:4001/1/q").await);
        assert!(own.is_reached_by("http://127.0.0.1:4001/1/q").await);
        assert!(!own.is_reached_by("http://localhost:4002/1/q").await);
    }
}

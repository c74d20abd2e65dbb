//! Listening sockets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

/// Connections that may wait to be accepted.
const ACCEPT_BACKLOG: i32 = 4096;

/// How often a free port is looked for that both loopback addresses have.
const PORT_TRIES: u32 = 16;

/// A port that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("{api} API cannot listen on {address}")]
pub struct ListenError {
    api: &'static str,
    address: SocketAddr,
    source: std::io::Error,
}

/// Where an API listens: at one address, or at the loopback addresses of both families.
#[derive(Debug)]
pub(crate) struct Listeners {
    first: TcpListener,
    second: Option<TcpListener>,
}

impl Listeners {
    /// The next connection. Cancelling loses none.
    pub(crate) async fn accept(&self) -> std::io::Result<(TcpStream, SocketAddr)> {
        match &self.second {
            None => self.first.accept().await,
            Some(second) => tokio::select! {
                accepted = self.first.accept() => accepted,
                accepted = second.accept() => accepted,
            },
        }
    }

    /// Where a client of this machine reaches the API.
    pub(crate) fn reachable_address(&self) -> std::io::Result<SocketAddr> {
        let mut address = self.first.local_addr()?;
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        Ok(address)
    }

    /// The addresses that are listened at, as they were bound.
    pub(crate) fn addresses(&self) -> std::io::Result<Vec<SocketAddr>> {
        let all = [Some(&self.first), self.second.as_ref()];
        all.into_iter().flatten().map(TcpListener::local_addr).collect()
    }
}

/// Listens on a port for one of the APIs. `::` means all addresses, of IPv4 too.
pub(crate) fn listen(api: &'static str, address: IpAddr, port: u16) -> Result<Listeners, ListenError> {
    let wanted = SocketAddr::new(address, port);
    bind(wanted)
        .or_else(|err| match err.raw_os_error() {
            // A machine without IPv6.
            Some(_)
                if address.is_ipv6()
                    && address.is_unspecified()
                    && err.kind() != std::io::ErrorKind::AddrInUse =>
            {
                bind(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port))
            }
            _ => Err(err),
        })
        .map(|first| Listeners { first, second: None })
        .map_err(|source| ListenError {
            api,
            address: wanted,
            source,
        })
}

/// Listens for clients of this machine only: at both loopback addresses, for `localhost` may stand for either.
pub(crate) fn listen_on_loopback(api: &'static str, port: u16) -> Result<Listeners, ListenError> {
    let mut tries = PORT_TRIES;
    loop {
        let mut listeners = listen(api, Ipv4Addr::LOCALHOST.into(), port)?;
        let failed = |address, source| ListenError { api, address, source };
        let bound = listeners.first.local_addr();
        let taken = bound.map_err(|err| failed(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port), err))?;
        let second = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), taken.port());
        match bind(second) {
            Ok(listener) => listeners.second = Some(listener),
            Err(err) if err.kind() == std::io::ErrorKind::AddrInUse => {
                // Of a port that was free to choose, another one is as good.
                tries -= 1;
                if port != 0 || tries == 0 {
                    return Err(failed(second, err));
                }
                continue;
            }
            // A machine without IPv6.
            Err(_) => {}
        }
        return Ok(listeners);
    }
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(ACCEPT_BACKLOG)?;
    TcpListener::from_std(socket.into())
}

//! Listening sockets.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// Connections that may wait to be accepted.
const ACCEPT_BACKLOG: i32 = 4096;

/// A port that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("{api} API cannot listen on {address}")]
pub struct ListenError {
    api: &'static str,
    address: SocketAddr,
    source: std::io::Error,
}

/// Listens on a port for one of the APIs. `::` means all addresses, of IPv4 too.
pub(crate) fn listen(api: &'static str, address: IpAddr, port: u16) -> Result<TcpListener, ListenError> {
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
        .map_err(|source| ListenError {
            api,
            address: wanted,
            source,
        })
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

/// Where a client of this machine reaches a listener.
pub(crate) fn reachable_address(listener: &TcpListener) -> std::io::Result<SocketAddr> {
    let mut address = listener.local_addr()?;
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    Ok(address)
}

//! How connections are opened, and where the guard stands: every address is judged right before it is connected to.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec;

use http::Uri;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::lookups::BoundedResolver;
use crate::error::BoxError;
use crate::network_guard::{AddressRefused, NetworkGuard};
use crate::own_api::OwnConfigApi;
use crate::settings::LookupLimits;

type Connecting = Pin<Box<dyn Future<Output = Result<TokioIo<TcpStream>, BoxError>> + Send>>;
type Resolving = Pin<Box<dyn Future<Output = Result<vec::IntoIter<SocketAddr>, BoxError>> + Send>>;

/// Longest time of connecting, shared by the addresses of a name: the next one is tried when one says nothing. Calls
/// have deadlines of their own besides.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the other end of a quiet connection is asked whether it is still there: address translation in between
/// forgets connections after some minutes, while functions may take a quarter of an hour.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Opens TCP connections, without proxies. What it costs to ask the guard is paid for each connection, not each call.
#[derive(Clone)]
pub(super) struct TcpConnector<R = BoundedResolver> {
    tcp: HttpConnector<GuardedResolver<R>>,
    guard: Option<Arc<NetworkGuard>>,
    own_config_api: OwnConfigApi,
    offers_http2: bool,
}

impl TcpConnector {
    /// Connections to names as the operating system resolves them, so many at a time.
    pub(super) fn new(guard: Option<Arc<NetworkGuard>>, lookups: LookupLimits) -> Self {
        Self::with_resolver(BoundedResolver::new(lookups), guard)
    }
}

impl<R: Clone> TcpConnector<R> {
    fn with_resolver(names: R, guard: Option<Arc<NetworkGuard>>) -> Self {
        let resolver = GuardedResolver {
            names,
            guard: guard.clone(),
        };
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        tcp.set_keepalive(Some(KEEP_ALIVE));
        tcp.set_keepalive_interval(Some(KEEP_ALIVE));
        Self {
            tcp,
            guard,
            own_config_api: OwnConfigApi::default(),
            offers_http2: true,
        }
    }

    /// The same connector, whose connections over TLS offer HTTP/2 or do not.
    pub(super) fn offering_http2(self, offers_http2: bool) -> Self {
        Self { offers_http2, ..self }
    }

    /// Whether connections over TLS offer HTTP/2.
    pub(super) fn offers_http2(&self) -> bool {
        self.offers_http2
    }

    /// The same connector, whose connections never lead to this API, whatever the guard says.
    pub(super) fn avoiding(self, own_config_api: OwnConfigApi) -> Self {
        Self {
            own_config_api,
            ..self
        }
    }

    /// The same connector for URLs that are not http, whose connections something else goes on with.
    pub(super) fn for_tls(mut self) -> Self {
        self.tcp.enforce_http(false);
        self
    }

    /// Whether the host of a URL is an address that is refused. No resolver is asked about such hosts.
    fn refuses_literal(&self, to: &Uri) -> bool {
        let Some(guard) = &self.guard else {
            return false;
        };
        let host = to.host().unwrap_or_default();
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let address: Result<IpAddr, _> = bare.unwrap_or(host).parse();
        address.is_ok_and(|address| !guard.allows(address))
    }
}

impl<R> Service<Uri> for TcpConnector<R>
where
    R: Service<Name> + Clone + Send + Sync + 'static,
    R::Response: Iterator<Item = SocketAddr>,
    R::Error: Into<BoxError>,
    R::Future: Send + 'static,
{
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Connecting;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Connecting {
        if self.refuses_literal(&to) {
            return Box::pin(async { Err(AddressRefused.into()) });
        }
        // Names are not told apart here: of a connection that was opened, the address is known for certain.
        let avoided = self
            .own_config_api
            .has_port(port(&to))
            .then(|| self.own_config_api.clone());
        let opening = self.tcp.call(to);
        Box::pin(async move {
            let opened = opening.await?;
            if let Some(own_config_api) = avoided
                && own_config_api.is_at(opened.inner().peer_addr()?)
            {
                return Err(AddressRefused.into());
            }
            Ok(opened)
        })
    }
}

/// The port that a URL leads to.
fn port(to: &Uri) -> u16 {
    let of_scheme = if to.scheme() == Some(&Scheme::HTTPS) {
        443
    } else {
        80
    };
    to.port_u16().unwrap_or(of_scheme)
}

/// Resolves names and gives only those addresses that may be connected to. They are connected to as they are: nobody
/// resolves the name a second time.
#[derive(Clone)]
struct GuardedResolver<R> {
    names: R,
    guard: Option<Arc<NetworkGuard>>,
}

impl<R> Service<Name> for GuardedResolver<R>
where
    R: Service<Name>,
    R::Response: Iterator<Item = SocketAddr>,
    R::Error: Into<BoxError>,
    R::Future: Send + 'static,
{
    type Response = vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = Resolving;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.names.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, name: Name) -> Resolving {
        let guard = self.guard.clone();
        let is_listed = guard
            .as_ref()
            .is_some_and(|guard| guard.lists_name(name.as_str()));
        let resolving = self.names.call(name);
        Box::pin(async move {
            let mut addresses: Vec<_> = resolving.await.map_err(Into::into)?.collect();
            let resolved = addresses.len();
            if let Some(guard) = guard {
                // Of a mixed answer the public addresses remain: nothing else is connected to, and a name that has an
                // address of its own network besides stays reachable.
                addresses.retain(|address| {
                    let address = address.ip();
                    guard.allows(address) || (is_listed && !guard.denies(address))
                });
            }
            if addresses.is_empty() && resolved > 0 {
                return Err(AddressRefused.into());
            }
            Ok(addresses.into_iter())
        })
    }
}

#[cfg(test)]
mod tests;

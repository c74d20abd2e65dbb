//! Clients that speak TLS: HTTP/2 where the server picks it, otherwise HTTP/1.1.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::HOST;
use http::{Request, Response, Version};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{self, Client};
use rustls::ClientConfig;

use super::client::{Payload, client};
use super::connector::TcpConnector;
use super::ending::{ConnectionEnd, EndingConnector};
use super::lanes::{Lanes, Place, Sharing};
use super::lookups::caller;
use super::response_body::ResponseBody;
use super::tls;
use super::unread::Unread;

/// How often a request is sent again that a server has refused without looking at it.
const RESENDS: u32 = 2;

/// Headers that an answer may have, as over HTTP/1.1.
const MOST_HEADERS: usize = 100;

/// The port that HTTP/1.1 clients leave out of `Host`.
const HTTPS_PORT: u16 = 443;

type LaneClient = Client<HttpsConnector<EndingConnector>, Payload>;

/// A client for all servers that are spoken to with the same certificates. A cheap handle.
#[derive(Clone)]
pub(super) struct EncryptedClient(Arc<EncryptedInner>);

struct EncryptedInner {
    tcp: TcpConnector,
    config: ClientConfig,
    connector: HttpsConnector<EndingConnector>,
    together: LaneClients,
    apart: LaneClients,
}

struct LaneClients {
    lanes: Arc<Lanes>,
    /// One for each lane, as far as there were any.
    clients: Mutex<Vec<LaneClient>>,
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum EncryptedError {
    #[error(transparent)]
    Client(#[from] legacy::Error),
    #[error("the answer has more than {MOST_HEADERS} headers")]
    Headers,
}

impl EncryptedClient {
    /// A client that opens its connections so.
    pub(super) fn new(tcp: TcpConnector, config: ClientConfig) -> Self {
        Self(Arc::new(EncryptedInner {
            connector: tls::connector(tcp.clone(), config.clone()),
            tcp,
            config,
            together: LaneClients::new(Sharing::Shared),
            apart: LaneClients::new(Sharing::Own),
        }))
    }

    /// Sends a request with an absolute URI. One that the server refused before it did anything about it is sent again:
    /// it may have been about to close the connection, or have too much to do on this one.
    pub(super) async fn send(
        &self,
        request: Request<Payload>,
        sharing: Sharing,
    ) -> Result<Response<ResponseBody>, EncryptedError> {
        let lanes = match sharing {
            Sharing::Shared => &self.0.together,
            Sharing::Own => &self.0.apart,
        };
        let server = request.uri().authority();
        let place = server.map(|server| lanes.lanes.enter(caller(), server));
        let client = lanes.client(place.as_ref().map_or(0, Place::lane), &self.0.connector);
        let (head, payload) = request.into_parts();
        let (payload, mut unread) = Unread::follow(payload, place);
        let mut request = Request::from_parts(head, payload);
        // HTTP/2 has its host in the URI, and for HTTP/1.1 the client makes the same header of that.
        if request.uri().port_u16() != Some(HTTPS_PORT) {
            request.headers_mut().remove(HOST);
        }
        let mut resends = RESENDS;
        let mut response = loop {
            // A body is shared, not copied.
            let again = (resends > 0).then(|| request.clone());
            match (client.request(request).await, again) {
                (Ok(response), _) => break response,
                (Err(error), Some(again)) if is_unprocessed(&error) => {
                    resends -= 1;
                    request = again;
                }
                (Err(error), _) => return Err(error.into()),
            }
        };
        unread.answered_over(response.extensions_mut().remove::<ConnectionEnd>());
        let is_http2 = response.version() == Version::HTTP_2;
        if is_http2 && response.headers().len() > MOST_HEADERS {
            return Err(EncryptedError::Headers);
        }
        Ok(response.map(|body| ResponseBody::shared(body, is_http2, unread)))
    }

    /// Opens connections that speak HTTP/1.1, whatever else the server knows: the version that can be upgraded from.
    pub(super) fn upgradable(&self) -> HttpsConnector<EndingConnector> {
        let EncryptedInner { tcp, config, .. } = &*self.0;
        tls::connector(tcp.clone().offering_http2(false), config.clone())
    }
}

impl LaneClients {
    fn new(sharing: Sharing) -> Self {
        Self {
            lanes: Arc::new(Lanes::new(sharing)),
            clients: Mutex::default(),
        }
    }

    fn client(&self, lane: usize, connector: &HttpsConnector<EndingConnector>) -> LaneClient {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        while clients.len() <= lane {
            clients.push(client(connector.clone()));
        }
        clients[lane].clone()
    }
}

/// Whether a server said that it did nothing about a request (RFC 9113, section 8.7): it refused the stream, or the stream
/// is one of those that it left out when it announced the end of the connection.
fn is_unprocessed(error: &legacy::Error) -> bool {
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes
        .find_map(|cause| cause.downcast_ref::<h2::Error>())
        .is_some_and(|error| {
            error.is_remote() && (error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM))
        })
}

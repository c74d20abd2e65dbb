//! Where spans go.

use std::io;

use crate::otlp::{NoCertificates, OtlpClient, OtlpSettings, SendError};
use crate::span::Span;
use crate::xray::XRaySocket;

/// Where spans go.
#[derive(Debug, Clone)]
pub enum SinkSettings {
    /// To what takes OTLP over HTTP.
    Otlp(OtlpSettings),
    /// To the daemon of AWS X-Ray.
    XRay {
        /// Its UDP address, or a name and a port.
        daemon: String,
        /// What the program is called there.
        service: String,
    },
}

/// Why spans cannot be sent anywhere.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// What takes them cannot be trusted.
    #[error(transparent)]
    NoCertificates(#[from] NoCertificates),
    /// There is no socket for the daemon of X-Ray.
    #[error("no UDP socket for the daemon of AWS X-Ray")]
    NoSocket(#[source] io::Error),
}

/// What sends spans.
#[derive(Debug)]
pub(crate) enum Sink {
    Otlp(Box<OtlpClient>),
    XRay(XRaySocket),
}

impl Sink {
    pub(crate) fn open(settings: SinkSettings) -> Result<Self, SinkError> {
        Ok(match settings {
            SinkSettings::Otlp(settings) => Self::Otlp(Box::new(OtlpClient::new(settings)?)),
            SinkSettings::XRay { daemon, service } => {
                Self::XRay(XRaySocket::open(&daemon, service).map_err(SinkError::NoSocket)?)
            }
        })
    }

    /// Sends spans once, in the form that was made of them. Gives how many were left out.
    pub(crate) async fn send(&self, spans: &[Span]) -> Result<usize, SendError> {
        match self {
            Self::Otlp(client) => client.send(client.body(spans)).await.map(|()| 0),
            Self::XRay(socket) => Ok(socket.send(spans)),
        }
    }
}

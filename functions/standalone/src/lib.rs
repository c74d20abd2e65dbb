//! The gateway as one process: both APIs on their ports, the delivery workers, and an orderly end.

mod certificate;
mod connection;
mod data_folder;
mod http2;
mod listener;
mod paced;
mod preface;
mod reading_pace;
mod running;
mod tls;

pub use certificate::TlsError;
pub use listener::ListenError;
pub use running::{RunningGateway, StartError, start};

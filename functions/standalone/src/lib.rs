//! The gateway as one process: both APIs on their ports, the delivery workers, and an orderly end.

mod connection;
mod data_folder;
mod listener;
mod paced;
mod running;
mod tls;

pub use listener::ListenError;
pub use running::{RunningGateway, StartError, start};
pub use tls::TlsError;

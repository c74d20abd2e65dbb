//! The engine: a request comes in, its event finds its subscribers, functions are called or deliveries queued.
//!
//! Everything that serves HTTP or drains a queue goes through [`Gateway`]; what it decides by is in `domain`.

mod authorize;
mod call;
mod deliver;
mod error;
mod error_chain;
mod gateway;
mod hosted;
pub mod metrics;
mod process;
mod receive;
mod stamp;
mod system_events;

pub use call::CallError;
pub use deliver::Dispatched;
pub use error::GatewayError;
pub use error_chain::ErrorChain;
pub use gateway::{Gateway, GatewaySettings};
pub use hosted::HostedDomains;
pub use receive::{Answer, Received};
pub use targets::AccessDeniedCode;

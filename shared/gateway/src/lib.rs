//! The engine: a request comes in, its event finds its subscribers, functions are called or deliveries queued.
//!
//! Everything that serves HTTP or drains a queue goes through [`Gateway`]; what it decides by is in `domain`.

mod authorize;
mod call;
mod circuit_breaker;
mod dead_letters;
mod deduplication;
mod deliver;
mod delivery_log;
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
pub use circuit_breaker::{Admission, CircuitBreakerSettings, CircuitBreakers, CircuitChange, Permit};
pub use dead_letters::{DeadLetterError, DeadLetters, Redriven};
pub use delivery_log::{
    AttemptFiles, AttemptFilesLimits, AttemptFilter, DELIVERY_LOG_DROPPED, DELIVERY_LOG_TARGET, DeliveryLog,
};
pub use error::GatewayError;
pub use error_chain::ErrorChain;
pub use gateway::{Gateway, GatewayParts, GatewaySettings};
pub use hosted::HostedDomains;
pub use receive::{Answer, Received};
pub use targets::AccessDeniedCode;

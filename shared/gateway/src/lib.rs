//! The engine: a request comes in, its event finds its subscribers, functions are called or deliveries queued.
//!
//! Everything that serves HTTP or drains a queue goes through [`Gateway`]; what it decides by is in `domain`.

mod authorize;
mod batch;
mod call;
mod circuit_breaker;
mod circuit_report;
mod client;
mod dead_letters;
mod deduplication;
mod deliver;
mod error;
mod function_answer;
mod gateway;
mod hosted;
mod legacy;
pub mod metrics;
mod orphans;
mod planned_call;
mod process;
mod receive;
mod room;
mod routed;
mod stamp;
mod streamed_response;
mod sync_calls;
mod system_events;
mod unauthorized;
mod weighted;

pub use call::CallError;
pub use circuit_breaker::{
    Admission, CircuitBreakerSettings, CircuitBreakers, CircuitChange, Permit, Registered,
};
pub use client::{Client, WaitingClient};
pub use dead_letters::{DeadLetterError, DeadLetters, Redriven};
pub use deliver::DispatchTime;
pub use error::GatewayError;
pub use gateway::{Gateway, GatewayParts, GatewaySettings};
pub use hosted::HostedDomains;
pub use receive::{Answer, Received};
pub use streamed_response::{StreamedBody, StreamedResponse};
pub use targets::{AccessDeniedCode, BytesInFlight, COUNTED_FROM, ErrorChain, Gathered, Held, OwnConfigApi};

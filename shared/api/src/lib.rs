//! The HTTP face of the gateway: the Events API, the Configuration API, and the one table from errors to answers.

mod body;
pub mod config;
mod error;
pub mod events;
mod in_flight;
mod request_target;

pub use body::{BodyLimits, LeastRate};
pub use in_flight::{BytesInFlight, Held};

//! The HTTP face of the gateway: the Events API, the Configuration API, and the one table from errors to answers.

mod body;
pub mod config;
mod error;
pub mod events;
mod request_target;

pub use body::BodyLimits;

//! The HTTP face of the gateway: the Events API, the Configuration API, and the one table from errors to answers.

mod access_log;
mod answer_options;
mod body;
mod client_connections;
mod compression;
pub mod config;
mod content_coding;
mod error;
pub mod events;
mod health;
mod in_flight;
mod least_rate;
mod observed;
mod request_id;
mod request_target;
mod server_span;
mod unstoppable;
mod when_woken;

pub use access_log::{AccessLogFormat, AccessLogging, LoggedRequests};
pub use answer_options::AnswerOptions;
pub use body::BodyLimits;
pub use client_connections::{ClientConnection, ClientConnections};
pub use error::overloaded;
pub use gateway::{BytesInFlight, Held};
pub use health::{HealthPathError, HealthPaths};
pub use least_rate::{LeastRate, RateWindow};
pub use request_id::identified_refusal;
pub use when_woken::WhenWoken;

//! What every process of the gateway starts with: its settings, its telemetry and its wiring.
//!
//! This is the only crate that reads environment variables.

mod aws;
mod flags;
mod log_field;
mod log_format;
mod log_sampling;
pub mod settings;
pub mod telemetry;
pub mod wiring;

pub use aws::NoRegion;
pub use settings::Settings;
pub use wiring::Parts;

/// Version of the program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

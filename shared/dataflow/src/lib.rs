//! What happens to the data of events: transforms.
//!
//! No I/O, no clock of its own, no tokio; and nothing here knows what an event of the gateway is: all is JSON text.

pub mod schema;
pub mod transform;

//! Black-box suites of Event Gateway and what they are made of: a client, recorded functions, a gateway to test.

pub mod client;
pub mod contract;
pub mod host;
pub mod target;

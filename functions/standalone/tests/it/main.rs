//! The program as its users run it: a process of its own, reached over its ports, stopped by signals.

#![expect(
    clippy::unwrap_used,
    reason = "a test says by panicking that its ground gave way"
)]

mod applying;
mod authorizers;
mod bad_input;
mod batches;
mod client;
mod configuration;
mod delivery;
mod documented_targets;
mod durability;
mod function_server;
mod gateway_process;
mod http2;
mod http2_client;
mod leaked_keys;
mod legacy;
mod loops;
mod metrics;
mod observability;
mod process;
mod responses;
mod secrets;
mod stderr_lines;
mod tenant_erasure;
mod usage;

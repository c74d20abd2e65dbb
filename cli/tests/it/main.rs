//! The program as its users run it: a process of its own, against a stand-in that records requests and against a gateway.

#![expect(
    clippy::unwrap_used,
    reason = "a test says by panicking that its ground gave way"
)]

mod applying;
mod applying_for_real;
mod auditing;
mod completion;
mod contexts;
mod deliveries;
mod developing;
mod diagnosing;
mod emitting;
mod gateway_process;
mod importing;
mod keys;
mod program;
mod resources;
mod schema;
mod stand_in;
mod tenants;
mod using;

//! Delivery queues from outside: their contract, and what those on SQS ask of it, failures of the service, and the end.

#![expect(
    clippy::unwrap_used,
    reason = "a test says by panicking that its ground gave way"
)]

mod admission;
mod closing;
mod contract;
mod delays;
mod deliveries;
mod faults;
mod log;
mod ordered;
mod peer;
mod receiving;
mod sending;
mod settling;
mod signed;

//! The queue on SQS from outside: its contract, what it asks of SQS, failures of the service, and its end.

#![expect(
    clippy::unwrap_used,
    reason = "a test says by panicking that its ground gave way"
)]

mod closing;
mod contract;
mod deliveries;
mod faults;
mod log;
mod peer;
mod receiving;
mod sending;

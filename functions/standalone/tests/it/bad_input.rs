//! Whatever comes in, over the ports or from functions, gets a clear answer where one is due, costs bounded memory,
//! and hurts nobody else.

mod bodies;
mod bytes_in_flight;
mod config_bodies;
mod function_answers;
mod head_sizes;
mod nesting;
mod request_lines;
mod slow_clients;
mod unread_answers;

use crate::gateway_process::GatewayProcess;

/// Most memory that a gateway may have had after any of this, in MiB. It starts with about 10; bodies and answers of
/// 10 MiB each, held a few times over while they are decoded and passed on, are what the rest is for.
const MEMORY: u64 = 256;

/// Fails unless the gateway is as well as it was.
fn assert_unharmed(gateway: &mut GatewayProcess) {
    gateway.assert_serving();
    gateway.assert_peak_memory_below(MEMORY);
}

/// JSON that is `levels` arrays deep.
fn deep_array(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

/// JSON that is `levels` objects deep.
fn deep_object(levels: usize) -> String {
    "{\"a\":".repeat(levels) + "1" + &"}".repeat(levels)
}

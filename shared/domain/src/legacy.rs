//! What clients of 2017 (versions 0.5 to 0.7 of the gateway) send, told in today's terms (docs/contract.md §7). Used where
//! the setting `--legacy-api` is on, and only there.

mod cors;
mod direct_call;
mod function;
mod subscription;
#[cfg(test)]
mod tests;

pub use cors::event_cors;
pub use direct_call::{DirectCall, direct_call, invoke_event};
pub use function::{function_error, lift_provider_type};
pub use subscription::{CORS_OWNER, LegacySubscription, SubscriptionView, is_owned_by, subscription};

/// Type of the event of a direct call, and of the subscriptions that allow such calls.
pub const INVOKE: &str = "invoke";

//! The last stage: deliveries that wait in the queue are made, and what comes of them is settled.

mod attempt;
mod authorization;
pub(crate) mod dead_letters;
mod deliverer;
mod dispatch_time;
mod fair_permits;
mod hooks;
mod orphans;
mod permits;
mod process_span;
mod quota;
mod quota_turns;
mod step;
#[cfg(test)]
mod tests;
mod verdict;
mod worker;

pub(crate) use deliverer::Deliverer;
pub use dispatch_time::DispatchTime;
pub(crate) use permits::Permits;
pub(crate) use quota_turns::QuotaTurns;

//! The last stage: deliveries that wait in the queue are made, and what comes of them is settled.

mod attempt;
mod authorization;
pub(crate) mod dead_letters;
mod dispatch_time;
mod dispatcher;
mod orphans;
mod permits;
mod step;
#[cfg(test)]
mod tests;
mod turns;
mod verdict;
mod worker;

pub use dispatch_time::DispatchTime;
pub(crate) use dispatcher::Dispatcher;
pub(crate) use permits::Permits;

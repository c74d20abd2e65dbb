//! Which events a subscription wants.
//!
//! `filters` of a subscription are compiled into [`Filters`], whatever their dialects: those of the CloudEvents
//! Subscriptions API (`exact`, `prefix`, `suffix`, `all`, `any`, `not`, `sql`) and EventBridge's event patterns
//! (`pattern`). [`Filters::matches`] is the truth; [`FilterIndex`] finds those that match among many, by what each of them
//! requires at least.
//!
//! Nothing here knows what an event of the gateway is: filters see a [`Subject`].

mod anchors;
mod attribute;
mod budget;
mod cesql;
mod condition;
mod error;
mod filter;
mod filters;
mod index;
mod limits;
mod members;
mod number;
mod pattern;
mod reading;
mod requirement;
#[cfg(test)]
mod sample;
mod shown;
mod steps;
mod subject;
mod wanted;

pub use condition::Condition;
pub use error::FilterError;
pub use filters::Filters;
pub use index::FilterIndex;
pub use limits::FilterLimits;
pub use requirement::{Anchor, Requirement, Test};
pub use subject::{Scalar, Subject};

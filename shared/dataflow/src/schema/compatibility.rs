//! Whether data that one schema allows is allowed by another: what makes a new version of a schema safe to adopt.
//!
//! A keyword of the schema that has to accept the data is either implied by the other schema, or it is refused, with a value
//! that the one allows and the other does not. Such a value is tried on both before it is shown. Where neither a proof nor
//! a value is found the change is refused as well, and says so: safe, not clever.

use super::Schema;

mod arrays;
mod budget;
mod combined;
mod conjunction;
mod decimal;
mod disjoint;
mod members;
mod mode;
mod number_order;
mod numbers;
mod objects;
mod pattern_sample;
mod patterns;
mod refusal;
mod sample;
mod sampled_scalars;
mod scalars;
mod types;
mod value_set;
mod walk;

#[cfg(test)]
mod tests;

pub use budget::CompareBudget;
pub use mode::{CompareLimits, Compatibility, Policy};
pub use refusal::{Direction, Refusal};

/// What of a new version is not compatible with one before it; nothing: it is. What the budget is too small for is not
/// compatible.
pub fn refusals(
    compatibility: Compatibility,
    policy: Policy,
    old: &Schema,
    new: &Schema,
    limits: &CompareLimits,
    budget: &CompareBudget,
) -> Vec<Refusal> {
    let mut all = Vec::new();
    if compatibility.is_backward() {
        all.extend(walk::refusals(
            Direction::Backward,
            policy,
            old,
            new,
            limits,
            budget,
        ));
    }
    if compatibility.is_forward() {
        all.extend(walk::refusals(
            Direction::Forward,
            policy,
            new,
            old,
            limits,
            budget,
        ));
    }
    all.truncate(limits.refusals);
    all
}

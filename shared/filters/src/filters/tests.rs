//! The dialects, what is refused, and what is said about events.

mod dialects;
mod explaining;
mod refusals;
mod required;
mod size;

use super::Filters;
use crate::{FilterError, FilterLimits};

fn compile(json: &str) -> Result<Filters, FilterError> {
    Filters::compile(json, &FilterLimits::default())
}

//! What is left of the limits while filters are compiled.

use crate::{FilterError, FilterLimits};

/// Counts what the filters of one subscription are made of; what is above the limits is an error that names the place.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    limits: FilterLimits,
    depth: usize,
    conditions: usize,
    wildcards: usize,
}

impl Budget {
    pub(crate) fn new(limits: &FilterLimits) -> Self {
        Self {
            limits: *limits,
            depth: 0,
            conditions: 0,
            wildcards: 0,
        }
    }

    /// One condition more.
    pub(crate) fn condition(&mut self, pointer: &str) -> Result<(), FilterError> {
        self.conditions += 1;
        within(self.conditions, self.limits.max_conditions, "conditions", pointer)
    }

    /// `count` wildcard characters more.
    pub(crate) fn wildcards(&mut self, count: usize, pointer: &str) -> Result<(), FilterError> {
        self.wildcards = self.wildcards.saturating_add(count);
        within(self.wildcards, self.limits.max_wildcards, "wildcards", pointer)
    }

    /// Conditions that the combinations of a pattern may add.
    pub(crate) fn max_combinations(&self) -> usize {
        self.limits.max_combinations
    }

    /// One level deeper, until [`Self::leave`].
    pub(crate) fn enter(&mut self, pointer: &str) -> Result<(), FilterError> {
        self.depth += 1;
        within(self.depth, self.limits.max_depth, "levels of nesting", pointer)
    }

    /// Back on the level above.
    pub(crate) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

fn within(count: usize, most: usize, of_what: &str, pointer: &str) -> Result<(), FilterError> {
    if count <= most {
        return Ok(());
    }
    Err(FilterError::at(
        pointer,
        format!("more than {most} {of_what}; the filters of a subscription may have {most} in all"),
    ))
}

#[cfg(test)]
mod tests {
    use super::Budget;
    use crate::FilterLimits;

    #[test]
    fn what_is_above_the_limits_is_refused_where_it_is() {
        let limits = FilterLimits {
            max_depth: 2,
            max_conditions: 3,
            max_wildcards: 4,
            ..FilterLimits::default()
        };
        let mut budget = Budget::new(&limits);
        for _ in 0..3 {
            budget.condition("/0").expect("three conditions");
        }
        let refused = budget.condition("/1/exact").expect_err("the fourth condition");
        assert_eq!(refused.pointer, "/1/exact");
        assert!(refused.reason.starts_with("more than 3 conditions"), "{refused}");

        budget.wildcards(4, "/0").expect("four wildcards");
        budget.wildcards(usize::MAX, "/0").expect_err("any more");

        budget.enter("/0").expect("the first level");
        budget.enter("/0").expect("the second level");
        budget.enter("/0").expect_err("the third level");
        budget.leave();
        budget.leave();
        budget.enter("/0").expect("the second level again");
    }
}

//! The filters of one subscription, compiled.

#[cfg(test)]
mod tests;

use serde_json::value::RawValue;

use crate::budget::Budget;
use crate::filter::{Explained, Filter};
use crate::reading::Reading;
use crate::steps::Steps;
use crate::wanted::Wanted;
use crate::{Condition, FilterError, FilterLimits, Requirement, Subject};

/// `filters` of a subscription: an event passes if all of them let it.
#[derive(Debug, Clone, PartialEq)]
pub struct Filters {
    filters: Box<[Filter]>,
    /// Of [`FilterLimits`].
    max_steps: usize,
}

impl Filters {
    /// Compiles the JSON array `filters`. Without filters in it every event passes.
    pub fn compile(json: &str, limits: &FilterLimits) -> Result<Self, FilterError> {
        if json.len() > limits.max_bytes {
            let reason = format!("larger than {} bytes", limits.max_bytes);
            return Err(FilterError::at("", reason));
        }
        let json: &RawValue =
            serde_json::from_str(json).map_err(|error| FilterError::at("", format!("no JSON: {error}")))?;
        let expected = r#"expected a list of filters, such as [{"exact": {"type": "order.created"}}]"#;
        let mut budget = Budget::new(limits);
        let mut filters = Vec::new();
        for (at, filter) in Filter::listed(json, "", expected)?.into_iter().enumerate() {
            filters.push(Filter::compile(filter, &format!("/{at}"), &mut budget)?);
        }
        Ok(Self {
            filters: filters.into(),
            max_steps: limits.max_steps,
        })
    }

    /// Whether all let the event pass.
    pub fn matches(&self, event: &dyn Subject) -> bool {
        self.matches_reading(event, &self.reading(event))
    }

    /// The same with a reading of the event, which has at least the paths of patterns.
    pub(crate) fn matches_reading(&self, event: &dyn Subject, reading: &Reading<'_>) -> bool {
        let steps = Steps::new(self.max_steps);
        self.filters
            .iter()
            .all(|filter| filter.passes(event, reading, &steps))
    }

    /// The same, with a reason for every condition; what is in `all`, `any` and `not` comes before them.
    pub fn explain(&self, event: &dyn Subject) -> Vec<Condition> {
        let mut explained = Explained {
            event,
            reading: &self.reading(event),
            steps: &Steps::new(self.max_steps),
            conditions: Vec::new(),
        };
        for (at, filter) in self.filters.iter().enumerate() {
            filter.explain(&mut explained, &format!("/{at}"));
        }
        explained.conditions
    }

    /// What holds for every event that passes: all of these requirements do. Empty if nothing of the kind can be said.
    pub fn requirements(&self) -> Vec<Requirement> {
        self.filters.iter().flat_map(Filter::requirements).collect()
    }

    /// Calls `visit` for every path of an event that they look at, as often as they do.
    pub fn paths(&self, visit: &mut dyn FnMut(&str)) {
        self.filters.iter().for_each(|filter| filter.paths(visit));
    }

    /// The same for every path that has to be in a reading.
    pub(crate) fn paths_read(&self, visit: &mut dyn FnMut(&str)) {
        self.filters.iter().for_each(|filter| filter.paths_read(visit));
    }

    fn reading<'e>(&self, event: &'e dyn Subject) -> Reading<'e> {
        let mut wanted = Wanted::default();
        self.paths_read(&mut |path| {
            wanted.add(path);
        });
        Reading::of(event, &wanted)
    }
}

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
    all: Box<[Filter]>,
    /// Of [`FilterLimits`].
    max_steps: usize,
    /// Of the text that they were compiled of.
    bytes: usize,
}

impl Filters {
    /// Compiles the JSON array `filters`. Without filters in it every event passes.
    pub fn compile(json: &str, limits: &FilterLimits) -> Result<Self, FilterError> {
        let bytes = json.len();
        if bytes > limits.max_bytes {
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
            all: filters.into(),
            max_steps: limits.max_steps,
            bytes,
        })
    }

    /// Whether all let the event pass, with as many steps as they were compiled with.
    pub fn matches(&self, event: &dyn Subject) -> bool {
        self.matches_within(event, self.max_steps)
    }

    /// Whether all let the event pass, with so many steps ([`FilterLimits::max_steps`]). What needs more does not pass,
    /// within `not` either.
    pub fn matches_within(&self, event: &dyn Subject, max_steps: usize) -> bool {
        self.matches_reading(event, &self.reading(event), max_steps)
    }

    /// The same for who must not miss an event: what needs more steps passes.
    pub fn may_match(&self, event: &dyn Subject, max_steps: usize) -> bool {
        let (reading, steps) = (self.reading(event), Steps::new(max_steps));
        let passes = self
            .all
            .iter()
            .all(|filter| filter.passes(event, &reading, &steps));
        passes || steps.is_over()
    }

    /// The same with a reading of the event, which has at least the paths of patterns.
    pub(crate) fn matches_reading(
        &self,
        event: &dyn Subject,
        reading: &Reading<'_>,
        max_steps: usize,
    ) -> bool {
        let steps = Steps::new(max_steps);
        let passes = self
            .all
            .iter()
            .all(|filter| filter.passes(event, reading, &steps));
        passes && !steps.is_over()
    }

    /// Bytes of the text that they were compiled of: trying them takes time in proportion.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many steps they were compiled with.
    pub(crate) fn max_steps(&self) -> usize {
        self.max_steps
    }

    /// The same, with a reason for every condition; what is in `all`, `any` and `not` comes before them.
    pub fn explain(&self, event: &dyn Subject) -> Vec<Condition> {
        self.explain_within(event, self.max_steps)
    }

    /// The same with so many steps. Twice as many are for the reasons, of which there are also some where one is enough.
    pub fn explain_within(&self, event: &dyn Subject, max_steps: usize) -> Vec<Condition> {
        let steps = &Steps::new(max_steps.saturating_mul(2));
        let mut explained = Explained {
            event,
            reading: &self.reading(event),
            steps,
            conditions: Vec::new(),
        };
        for (at, filter) in self.all.iter().enumerate() {
            filter.explain(&mut explained, &format!("/{at}"));
        }
        if steps.is_over() {
            explained.conditions.push(Condition {
                pointer: String::new(),
                passes: false,
                reason: format!(
                    "they need more than {max_steps} steps for this event, and do not let it pass"
                ),
            });
        }
        explained.conditions
    }

    /// What holds for every event that passes: all of these requirements do. Empty if nothing of the kind can be said.
    pub fn requirements(&self) -> Vec<Requirement> {
        self.all.iter().flat_map(Filter::requirements).collect()
    }

    /// Calls `visit` for every path of an event that they look at, as often as they do.
    pub fn paths(&self, visit: &mut dyn FnMut(&str)) {
        self.all.iter().for_each(|filter| filter.paths(visit));
    }

    /// The same for every path that has to be in a reading.
    pub(crate) fn paths_read(&self, visit: &mut dyn FnMut(&str)) {
        self.all.iter().for_each(|filter| filter.paths_read(visit));
    }

    fn reading<'e>(&self, event: &'e dyn Subject) -> Reading<'e> {
        let mut wanted = Wanted::default();
        self.paths_read(&mut |path| {
            wanted.add(path);
        });
        Reading::of(event, &wanted)
    }
}

//! One filter, in any dialect.

mod source;

use crate::attribute::{Attributes, Comparison};
use crate::cesql::Sql;
use crate::pattern::Pattern;
use crate::reading::Reading;
use crate::steps::Steps;
use crate::{Condition, Requirement, Subject, anchors};

/// A filter of a subscription, compiled.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    /// `exact`, `prefix`, `suffix`.
    Attributes(Comparison, Attributes),
    /// Each of them.
    All(Box<[Filter]>),
    /// At least one of them.
    Any(Box<[Filter]>),
    Not(Box<Filter>),
    Sql(Sql),
    Pattern(Box<Pattern>),
}

impl Filter {
    pub(crate) fn passes(&self, event: &dyn Subject, reading: &Reading<'_>, steps: &Steps) -> bool {
        match self {
            Self::Attributes(comparison, attributes) => attributes.pass(*comparison, event),
            Self::All(filters) => filters.iter().all(|filter| filter.passes(event, reading, steps)),
            Self::Any(filters) => filters.iter().any(|filter| filter.passes(event, reading, steps)),
            Self::Not(filter) => !filter.passes(event, reading, steps),
            Self::Sql(sql) => sql.matches(event, steps),
            Self::Pattern(pattern) => pattern.matches(reading, steps),
        }
    }

    /// The same, with conditions for all that is within, before those of what it is within.
    pub(crate) fn explain(&self, explained: &mut Explained<'_, '_>, pointer: &str) -> bool {
        let (passes, reason) = match self {
            Self::Attributes(comparison, attributes) => {
                let pointer = format!("{pointer}/{}", self.dialect());
                return attributes.explain(*comparison, explained.event, &pointer, &mut explained.conditions);
            }
            Self::Pattern(pattern) => {
                let pointer = format!("{pointer}/{}", self.dialect());
                let (reading, steps) = (explained.reading, explained.steps);
                return pattern.explain(reading, steps, &pointer, &mut explained.conditions);
            }
            Self::All(filters) | Self::Any(filters) => {
                let mut passing = 0;
                for (at, filter) in filters.iter().enumerate() {
                    passing +=
                        usize::from(filter.explain(explained, &format!("{pointer}/{}/{at}", self.dialect())));
                }
                let passes = match self {
                    Self::All(_) => passing == filters.len(),
                    _ => passing > 0,
                };
                (passes, format!("{passing} of {} let it pass", filters.len()))
            }
            Self::Not(filter) => {
                let inner = filter.explain(explained, &format!("{pointer}/not"));
                let does = if inner { "lets" } else { "does not let" };
                (!inner, format!("what is in it {does} the event pass"))
            }
            Self::Sql(sql) => sql.explain(explained.event, explained.steps),
        };
        explained.conditions.push(Condition {
            pointer: format!("{pointer}/{}", self.dialect()),
            passes,
            reason,
        });
        passes
    }

    /// What holds for every event that passes.
    pub(crate) fn requirements(&self) -> Vec<Requirement> {
        match self {
            Self::Attributes(comparison, attributes) => attributes.requirements(*comparison),
            Self::All(filters) => filters.iter().flat_map(Self::requirements).collect(),
            Self::Any(filters) => anchors::of_any(filters.iter().map(Self::requirements).collect()),
            Self::Not(_) => Vec::new(),
            Self::Sql(sql) => sql.requirements(),
            Self::Pattern(pattern) => pattern.requirements(),
        }
    }

    /// Every path of an event that it looks at.
    pub(crate) fn paths(&self, visit: &mut dyn FnMut(&str)) {
        match self {
            Self::Attributes(_, attributes) => attributes.paths(visit),
            Self::All(filters) | Self::Any(filters) => filters.iter().for_each(|filter| filter.paths(visit)),
            Self::Not(filter) => filter.paths(visit),
            Self::Sql(sql) => sql.paths(visit),
            Self::Pattern(pattern) => pattern.paths(visit),
        }
    }

    /// Every path that has to be in a reading: attributes are asked of the event itself.
    pub(crate) fn paths_read(&self, visit: &mut dyn FnMut(&str)) {
        match self {
            Self::Attributes(..) | Self::Sql(_) => {}
            Self::All(filters) | Self::Any(filters) => {
                filters.iter().for_each(|filter| filter.paths_read(visit));
            }
            Self::Not(filter) => filter.paths_read(visit),
            Self::Pattern(pattern) => pattern.paths(visit),
        }
    }

    fn dialect(&self) -> &'static str {
        match self {
            Self::Attributes(Comparison::Exact, _) => "exact",
            Self::Attributes(Comparison::Prefix, _) => "prefix",
            Self::Attributes(Comparison::Suffix, _) => "suffix",
            Self::All(_) => "all",
            Self::Any(_) => "any",
            Self::Not(_) => "not",
            Self::Sql(_) => "sql",
            Self::Pattern(_) => "pattern",
        }
    }
}

/// What an explanation is made of, and what there is of it.
pub(crate) struct Explained<'e, 'c> {
    pub(crate) event: &'e dyn Subject,
    pub(crate) reading: &'c Reading<'e>,
    pub(crate) steps: &'c Steps,
    pub(crate) conditions: Vec<Condition>,
}

//! Which of the events on its way a subscription wants: the text that was sent, and what it is compiled to.

use std::fmt;
use std::sync::Arc;

use filters::{FilterError, FilterLimits, Filters, Subject};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::json::{Json, JsonError, Object, kind, wrong_type};

/// Deepest that filters may nest, whatever the settings say: those that are stored are compiled by what is right for any.
pub const MAX_FILTER_DEPTH: usize = 128;

/// Most combinations of a pattern, whatever the settings say.
pub const MAX_FILTER_COMBINATIONS: usize = 65_536;

/// What holds for filters that were taken once: settings that came later do not count. How many steps they may take is said
/// where they are used.
pub(crate) const STORED_FILTERS: FilterLimits = FilterLimits {
    max_bytes: usize::MAX,
    max_depth: MAX_FILTER_DEPTH,
    max_conditions: usize::MAX,
    max_wildcards: usize::MAX,
    max_steps: 1024 * 1024,
    max_combinations: MAX_FILTER_COMBINATIONS,
};

/// The filters of a subscription. A copy costs nothing.
#[derive(Clone)]
pub struct SubscriptionFilters(Arc<Compiled>);

struct Compiled {
    text: Json,
    /// Of another version of the program, what is stored may not compile.
    filters: Result<Arc<Filters>, FilterError>,
    is_indexed: bool,
}

impl SubscriptionFilters {
    /// Reads the member `filters`. None at all is as no member.
    pub(super) fn decode(object: &Object<'_>) -> Result<Option<Self>, InvalidFilters> {
        let Some(raw) = object.get("filters") else {
            return Ok(None);
        };
        if kind(raw) != "array" {
            return Err(InvalidFilters::Json(wrong_type(raw, "filters", "array")));
        }
        let is_inner = |sign: char| sign != '[' && sign != ']' && !sign.is_ascii_whitespace();
        if !raw.get().contains(is_inner) && raw.get().matches('[').count() == 1 {
            return Ok(None);
        }
        let filters = Self::of(Json::from_raw(raw));
        match &filters.0.filters {
            Ok(_) => Ok(Some(filters)),
            Err(error) => Err(InvalidFilters::Filters(error.clone())),
        }
    }

    fn of(text: Json) -> Self {
        let filters = Filters::compile(text.get(), &STORED_FILTERS).map(Arc::new);
        let is_indexed = filters
            .as_ref()
            .is_ok_and(|filters| !filters.requirements().is_empty());
        Self(Arc::new(Compiled {
            text,
            filters,
            is_indexed,
        }))
    }

    /// What they are compiled to; an error where they cannot be, so that no event passes.
    pub fn compiled(&self) -> Result<&Arc<Filters>, &FilterError> {
        self.0.filters.as_ref()
    }

    /// Whether an event passes, with so many steps ([`FilterLimits::max_steps`]).
    pub fn matches(&self, event: &dyn Subject, max_steps: usize) -> bool {
        self.compiled()
            .is_ok_and(|filters| filters.matches_within(event, max_steps))
    }

    /// Whether events find them by something that they require. Others are tried for every event on their path.
    pub fn is_indexed(&self) -> bool {
        self.0.is_indexed
    }

    /// The text that was sent.
    pub fn text(&self) -> &str {
        self.0.text.get()
    }

    /// Whether they are larger than is taken now.
    pub(crate) fn check(&self, limits: &FilterLimits) -> Result<(), FilterError> {
        Filters::compile(self.text(), limits).map(drop)
    }

    /// Whether two texts are the same JSON, whatever their white space and the order of members.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let value = |filters: &Self| serde_json::from_str::<Value>(filters.text()).ok();
        self == other || value(self).is_some_and(|own| value(other) == Some(own))
    }
}

/// Why the member `filters` cannot be taken.
pub(super) enum InvalidFilters {
    Json(JsonError),
    Filters(FilterError),
}

impl fmt::Debug for SubscriptionFilters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl PartialEq for SubscriptionFilters {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.text() == other.text()
    }
}

impl Eq for SubscriptionFilters {}

impl Serialize for SubscriptionFilters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.text.serialize(serializer)
    }
}

/// Reads what is stored. What does not compile any more stays as it is.
impl<'de> Deserialize<'de> for SubscriptionFilters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Json::deserialize(deserializer).map(Self::of)
    }
}

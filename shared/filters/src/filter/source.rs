//! Compiles filters from their JSON.

use serde_json::value::RawValue;

use super::Filter;
use crate::FilterError;
use crate::attribute::{Attributes, Comparison};
use crate::budget::Budget;
use crate::cesql::Sql;
use crate::members::{Members, below};
use crate::pattern::Pattern;

const DIALECTS: &str = "exact, prefix, suffix, all, any, not, sql, pattern";

impl Filter {
    /// Compiles a filter: an object with one dialect.
    pub(crate) fn compile(json: &RawValue, pointer: &str, budget: &mut Budget) -> Result<Self, FilterError> {
        let expected = r#"a filter is an object, such as {"exact": {"type": "order.created"}}"#;
        let Members(members) = Members::of(json, pointer, expected)?;
        let [(dialect, json)] = &*members else {
            let reason = match members.len() {
                0 => format!("the filter is empty; it has one of {DIALECTS}"),
                _ => "a filter has one dialect; write one filter for each, or `all` or `any` of them"
                    .to_owned(),
            };
            return Err(FilterError::at(pointer, reason));
        };
        let place = &below(pointer, dialect);
        match &**dialect {
            "exact" => {
                Attributes::compile(json, place, budget).map(|all| Self::Attributes(Comparison::Exact, all))
            }
            "prefix" => {
                Attributes::compile(json, place, budget).map(|all| Self::Attributes(Comparison::Prefix, all))
            }
            "suffix" => {
                Attributes::compile(json, place, budget).map(|all| Self::Attributes(Comparison::Suffix, all))
            }
            "all" => Self::list(json, place, budget).map(Self::All),
            "any" => Self::list(json, place, budget).map(Self::Any),
            "not" => Self::not(json, place, budget),
            "sql" => Self::sql(json, place, budget),
            "pattern" => Ok(Self::Pattern(Box::new(Pattern::compile(json, place, budget)?))),
            _ => Err(FilterError::at(
                place,
                format!("there is no such dialect; a filter has one of {DIALECTS}"),
            )),
        }
    }

    fn list(json: &RawValue, pointer: &str, budget: &mut Budget) -> Result<Box<[Self]>, FilterError> {
        budget.enter(pointer)?;
        let expected = r#"expected a list of filters, such as [{"prefix": {"type": "order."}}]"#;
        let filters = Self::listed(json, pointer, expected)?;
        if filters.is_empty() {
            return Err(FilterError::at(pointer, format!("the list is empty; {expected}")));
        }
        let compile =
            |(at, filter): (usize, &&RawValue)| Self::compile(filter, &format!("{pointer}/{at}"), budget);
        let compiled = filters.iter().enumerate().map(compile).collect();
        budget.leave();
        compiled
    }

    fn not(json: &RawValue, pointer: &str, budget: &mut Budget) -> Result<Self, FilterError> {
        budget.enter(pointer)?;
        if !json.get().starts_with('{') {
            let reason =
                r#"expected one filter and no list, such as {"not": {"exact": {"type": "order.created"}}}"#;
            return Err(FilterError::at(pointer, reason));
        }
        let filter = Self::compile(json, pointer, budget)?;
        budget.leave();
        Ok(Self::Not(Box::new(filter)))
    }

    fn sql(json: &RawValue, pointer: &str, budget: &mut Budget) -> Result<Self, FilterError> {
        let Ok(text) = serde_json::from_str::<String>(json.get()) else {
            let reason = r#"expected an expression in quotes, such as {"sql": "type = 'order.created'"}"#;
            return Err(FilterError::at(pointer, reason));
        };
        budget.condition(pointer)?;
        Ok(Self::Sql(Sql::compile(&text, pointer, budget)?))
    }

    /// The elements of a list.
    pub(crate) fn listed<'j>(
        json: &'j RawValue,
        pointer: &str,
        expected: &str,
    ) -> Result<Vec<&'j RawValue>, FilterError> {
        serde_json::from_str(json.get()).map_err(|_| FilterError::at(pointer, expected))
    }
}

//! Tests of one attribute: the dialects `exact`, `prefix` and `suffix`.

use std::collections::HashSet;

use serde_json::value::RawValue;

use crate::budget::Budget;
use crate::members::{Members, below};
use crate::shown::shown_scalar;
use crate::{Condition, FilterError, Requirement, Scalar, Subject, anchors};

/// How an attribute is compared. Integers and booleans are compared by their texts in the type system of CloudEvents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// It is the text.
    Exact,
    /// It starts with the text.
    Prefix,
    /// It ends with the text.
    Suffix,
}

/// Attributes and what they are compared with: all have to pass.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attributes(Box<[(Box<str>, Box<str>)]>);

impl Attributes {
    pub(crate) fn compile(json: &RawValue, pointer: &str, budget: &mut Budget) -> Result<Self, FilterError> {
        let expected = r#"expected attributes with their texts, such as {"type": "order.created"}"#;
        let Members(members) = Members::of(json, pointer, expected)?;
        if members.is_empty() {
            return Err(FilterError::at(pointer, expected));
        }
        let mut names = HashSet::with_capacity(members.len());
        let mut attributes = Vec::with_capacity(members.len());
        for (name, value) in &members {
            let place = below(pointer, name);
            budget.condition(&place)?;
            let refused = |reason: String| Err(FilterError::at(&place, reason));
            if let Some(reason) = wrong_name(name) {
                return refused(reason);
            }
            if !names.insert(name) {
                return refused(format!(
                    "`{name}` stands here twice; write `any` for one of several values"
                ));
            }
            let Ok(text) = serde_json::from_str::<String>(value.get()) else {
                return refused(format!(r#"expected a text in quotes, such as {{"{name}": "5"}}"#));
            };
            if text.is_empty() {
                return refused("the text is empty; write what it has to be".to_owned());
            }
            attributes.push((Box::from(&**name), text.into()));
        }
        Ok(Self(attributes.into()))
    }

    pub(crate) fn pass(&self, comparison: Comparison, event: &dyn Subject) -> bool {
        let passes =
            |(name, text): &(Box<str>, Box<str>)| comparison.holds(event.attribute(name).as_ref(), text);
        self.0.iter().all(passes)
    }

    /// The same, with a condition for each attribute.
    pub(crate) fn explain(
        &self,
        comparison: Comparison,
        event: &dyn Subject,
        pointer: &str,
        conditions: &mut Vec<Condition>,
    ) -> bool {
        let mut all = true;
        for (name, text) in &self.0 {
            let value = event.attribute(name);
            let passes = comparison.holds(value.as_ref(), text);
            all &= passes;
            conditions.push(Condition {
                pointer: below(pointer, name),
                passes,
                reason: format!(
                    "{name} {}, wanted {} \"{text}\"",
                    shown_scalar(value.as_ref()),
                    comparison.wanted()
                ),
            });
        }
        all
    }

    pub(crate) fn requirements(&self, comparison: Comparison) -> Vec<Requirement> {
        let required = |(name, text): &(Box<str>, Box<str>)| match comparison {
            Comparison::Exact => anchors::texts(name, [&**text]),
            Comparison::Prefix => anchors::prefix(name, text),
            Comparison::Suffix => anchors::suffix(name, text),
        };
        self.0.iter().map(required).collect()
    }

    pub(crate) fn paths(&self, visit: &mut dyn FnMut(&str)) {
        self.0.iter().for_each(|(name, _)| visit(name));
    }
}

impl Comparison {
    fn holds(self, value: Option<&Scalar<'_>>, wanted: &str) -> bool {
        let text = match value {
            None | Some(Scalar::Null) => return false,
            Some(Scalar::Bool(true)) => "true",
            Some(Scalar::Bool(false)) => "false",
            Some(Scalar::Number(text) | Scalar::String(text)) => text,
        };
        match self {
            Self::Exact => text == wanted,
            Self::Prefix => text.starts_with(wanted),
            Self::Suffix => text.ends_with(wanted),
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Exact => "exactly",
            Self::Prefix => "a text that starts with",
            Self::Suffix => "a text that ends with",
        }
    }
}

/// What is wrong with the name of an attribute.
fn wrong_name(name: &str) -> Option<String> {
    if name == "data" {
        return Some("`data` is no attribute; write a `pattern` for what is in it".to_owned());
    }
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (!is_name).then(|| "attributes of CloudEvents have names of lower-case letters and digits".to_owned())
}

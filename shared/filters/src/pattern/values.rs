//! Reads what a pattern wants of one value: the elements of its arrays.

use serde_json::value::RawValue;

use super::address::{Cidr, address};
use super::json::{Kind, elements, text};
use super::range::{Bound, Range};
use super::value::ValueTest;
use super::wildcard::Wildcard;
use crate::budget::Budget;
use crate::members::{Members, below};
use crate::{FilterError, number};

/// Everything that may stand in an array.
const OPERATORS: &str =
    "prefix, suffix, equals-ignore-case, wildcard, anything-but, numeric, exists, cidr or exactly";

/// What may be made of a pattern with less of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operators {
    All,
    /// Without `wildcard` and lists of texts in `anything-but`.
    Old,
}

/// Reads an element of an array.
pub(super) fn value_test(
    json: &RawValue,
    pointer: &str,
    operators: Operators,
    budget: &mut Budget,
) -> Result<ValueTest, FilterError> {
    match Kind::of(json) {
        Kind::Object => operator(json, pointer, operators, budget),
        Kind::Text => {
            let wanted = string(json, pointer)?;
            Ok(match address(&wanted) {
                Some(ip) => ValueTest::Address(Box::new((wanted, ip))),
                None => ValueTest::Text(wanted),
            })
        }
        Kind::Number => Ok(ValueTest::Number(json.get().into())),
        Kind::Bool => Ok(ValueTest::Bool(json.get() == "true")),
        Kind::Null => Ok(ValueTest::Null),
        Kind::Array => Err(FilterError::at(
            pointer,
            "is an array within an array; the values of all alternatives stand in one array",
        )),
    }
}

fn operator(
    json: &RawValue,
    pointer: &str,
    operators: Operators,
    budget: &mut Budget,
) -> Result<ValueTest, FilterError> {
    let (name, value) = single(json, pointer, OPERATORS)?;
    let pointer = &below(pointer, &name);
    let is_object = Kind::of(value) == Kind::Object;
    match &*name {
        "exactly" => string(value, pointer).map(ValueTest::Text),
        "prefix" if is_object => ignoring_case(value, pointer).map(ValueTest::PrefixIgnoreCase),
        "suffix" if is_object => ignoring_case(value, pointer).map(ValueTest::SuffixIgnoreCase),
        "prefix" => string(value, pointer).map(ValueTest::Prefix),
        "suffix" => string(value, pointer).map(ValueTest::Suffix),
        "equals-ignore-case" => string(value, pointer).map(ValueTest::EqualsIgnoreCase),
        "wildcard" => wildcard(value, pointer, budget),
        "anything-but" => anything_but(value, pointer, operators, budget),
        "numeric" => numeric(value, pointer),
        "cidr" => {
            let block = string(value, pointer)?;
            let cidr = Cidr::parse(&block).map_err(|reason| FilterError::at(pointer, reason))?;
            Ok(ValueTest::Cidr(Box::new((block, cidr))))
        }
        "exists" => match value.get() {
            "true" => Ok(ValueTest::Exists),
            "false" => Ok(ValueTest::Absent),
            _ => Err(is_not(value, pointer, "true or false")),
        },
        _ => Err(FilterError::at(
            pointer,
            format!("is no operator of event patterns; there are {OPERATORS}"),
        )),
    }
}

/// The one member of an object.
fn single<'j>(
    json: &'j RawValue,
    pointer: &str,
    wanted: &str,
) -> Result<(String, &'j RawValue), FilterError> {
    let Members(mut members) =
        Members::of(json, pointer, &format!("expected an object with one of {wanted}"))?;
    match (members.pop(), members.is_empty()) {
        (Some((name, value)), true) => Ok((name.into_owned(), value)),
        _ => Err(FilterError::at(
            pointer,
            format!("is an object without exactly one key; it has one of {wanted}"),
        )),
    }
}

fn string(json: &RawValue, pointer: &str) -> Result<Box<str>, FilterError> {
    text(json)
        .map(String::into_boxed_str)
        .ok_or_else(|| is_not(json, pointer, "a string"))
}

fn is_not(json: &RawValue, pointer: &str, wanted: &str) -> FilterError {
    FilterError::at(
        pointer,
        format!("is {} where {wanted} is wanted", Kind::of(json).name()),
    )
}

fn ignoring_case(json: &RawValue, pointer: &str) -> Result<Box<str>, FilterError> {
    let (name, value) = single(json, pointer, "equals-ignore-case")?;
    let pointer = &below(pointer, &name);
    if name != "equals-ignore-case" {
        return Err(FilterError::at(
            pointer,
            "is no operator here; there is equals-ignore-case, and a string without one",
        ));
    }
    string(value, pointer)
}

fn wildcard(json: &RawValue, pointer: &str, budget: &mut Budget) -> Result<ValueTest, FilterError> {
    let pattern = string(json, pointer)?;
    let wildcard = Wildcard::parse(&pattern).map_err(|reason| FilterError::at(pointer, reason))?;
    budget.wildcards(wildcard.stars(), pointer)?;
    Ok(ValueTest::Wildcard(wildcard))
}

fn anything_but(
    json: &RawValue,
    pointer: &str,
    operators: Operators,
    budget: &mut Budget,
) -> Result<ValueTest, FilterError> {
    let kind = Kind::of(json);
    let tests = match kind {
        Kind::Object => excluded_by_operator(json, pointer, operators, budget)?,
        Kind::Array => each(json, pointer, |json, pointer| {
            budget.condition(pointer)?;
            excluded(json, pointer)
        })?,
        _ => vec![excluded(json, pointer)?],
    };
    let numbers = tests.iter().filter(|test| matches!(test, ValueTest::Number(_)));
    if kind == Kind::Array && !matches!(numbers.count(), n if n == 0 || n == tests.len()) {
        return Err(FilterError::at(
            pointer,
            "has strings and numbers in one list; all are strings or all are numbers",
        ));
    }
    Ok(ValueTest::AnythingBut(tests.into()))
}

/// A value that `anything-but` excludes.
fn excluded(json: &RawValue, pointer: &str) -> Result<ValueTest, FilterError> {
    match Kind::of(json) {
        Kind::Text => string(json, pointer).map(ValueTest::Text),
        Kind::Number => Ok(ValueTest::Number(json.get().into())),
        _ => Err(is_not(json, pointer, "a string or a number")),
    }
}

fn excluded_by_operator(
    json: &RawValue,
    pointer: &str,
    operators: Operators,
    budget: &mut Budget,
) -> Result<Vec<ValueTest>, FilterError> {
    let (name, value) = single(json, pointer, "prefix, suffix, equals-ignore-case or wildcard")?;
    let pointer = &below(pointer, &name);
    let is_list = Kind::of(value) == Kind::Array;
    let mut test = |json: &RawValue, pointer: &str| match &*name {
        "equals-ignore-case" => string(json, pointer).map(ValueTest::EqualsIgnoreCase),
        "prefix" => not_empty(json, pointer).map(ValueTest::Prefix),
        "suffix" => not_empty(json, pointer).map(ValueTest::Suffix),
        "wildcard" => wildcard(json, pointer, budget),
        _ => Err(FilterError::at(
            pointer,
            "is no operator of anything-but; there are prefix, suffix, equals-ignore-case and wildcard",
        )),
    };
    if operators == Operators::Old && name != "equals-ignore-case" && (is_list || name == "wildcard") {
        return Err(FilterError::at(
            pointer,
            "does not go together with $or as the name of a field",
        ));
    }
    if !is_list {
        return Ok(vec![test(value, pointer)?]);
    }
    each(value, pointer, test)
}

fn not_empty(json: &RawValue, pointer: &str) -> Result<Box<str>, FilterError> {
    let text = string(json, pointer)?;
    if text.is_empty() {
        return Err(FilterError::at(
            pointer,
            "is empty: every string begins and ends so",
        ));
    }
    Ok(text)
}

/// Reads the elements of an array, of which there is at least one.
fn each(
    json: &RawValue,
    pointer: &str,
    mut read: impl FnMut(&RawValue, &str) -> Result<ValueTest, FilterError>,
) -> Result<Vec<ValueTest>, FilterError> {
    let elements = elements(json).ok_or_else(|| is_not(json, pointer, "an array"))?;
    if elements.is_empty() {
        return Err(FilterError::at(pointer, "is an empty list"));
    }
    let indexed = elements.into_iter().enumerate();
    indexed
        .map(|(i, json)| read(json, &format!("{pointer}/{i}")))
        .collect()
}

fn numeric(json: &RawValue, pointer: &str) -> Result<ValueTest, FilterError> {
    const FORMS: &str = "one of =, <, <=, > and >= with a number, or > or >= with a number and then < or <= with a \
                         larger one";
    let wrong = || FilterError::at(pointer, format!("is no numeric condition; it has {FORMS}"));
    let parts = elements(json).ok_or_else(wrong)?;
    let bound = |number: &RawValue, inclusive: bool| match Kind::of(number) {
        Kind::Number => Ok(Bound {
            number: number.get().into(),
            inclusive,
        }),
        _ => Err(wrong()),
    };
    let sign = |json: &RawValue| text(json).ok_or_else(wrong);
    let (above, below) = match &*parts {
        [first, value] => match &*sign(first)? {
            "=" => return bound(value, true).map(|exact| ValueTest::Number(exact.number)),
            greater @ (">" | ">=") => (Some(bound(value, greater == ">=")?), None),
            less @ ("<" | "<=") => (None, Some(bound(value, less == "<=")?)),
            _ => return Err(wrong()),
        },
        [first, bottom, second, top] => match (&*sign(first)?, &*sign(second)?) {
            (greater @ (">" | ">="), less @ ("<" | "<=")) => (
                Some(bound(bottom, greater == ">=")?),
                Some(bound(top, less == "<=")?),
            ),
            _ => return Err(wrong()),
        },
        _ => return Err(wrong()),
    };
    if let (Some(bottom), Some(top)) = (&above, &below)
        && !number::compare(&bottom.number, &top.number).is_lt()
    {
        return Err(FilterError::at(
            pointer,
            "is a range that ends before it begins; the first number is less than the second",
        ));
    }
    Ok(ValueTest::Numeric(Box::new(Range { above, below })))
}

//! Types, lists of values, numbers and strings.

use serde_json::{Map, Value, json};

use super::conjunction::Conjunction;
use super::decimal::is_multiple;
use super::numbers::{End, bound, bound_of, count, whole};
use super::types::Types;
use super::value_set::ValueSet;
use super::walk::{Accepting, Walk};

impl<'a> Walk<'a> {
    pub(super) fn accepts_type(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
    ) -> bool {
        let missing = given.types().without(Types::named_by(object));
        if missing.is_empty() {
            return true;
        }
        let message = format!("values of type {} are not allowed", missing.names());
        let candidates = missing
            .each()
            .flat_map(|one| self.sampler.samples(&given.only(one)))
            .collect();
        self.refuse("type", given, by, &message, candidates)
    }

    pub(super) fn accepts_listed(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
    ) -> bool {
        let mut all = true;
        if let Some(Value::Array(list)) = object.get("enum") {
            all &= self.accepts_only(given, by, "enum", &list.iter().collect::<Vec<_>>());
        }
        if let Some(value) = object.get("const") {
            all &= self.accepts_only(given, by, "const", &[value]);
        }
        all
    }

    fn accepts_only(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        rule: &str,
        list: &[&'a Value],
    ) -> bool {
        let few = [Value::Null, Value::Bool(false), Value::Bool(true)];
        let types = given.types();
        let possible: Option<Vec<&Value>> = match given.listed() {
            Some(values) => Some(values),
            None if types.is_within(Types::NULL.or(Types::BOOLEAN)) => {
                Some(few.iter().filter(|value| types.has(Types::of(value))).collect())
            }
            None => None,
        };
        let Some(possible) = possible else {
            return self.refuse(
                rule,
                given,
                by,
                "values that are not listed are not allowed",
                Vec::new(),
            );
        };
        let listed = ValueSet::of(list.iter().copied(), by.node.budget);
        let missing: Vec<Value> = possible
            .into_iter()
            .filter(|value| !listed.contains(value))
            .take(8)
            .cloned()
            .collect();
        missing.is_empty() || self.refuse(rule, given, by, "a value is no longer listed", missing)
    }

    pub(super) fn accepts_numbers(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
    ) -> bool {
        if !given.types().has(Types::NUMBER) {
            return true;
        }
        let given = &given.only(Types::NUMBER);
        let mut all = true;
        for end in [End::Lower, End::Upper] {
            let Some(wanted) = bound_of(object, end) else {
                continue;
            };
            if !bound(given, end).is_some_and(|has| end.implies(&has, &wanted)) {
                let (inclusive, exclusive) = end.keywords();
                let is_exclusive = object.get(exclusive).is_some_and(Value::is_number);
                let rule = if is_exclusive { exclusive } else { inclusive };
                let at = wanted.at.as_f64().unwrap_or_default();
                let sign = if end == End::Lower { -1.0 } else { 1.0 };
                let mut candidates = vec![Value::Number(wanted.at.clone())];
                candidates.extend([1.0, 0.5, 0.001].map(|step| number(at + sign * step)));
                candidates.extend(self.sampler.multiples(given, at, sign));
                all &= self.refuse(
                    rule,
                    given,
                    by,
                    &format!("the bound is {}", wanted.at),
                    candidates,
                );
            }
        }
        if let Some(Value::Number(of)) = object.get("multipleOf") {
            let is_one = |value: &Value| matches!(value, Value::Number(number) if is_multiple(number, of));
            let listed = given.listed();
            let implied = listed
                .as_ref()
                .is_some_and(|all| all.iter().all(|value| is_one(value)))
                || given.all("multipleOf").any(|has| is_one(has.value))
                || !given.types().has(Types::FRACTION) && is_one(&json!(1));
            if !implied {
                let message = format!("only multiples of {of} are allowed");
                let at = of.as_f64().unwrap_or(1.0);
                let mut candidates = self.sampler.multiples(given, 0.0, 1.0);
                candidates.extend([at / 2.0, at + 1.0, at / 3.0, at * 1.5].map(number));
                all &= self.refuse("multipleOf", given, by, &message, candidates);
            }
        }
        all
    }

    pub(super) fn accepts_strings(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
    ) -> bool {
        if !given.types().has(Types::STRING) {
            return true;
        }
        let given = &given.only(Types::STRING);
        let texts: Option<Vec<&str>> = given
            .listed()
            .map(|all| all.into_iter().filter_map(Value::as_str).collect());
        let lengths = |pick: fn(u64, u64) -> u64| {
            let lengths = texts.as_ref()?.iter().map(|text| text.chars().count() as u64);
            lengths.reduce(pick)
        };
        let mut all = true;
        if let Some(least) = object.get("minLength").and_then(whole) {
            let has = lengths(u64::min)
                .or_else(|| count(given, "minLength"))
                .unwrap_or_default();
            if has < least {
                let candidates = self.sampler.texts_of(given, least.saturating_sub(1));
                all &= self.refuse(
                    "minLength",
                    given,
                    by,
                    &format!("at least {least} characters are needed"),
                    candidates,
                );
            }
        }
        if let Some(most) = object.get("maxLength").and_then(whole) {
            let has = lengths(u64::max).or_else(|| count(given, "maxLength"));
            if has.is_none_or(|has| has > most) {
                let candidates = self.sampler.texts_of(given, most.saturating_add(1));
                all &= self.refuse(
                    "maxLength",
                    given,
                    by,
                    &format!("at most {most} characters are allowed"),
                    candidates,
                );
            }
        }
        if let Some(Value::String(pattern)) = object.get("pattern") {
            let is_same = given
                .all("pattern")
                .any(|has| has.value == &Value::String(pattern.clone()));
            let do_match = || {
                texts.as_ref().is_some_and(|all| {
                    let matches = |text: &&str| {
                        self.sampler.patterns.matches(by.node.budget, pattern, text) == Some(true)
                    };
                    all.iter().all(matches)
                })
            };
            if !is_same && !do_match() {
                let candidates = ["", " ", "-", "a", "A", "0", "~"].map(Value::from).to_vec();
                all &= self.refuse("pattern", given, by, "the pattern is not implied", candidates);
            }
        }
        for rule in ["format", "contentEncoding", "contentMediaType"] {
            if let Some(wanted) = object.get(rule)
                && !given.all(rule).any(|has| has.value == wanted)
            {
                let message = format!("only {wanted} is allowed");
                let candidates = ["", "?", "a b", "\u{1}", "{"].map(Value::from).to_vec();
                all &= self.refuse(rule, given, by, &message, candidates);
            }
        }
        all
    }
}

/// A number as JSON, whole where it is.
pub(super) fn number(value: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and in range")]
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return json!(value as i64);
    }
    json!(value)
}

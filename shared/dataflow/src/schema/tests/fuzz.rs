//! Random schemas and data, from fixed seeds: nothing panics, and what is said of them holds.

use serde_json::{Map, Value, json};

use super::compile;
use crate::schema::compatibility::{
    CompareBudget, CompareLimits, Compatibility, Direction, Policy, refusals,
};
use crate::schema::infer::{InferLimits, infer};
use crate::schema::{Schema, SchemaLimits, ViolationLimits};

/// Numbers that look random: xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        let at = self.below(all.len() as u64);
        all[usize::try_from(at).unwrap()].clone()
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => json!(self.below(2) == 0),
            2 => json!(self.below(12)),
            3 => json!(f64::from(u32::try_from(self.below(40)).unwrap()) / 4.0 - 3.0),
            4 => json!(self.of(&["", "a", "abc", "ABC-1", "2026-01-31", "x@example.com"])),
            5 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => {
                let count = self.below(4);
                let names = ["a", "b", "c", "d"];
                Value::Object(
                    (0..count)
                        .map(|_| (self.of(&names).to_owned(), self.value(depth - 1)))
                        .collect(),
                )
            }
        }
    }

    fn schema(&mut self, depth: usize) -> Value {
        let mut schema = Map::new();
        for _ in 0..=self.below(3) {
            let (keyword, value) = self.keyword(depth);
            schema.insert(keyword.to_owned(), value);
        }
        Value::Object(schema)
    }

    fn keyword(&mut self, depth: usize) -> (&'static str, Value) {
        let flat = 17;
        match self.below(if depth == 0 { flat } else { flat + 13 }) {
            0 | 1 => (
                "type",
                json!(self.of(&[
                    "null", "boolean", "integer", "number", "string", "array", "object"
                ])),
            ),
            2 => ("type", json!(["string", "null"])),
            3 => ("enum", json!([self.value(1), self.value(1)])),
            4 => ("const", self.value(1)),
            5 => ("minimum", json!(self.below(8))),
            6 => ("maximum", json!(self.below(8))),
            7 => ("exclusiveMinimum", json!(self.below(8))),
            8 => ("multipleOf", json!(self.of(&[0.5, 1.0, 2.0, 3.0]))),
            9 => ("minLength", json!(self.below(4))),
            10 => ("maxLength", json!(self.below(4))),
            11 => ("pattern", json!(self.of(&["^a", "[A-Z]+", "^.{2}$", "c$"]))),
            12 => ("format", json!(self.of(&["date", "email", "uuid"]))),
            13 => ("minItems", json!(self.below(3))),
            14 => ("maxItems", json!(self.below(3))),
            15 => ("required", json!([self.of(&["a", "b", "c"])])),
            16 => ("uniqueItems", json!(true)),
            17 | 18 => (
                "properties",
                json!({ self.of(&["a", "b", "c"]): self.schema(depth - 1), "d": self.schema(depth - 1) }),
            ),
            19 => (
                "additionalProperties",
                if self.below(2) == 0 {
                    json!(false)
                } else {
                    self.schema(depth - 1)
                },
            ),
            20 => ("patternProperties", json!({ "^[ab]": self.schema(depth - 1) })),
            21 => ("items", self.schema(depth - 1)),
            22 => (
                "prefixItems",
                json!([self.schema(depth - 1), self.schema(depth - 1)]),
            ),
            23 => ("contains", self.schema(depth - 1)),
            24 => ("allOf", json!([self.schema(depth - 1), self.schema(depth - 1)])),
            25 => ("anyOf", json!([self.schema(depth - 1), self.schema(depth - 1)])),
            26 => ("oneOf", json!([self.schema(depth - 1), self.schema(depth - 1)])),
            27 => ("not", self.schema(depth - 1)),
            28 => ("if", self.schema(depth - 1)),
            _ => ("dependentSchemas", json!({ "a": self.schema(depth - 1) })),
        }
    }
}

#[test]
fn what_is_said_to_be_compatible_is() {
    let mut dice = Dice(0x5eed_0001);
    let limits = CompareLimits::default();
    let (mut proven, mut shown, mut open) = (0, 0, 0);
    for round in 0..1_500 {
        let old = dice.schema(2);
        // Most pairs have something in common.
        let new = match dice.below(3) {
            0 => dice.schema(2),
            1 => json!({"anyOf": [old, dice.schema(1)]}),
            _ => {
                let mut new = old.clone();
                let (keyword, value) = dice.keyword(1);
                new[keyword] = value;
                new
            }
        };
        let (Ok(before), Ok(after)) = (compile(&old), compile(&new)) else {
            continue;
        };
        let found = refusals(
            Compatibility::Backward,
            Policy::Strict,
            &before,
            &after,
            &limits,
            &CompareBudget::default(),
        );
        for refusal in &found {
            assert_eq!(refusal.direction, Direction::Backward);
            if let Some(value) = &refusal.value {
                assert!(
                    before.accepts_value(value) && !after.accepts_value(value),
                    "{old} {new} {refusal:?}"
                );
            }
        }
        match (
            found.is_empty(),
            found.iter().any(|refusal| refusal.value.is_some()),
        ) {
            (true, _) => proven += 1,
            (_, true) => shown += 1,
            _ => open += 1,
        }
        if found.is_empty() {
            for _ in 0..60 {
                let value = dice.value(3);
                assert!(
                    !before.accepts_value(&value) || after.accepts_value(&value),
                    "round {round}: {old} -> {new} breaks {value}"
                );
            }
        }
    }
    assert!(
        proven > 150 && shown > 400 && open < shown / 2,
        "{proven} {shown} {open}"
    );
}

#[test]
fn a_schema_is_compatible_with_itself() {
    let mut dice = Dice(0x5eed_0002);
    for _ in 0..1_000 {
        let schema = dice.schema(3);
        let Ok(compiled) = compile(&schema) else { continue };
        let again = compile(&schema).unwrap();
        let found = refusals(
            Compatibility::Full,
            Policy::Strict,
            &compiled,
            &again,
            &CompareLimits::default(),
            &CompareBudget::default(),
        );
        assert!(found.is_empty(), "{schema} {found:?}");
    }
}

#[test]
fn samples_fit_the_schema_that_is_made_of_them() {
    let mut dice = Dice(0x5eed_0003);
    for _ in 0..1_000 {
        let samples: Vec<_> = (0..dice.below(5)).map(|_| dice.value(4)).collect();
        let schema = infer(&samples, &InferLimits::default()).schema;
        let compiled = compile(&schema).unwrap();
        for sample in &samples {
            assert!(compiled.accepts_value(sample), "{schema} {sample}");
        }
    }
}

#[test]
fn whatever_text_it_is() {
    let mut dice = Dice(0x5eed_0004);
    let parts = [
        "{",
        "}",
        "[",
        "]",
        "\"type\"",
        ":",
        ",",
        "\"$ref\"",
        "\"#\"",
        "\"object\"",
        "1e9",
        "-0",
        "true",
        "\"\\ud800\"",
        "null",
        "\"properties\"",
        "\"#/a\"",
    ];
    for _ in 0..5_000 {
        let text: String = (0..dice.below(16)).map(|_| dice.of(&parts)).collect();
        if let Ok(schema) = Schema::compile(&text, &SchemaLimits::default()) {
            let data = dice.value(3);
            let is_valid = schema.accepts_value(&data);
            assert_eq!(
                schema
                    .violations_of(&data, &ViolationLimits::default())
                    .is_empty(),
                is_valid
            );
        }
    }
}

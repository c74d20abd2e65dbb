//! What comparisons take of their budget. Most of these pairs would take minutes if lists were gone through for each of their
//! values, or if only pairs of subschemas were counted.

use serde_json::{Map, Value, json};

use super::{CompareBudget, CompareLimits, Compatibility, Policy, Refusal, refusals, schema};

fn spending(budget: u64, one: &Value, other: &Value) -> (u64, Vec<Refusal>) {
    let left = CompareBudget::new(budget);
    let found = refusals(
        Compatibility::Full,
        Policy::Strict,
        &schema(one),
        &schema(other),
        &CompareLimits::default(),
        &left,
    );
    (budget - left.left(), found)
}

/// A pair of schemas of so many parts.
fn pairs(parts: usize) -> Vec<(&'static str, Value, Value)> {
    let each = |make: &dyn Fn(usize) -> Value| (0..parts).map(make).collect::<Vec<_>>();
    let names = |make: &dyn Fn(usize) -> Value| {
        (0..parts)
            .map(|at| (format!("p{at}"), make(at)))
            .collect::<Map<_, _>>()
    };
    vec![
        (
            "enum",
            json!({"enum": each(&|at| json!(at))}),
            json!({"enum": each(&|at| json!(at + 1))}),
        ),
        (
            "enum of texts",
            json!({"enum": each(&|at| json!(at.to_string()))}),
            json!({"enum": each(&|at| json!((at + 1).to_string()))}),
        ),
        (
            "required",
            json!({"required": each(&|at| json!(format!("p{at}")))}),
            json!({"required": each(&|at| json!(format!("p{at}"))), "minProperties": parts}),
        ),
        (
            "properties",
            json!({"properties": names(&|_| json!({"type": "string"})), "additionalProperties": false}),
            json!({"properties": names(&|_| json!({"type": ["string", "null"]})), "additionalProperties": false}),
        ),
        (
            "prefixItems",
            json!({"prefixItems": each(&|_| json!(true)), "items": false}),
            json!({"prefixItems": each(&|_| json!(true)), "items": {"type": "string"}}),
        ),
    ]
}

#[test]
fn lists_are_compared_in_linear_time() {
    for ((name, one, other), (_, larger, other_larger)) in pairs(500).into_iter().zip(pairs(2_000)) {
        let (few, _) = spending(CompareBudget::DEFAULT, &one, &other);
        let (many, _) = spending(CompareBudget::DEFAULT, &larger, &other_larger);
        assert!(
            many < CompareBudget::DEFAULT && many < 6 * few,
            "{name}: {few} {many}"
        );
    }
}

/// Branches in each of which any of others may be chosen.
fn choices(count: usize, name: &str) -> Value {
    let choice = |at: usize| json!({"anyOf": [{"required": [format!("a{at}")]}, {"required": [format!("{name}{at}")]}]});
    json!({"allOf": (0..count).map(choice).collect::<Vec<_>>()})
}

#[test]
fn what_takes_more_than_there_is_is_refused() {
    for (budget, one, other) in [
        (300_000, choices(40, "b"), choices(40, "c")),
        (1_000, choices(2, "b"), choices(2, "c")),
        (1, json!({"type": "string"}), json!({"type": "string"})),
    ] {
        let (spent, found) = spending(budget, &one, &other);
        assert_eq!(spent, budget);
        assert!(found.iter().any(|refusal| refusal.rule == "schema"), "{found:?}");
        assert!(
            found
                .iter()
                .all(|refusal| refusal.rule == "schema" || refusal.value.is_some())
        );
    }
}

/// Whatever a budget is too small for is refused, and nothing is said that does not hold.
#[test]
fn no_budget_makes_schemas_compatible() {
    let one = json!({"type": "object", "properties": {"a": {"enum": ["x", "y"]}, "b": {"type": "integer"}}});
    let other = json!({"type": "object", "properties": {"a": {"enum": ["x"]}, "b": {"type": "integer"}}});
    let (all, _) = spending(CompareBudget::DEFAULT, &one, &other);
    for budget in 1..=all {
        let (_, found) = spending(budget, &one, &other);
        assert!(!found.is_empty(), "{budget}");
        assert!(
            found
                .iter()
                .all(|refusal| refusal.rule == "enum" || refusal.rule == "schema"),
            "{found:?}"
        );
    }
    for budget in 1..=all {
        let (spent, found) = spending(budget, &one, &one);
        assert!(found.is_empty() != (spent == budget), "{budget} {found:?}");
    }
}

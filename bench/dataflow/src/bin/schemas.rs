//! What schemas cost: compiling one, checking an event of 1 KB against it, comparing two versions.
//!
//!     cargo run --release --manifest-path bench/dataflow/Cargo.toml --bin schemas

use std::hint::black_box;
use std::time::Instant;

use dataflow::schema::compatibility::{CompareBudget, CompareLimits, Compatibility, Policy, refusals};
use dataflow::schema::{Schema, SchemaError, SchemaLimits, ViolationLimits};
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["id", "customer", "items", "total"],
        "properties": {
            "id": {"type": "string", "pattern": "^ord_[0-9a-f]{16}$"},
            "createdAt": {"type": "string", "format": "date-time"},
            "customer": {"$ref": "#/$defs/customer"},
            "items": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"$ref": "#/$defs/item"}},
            "total": {"$ref": "#/$defs/money"},
            "state": {"enum": ["open", "paid", "shipped", "closed"]},
            "note": {"type": ["string", "null"], "maxLength": 500},
        },
        "additionalProperties": false,
        "$defs": {
            "customer": {
                "type": "object",
                "required": ["id", "email"],
                "properties": {"id": {"type": "string"}, "email": {"type": "string", "maxLength": 320}, "vip": {"type": "boolean"}},
            },
            "item": {
                "type": "object",
                "required": ["sku", "count", "price"],
                "properties": {
                    "sku": {"type": "string", "minLength": 3, "maxLength": 32},
                    "title": {"type": "string"},
                    "count": {"type": "integer", "minimum": 1},
                    "price": {"$ref": "#/$defs/money"},
                },
            },
            "money": {
                "type": "object",
                "required": ["amount", "currency"],
                "properties": {"amount": {"type": "number", "minimum": 0}, "currency": {"type": "string", "minLength": 3, "maxLength": 3}},
            },
        },
    })
}

fn event() -> String {
    let item = |at: usize| {
        json!({"sku": format!("SKU-{at:06}"), "title": "A thing that somebody ordered", "count": at + 1,
            "price": {"amount": 12.5, "currency": "EUR"}})
    };
    json!({
        "id": "ord_0123456789abcdef",
        "createdAt": "2026-11-30T08:00:00Z",
        "customer": {"id": "c-1", "email": "someone@example.com", "vip": false},
        "items": (0..6).map(item).collect::<Vec<_>>(),
        "total": {"amount": 262.5, "currency": "EUR"},
        "state": "open",
        "note": "Please ring twice, and leave it with the neighbours if nobody is there.",
    })
    .to_string()
}

/// Median of many runs, in nanoseconds.
fn median(rounds: usize, mut work: impl FnMut()) -> u128 {
    let mut times: Vec<_> = (0..rounds)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    times[rounds / 2]
}

fn main() -> Result<(), SchemaError> {
    let (text, event) = (schema().to_string(), event());
    let limits = SchemaLimits::default();
    let begun = Instant::now();
    let first = Schema::compile(&text, &limits)?;
    println!(
        "first compile of a process: {} us ({} bytes)",
        begun.elapsed().as_micros(),
        text.len()
    );
    println!(
        "compile: {} us",
        median(200, || drop(black_box(Schema::compile(&text, &limits)))) / 1_000
    );
    let violations = ViolationLimits::default();
    println!(
        "check an event of {} bytes, reading it included: {} ns",
        event.len(),
        median(20_000, || drop(black_box(first.violations(&event, &violations))))
    );
    let broken = event.replace("\"count\":3", "\"count\":0");
    println!(
        "one that breaks it: {} ns",
        median(20_000, || drop(black_box(first.violations(&broken, &violations))))
    );
    if let Ok(value) = serde_json::from_str::<Value>(&event) {
        println!(
            "check without reading: {} ns",
            median(20_000, || {
                black_box(first.accepts_value(&value));
            })
        );
        println!(
            "reading alone: {} ns",
            median(20_000, || drop(black_box(serde_json::from_str::<Value>(&event))))
        );
    }
    let newer = text.replace("\"maxLength\":500", "\"maxLength\":400");
    let second = Schema::compile(&newer, &limits)?;
    let compare = || {
        refusals(
            Compatibility::Full,
            Policy::Strict,
            &first,
            &second,
            &CompareLimits::default(),
            &CompareBudget::default(),
        )
    };
    println!(
        "compare two versions, with a value that breaks: {} us",
        median(50, || drop(black_box(compare()))) / 1_000
    );
    Ok(())
}

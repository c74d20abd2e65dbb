//! What transforms take: parse, run and print, of an event of about 500 bytes.
//!
//! `cargo run --release --bin transforms`

use std::hint::black_box;
use std::time::Instant;

use dataflow::transform::{Transform, TransformContext, TransformError, TransformLimits};

#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EVENT: &str = r#"{"specversion":"1.0","id":"b7a3c5a2-52f1-4b8e-9f0f-2d6d1a0c7a55","source":"https://shop.example/orders","type":"order.created","time":"2026-11-30T10:00:00Z","datacontenttype":"application/json","subject":"4711","data":{"order":4711,"customer":{"id":"c-99","name":"Ada Lovelace","country":"UK"},"items":[{"sku":"A-1","price":34.45,"quantity":2},{"sku":"B-7","price":21.67,"quantity":1},{"sku":"C-3","price":5,"quantity":10}],"note":"please ring twice","total":140.57,"paid":true}}"#;

/// Times that each transform is applied.
const TIMES: usize = 50_000;

const TRANSFORMS: [(&str, &str); 5] = [
    ("JSONata, a path", r#"{"jsonata": "data.customer.name"}"#),
    (
        "JSONata, an object with a sum, a list and a text",
        r#"{"jsonata": "{'id': id, 'customer': data.customer.name, 'total': $sum(data.items.(price * quantity)), 'skus': data.items.sku, 'text': 'Order ' & data.order & ' for ' & data.customer.name}"}"#,
    ),
    ("JSONata, all of it", r#"{"jsonata": "$"}"#),
    ("inputPath", r#"{"inputPath": "$.data"}"#),
    (
        "inputTransformer, four paths",
        r#"{"inputTransformer": {"inputPathsMap": {"id": "$.id", "name": "$.data.customer.name", "skus": "$.data.items[*].sku", "total": "$.data.total"}, "inputTemplate": "{\"id\": <id>, \"text\": \"for <name>\", \"skus\": <skus>, \"total\": <total>}"}}"#,
    ),
];

fn main() -> Result<(), TransformError> {
    let limits = TransformLimits::default();
    let context = TransformContext::default();
    println!("{} bytes, {TIMES} times", EVENT.len());
    for (name, source) in TRANSFORMS {
        let began = Instant::now();
        let transform = Transform::compile(source, &limits)?;
        let compiled = began.elapsed();
        let mut times = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            let began = Instant::now();
            black_box(transform.apply(black_box(EVENT), &context, &limits)?);
            times.push(began.elapsed());
        }
        times.sort_unstable();
        let (p50, p99) = (times[TIMES / 2], times[TIMES / 100 * 99]);
        println!("{name:<50} p50 {p50:>9.1?}  p99 {p99:>9.1?}  compiled in {compiled:.1?}");
    }
    Ok(())
}

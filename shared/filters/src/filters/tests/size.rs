//! How large compiled filters are: an index has many of them.

use allocation_counter::measure;

use super::compile;
use crate::sample::Sample;

#[test]
fn typical_filters_are_small() {
    let typical = [
        r#"[{"exact":{"type":"com.example.order.created"}}]"#,
        r#"[{"exact":{"type":"com.example.order.created","source":"/orders/eu"}},{"prefix":{"subject":"customer/"}}]"#,
        r#"[{"any":[{"exact":{"type":"order.created"}},{"exact":{"type":"order.deleted"}}]}]"#,
        r#"[{"sql":"type = 'com.example.order.created' AND subject LIKE 'customer/%'"}]"#,
        r#"[{"pattern":{"source":["/orders/eu"],"data":{"state":["open"]}}}]"#,
    ];
    // Two fields of a pattern, with what few have: ranges, and values that are not wanted.
    let larger = [
        r#"[{"pattern":{"data":{"customer":{"id":["c-1"]},"order":{"amount":[{"numeric":[">",100,"<=",500]}]}}}}]"#,
        r#"[{"pattern":{"source":["/a"],"data":{"order":{"status":[{"anything-but":["cancelled","refunded"]}]}}}}]"#,
    ];
    let typical = typical.map(|json| (json, 400)).into_iter();
    for (json, most) in typical.chain(larger.map(|json| (json, 500))) {
        let info = measure(|| std::mem::forget(compile(json).expect("a filter")));
        // What is still there is what was not given back.
        let bytes = usize::try_from(info.bytes_current).expect("memory") + size_of::<super::Filters>();
        assert!(bytes <= most, "{bytes} bytes: {json}");
    }
}

#[test]
fn events_are_matched_without_allocating() {
    let event = Sample::event();
    let filters = compile(
        r#"[
        {"exact": {"type": "order.created"}}, {"any": [{"prefix": {"type": "x"}}, {"suffix": {"source": "orders"}}]},
        {"sql": "type LIKE 'order.%' AND source IN ('/a', '/orders') AND NOT EXISTS subject AND LENGTH(TRIM(id)) > 2"}
        ]"#,
    )
    .expect("filters");
    let info = measure(|| assert!(filters.matches(&event)));
    assert_eq!(info.count_total, 0);
}

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
    ];
    for json in typical {
        let info = measure(|| std::mem::forget(compile(json).expect("a filter")));
        // What is still there is what was not given back.
        let bytes = usize::try_from(info.bytes_current).expect("memory") + size_of::<super::Filters>();
        assert!(bytes <= 400, "{bytes} bytes: {json}");
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

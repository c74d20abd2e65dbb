//! Series on a page.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::check;

const PAGE: &str = "# TYPE a_total counter\na_total{space=\"s\",type=\"x\"} 2\na_total{space=\"s\"} 5\n\
                    b 1.5\nle_bucket{le=\"+Inf\",q=\"a\\\"b\"} 3\nc NaN\n";

fn differences(series: &str, value: Value) -> Vec<String> {
    check(&BTreeMap::from([(series.to_owned(), value)]), PAGE)
}

#[test]
fn series_are_found_whatever_the_order_of_labels() {
    for (series, value) in [
        ("a_total{space=\"s\",type=\"x\"}", json!(2)),
        ("a_total{type=\"x\",space=\"s\"}", json!(2)),
        ("a_total{space=\"s\"}", json!(5)),
        ("b", json!(1.5)),
        ("le_bucket{q=\"a\\\"b\",le=\"+Inf\"}", json!(3)),
        ("missing{space=\"s\"}", json!(0)),
    ] {
        assert_eq!(differences(series, value), Vec::<String>::new(), "{series}");
    }
}

#[test]
fn other_values_are_differences() {
    for (series, value) in [
        ("a_total{space=\"s\",type=\"x\"}", json!(1)),
        ("a_total", json!(2)),
        ("missing", json!(1)),
        ("c", json!(0)),
        ("b", json!("1.5")),
        ("no series", json!(0)),
    ] {
        assert_eq!(differences(series, value).len(), 1, "{series}");
    }
}

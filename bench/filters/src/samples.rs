//! Filters as subscriptions have them.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use filters::{FilterIndex, FilterLimits, Filters};

/// The JSON of filter `number` of a mixed lot: five kinds in turns, of each of which an event of the same number passes one.
pub fn mixed(number: usize) -> String {
    match number % 5 {
        0 => format!(r#"[{{"exact":{{"type":"com.example.order.kind{number}","datacontenttype":"application/json"}}}}]"#),
        1 => format!(r#"[{{"sql":"source = '/shops/{number}' AND subject LIKE 'tenants/%'"}}]"#),
        2 => format!(
            r#"[{{"pattern":{{"data":{{"customer":{{"id":["c-{number}"]}},"order":{{"amount":[{{"numeric":[">",100,"<=",500]}}]}}}}}}}}]"#
        ),
        3 => format!(r#"[{{"prefix":{{"subject":"tenants/{number}/"}}}}]"#),
        _ => format!(
            r#"[{{"pattern":{{"source":["/shops/{number}"],"data":{{"order":{{"status":[{{"anything-but":["cancelled","refunded"]}}]}}}}}}}}]"#
        ),
    }
}

/// Compiled filters.
pub fn compile(json: &str) -> Result<Arc<Filters>> {
    let filters = Filters::compile(json, &FilterLimits::default());
    Ok(Arc::new(filters.map_err(|error| anyhow!("{json}: {error}"))?))
}

/// An index of so many filters.
pub fn index(count: usize, json: impl Fn(usize) -> String) -> Result<FilterIndex<usize>> {
    let mut index = FilterIndex::default();
    for number in 0..count {
        index.insert(number, compile(&json(number))?);
    }
    Ok(index)
}

/// How many of an index an event passes.
pub fn passed(index: &FilterIndex<usize>, event: &crate::event::Event) -> usize {
    let mut passed = 0;
    index.matches(event, &mut |_| passed += 1);
    passed
}

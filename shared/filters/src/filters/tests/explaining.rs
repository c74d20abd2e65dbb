//! What is said about an event.

use super::compile;
use crate::sample::{Sample, number, text};

fn explained(filters: &str, event: &Sample) -> Vec<String> {
    let filters = compile(filters).expect("filters");
    let conditions = filters.explain(event);
    let told = conditions.iter().map(|condition| {
        let passes = if condition.passes { "+" } else { "-" };
        format!("{passes} {} {}", condition.pointer, condition.reason)
    });
    told.collect()
}

#[test]
fn every_condition_has_its_place_and_reason() {
    let event = Sample::event().with("count", number("7"));
    let filters = r#"[
        {"exact": {"type": "order.created", "subject": "a"}},
        {"any": [{"prefix": {"source": "/x"}}, {"not": {"suffix": {"count": "8"}}}]},
        {"sql": "count > 7 OR missing = 'a'"},
        {"sql": "type"},
        {"sql": "count IN (7) AND EXISTS id"}
    ]"#;
    let wanted = [
        r#"+ /0/exact/type type is "order.created", wanted exactly "order.created""#,
        r#"- /0/exact/subject subject is missing, wanted exactly "a""#,
        r#"- /1/any/0/prefix/source source is "/orders", wanted a text that starts with "/x""#,
        r#"- /1/any/1/not/suffix/count count is 7, wanted a text that ends with "8""#,
        "+ /1/any/1/not what is in it does not let the event pass",
        "+ /1/any 1 of 2 let it pass",
        "- /2/sql an error: the event has no attribute `missing`; count is 7, missing is missing",
        r#"- /3/sql it is the text "order.created", neither true nor false; type is "order.created""#,
        r#"+ /4/sql it is true; count is 7, id is "myId""#,
    ];
    assert_eq!(explained(filters, &event), wanted);
}

#[test]
fn of_long_values_the_beginning_is_shown() {
    let event = Sample::event().with("subject", text(&"ä".repeat(65)));
    let told = explained(r#"[{"exact":{"subject":"a"}}]"#, &event);
    assert!(told[0].contains(&format!("\"{}…\"", "ä".repeat(63))), "{told:?}");
    let event = event.with("subject", text(&"ä".repeat(64)));
    let told = explained(r#"[{"sql":"subject"}]"#, &event);
    assert!(told[0].contains(&format!("\"{}\"", "ä".repeat(64))), "{told:?}");
}

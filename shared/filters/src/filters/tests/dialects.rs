//! What each dialect lets pass.

use super::compile;
use crate::Scalar;
use crate::sample::{Sample, number, text};

#[test]
fn each_dialect() {
    let event = Sample::event()
        .with("count", number("7"))
        .with("flag", Scalar::Bool(true))
        .with("nothing", Scalar::Null);
    let table = [
        ("[]", true),
        (r#"[{"exact":{"type":"order.created"}}]"#, true),
        (r#"[{"exact":{"type":"Order.created"}}]"#, false),
        (r#"[{"exact":{"type":"order.created","source":"/orders"}}]"#, true),
        (r#"[{"exact":{"type":"order.created","source":"/order"}}]"#, false),
        (r#"[{"exact":{"missing":"a"}}]"#, false),
        (r#"[{"exact":{"nothing":"null"}}]"#, false),
        (r#"[{"exact":{"count":"7"}}]"#, true),
        (r#"[{"exact":{"count":"07"}}]"#, false),
        (r#"[{"exact":{"flag":"true"}}]"#, true),
        (r#"[{"prefix":{"type":"order."}}]"#, true),
        (r#"[{"prefix":{"type":"order.","source":"/x"}}]"#, false),
        (r#"[{"prefix":{"type":"order.created.twice"}}]"#, false),
        (r#"[{"prefix":{"flag":"tr"}}]"#, true),
        (r#"[{"suffix":{"type":".created","source":"orders"}}]"#, true),
        (r#"[{"suffix":{"type":".Created"}}]"#, false),
        (
            r#"[{"all":[{"prefix":{"type":"order."}},{"suffix":{"type":"d"}}]}]"#,
            true,
        ),
        (
            r#"[{"all":[{"prefix":{"type":"order."}},{"suffix":{"type":"x"}}]}]"#,
            false,
        ),
        (
            r#"[{"any":[{"prefix":{"type":"x"}},{"suffix":{"type":"d"}}]}]"#,
            true,
        ),
        (r#"[{"any":[{"prefix":{"type":"x"}}]}]"#, false),
        (r#"[{"not":{"exact":{"type":"order.created"}}}]"#, false),
        // Where SQL has an error, `not` is true.
        (r#"[{"not":{"exact":{"missing":"a"}}}]"#, true),
        (r#"[{"sql":"NOT (missing = 'a')"}]"#, false),
        (r#"[{"sql":"missing != 'a'"}]"#, false),
        (r#"[{"sql":"NOT EXISTS missing OR missing != 'a'"}]"#, true),
        (r#"[{"not":{"sql":"missing = 'a'"}}]"#, true),
        (r#"[{"sql":"type"}]"#, false),
        (r#"[{"sql":"flag"}]"#, true),
        (r#"[{"sql":"1"}]"#, false),
        (
            r#"[{"exact":{"type":"order.created"}},{"exact":{"source":"x"}}]"#,
            false,
        ),
        (
            " [ {\"\\u0065xact\" : {\"t\\u0079pe\":\"order\\u002ecreated\"} } ] ",
            true,
        ),
    ];
    for (filters, wanted) in table {
        let compiled = compile(filters).unwrap_or_else(|error| panic!("{filters}: {error}"));
        assert_eq!(compiled.matches(&event), wanted, "{filters}");
    }
    assert!(
        compile(r#"[{"exact":{"subject":"ä"}}]"#)
            .unwrap()
            .matches(&event.with("subject", text("ä")))
    );
}

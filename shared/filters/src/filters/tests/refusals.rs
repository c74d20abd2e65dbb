//! What is refused: where, and what would be right.

use super::compile;
use crate::{FilterLimits, Filters};

#[test]
fn refusals_name_the_place_and_say_what_to_write() {
    let table = [
        ("", "", "no JSON"),
        ("[", "", "no JSON"),
        ("{}", "", "expected a list of filters"),
        ("null", "", "expected a list of filters"),
        (r#"["exact"]"#, "/0", "a filter is an object"),
        ("[{}]", "/0", "one of exact, prefix"),
        (
            r#"[{"exact":{"id":"a"}},{"exact":{"id":"a"},"prefix":{"id":"a"}}]"#,
            "/1",
            "one dialect",
        ),
        (
            r#"[{"exact":{"id":"a"},"exact":{"id":"b"}}]"#,
            "/0",
            "one dialect",
        ),
        (r#"[{"Exact":{"id":"a"}}]"#, "/0/Exact", "no such dialect"),
        (r#"[{"a/b~":1}]"#, "/0/a~1b~0", "no such dialect"),
        (r#"[{"exact":{}}]"#, "/0/exact", "expected attributes"),
        (r#"[{"exact":["type"]}]"#, "/0/exact", "expected attributes"),
        (
            r#"[{"exact":{"":"a"}}]"#,
            "/0/exact/",
            "lower-case letters and digits",
        ),
        (
            r#"[{"prefix":{"Type":"a"}}]"#,
            "/0/prefix/Type",
            "lower-case letters and digits",
        ),
        (
            r#"[{"suffix":{"my-ext":"a"}}]"#,
            "/0/suffix/my-ext",
            "lower-case letters and digits",
        ),
        (
            r#"[{"exact":{"data":"a"}}]"#,
            "/0/exact/data",
            "write a `pattern`",
        ),
        (r#"[{"exact":{"type":""}}]"#, "/0/exact/type", "the text is empty"),
        (r#"[{"exact":{"type":5}}]"#, "/0/exact/type", r#"{"type": "5"}"#),
        (
            r#"[{"exact":{"type":["a"]}}]"#,
            "/0/exact/type",
            "expected a text",
        ),
        (
            r#"[{"exact":{"type":"a","type":"b"}}]"#,
            "/0/exact/type",
            "write `any`",
        ),
        (r#"[{"all":[]}]"#, "/0/all", "the list is empty"),
        (
            r#"[{"any":{"exact":{"type":"a"}}}]"#,
            "/0/any",
            "expected a list of filters",
        ),
        (
            r#"[{"any":[{"exact":{"type":"a"}},{"any":[{"exact":{"b":""}}]}]}]"#,
            "/0/any/1/any/0/exact/b",
            "empty",
        ),
        (r#"[{"not":[{"exact":{"type":"a"}}]}]"#, "/0/not", "no list"),
        (r#"[{"not":{}}]"#, "/0/not", "the filter is empty"),
        (r#"[{"sql":5}]"#, "/0/sql", "an expression in quotes"),
    ];
    for (filters, pointer, reason) in table {
        let error = compile(filters).expect_err(filters);
        assert_eq!(
            (&*error.pointer, error.offset),
            (pointer, None),
            "{filters}: {error}"
        );
        assert!(error.reason.contains(reason), "{filters}: {error}");
    }
    let error = compile(r#"[{"all":[{"not":{"sql":"type == 'a'"}}]}]"#).expect_err("no SQL");
    assert_eq!(
        error.to_string(),
        "filters/0/all/0/not/sql at character 5: write `=`, not `==`"
    );
}

#[test]
fn all_filters_share_the_limits() {
    let limits = FilterLimits {
        max_bytes: 400,
        max_depth: 3,
        max_conditions: 5,
        max_wildcards: 2,
        max_steps: 100,
        max_combinations: 100,
    };
    let compile = |json: &str| Filters::compile(json, &limits);
    let refused = |json: &str| compile(json).expect_err(json).to_string();

    let exact = r#"{"exact":{"a":"a","b":"b"}}"#;
    compile(&format!("[{exact},{exact}]")).expect("four conditions");
    assert!(
        refused(&format!("[{exact},{exact},{exact}]"))
            .starts_with("filters/2/exact/b: more than 5 conditions")
    );
    assert!(
        refused(&format!(r#"[{exact},{exact},{{"sql":"a = 'b'"}}]"#))
            .starts_with("filters/2/sql at character 2")
    );

    compile(r#"[{"not":{"not":{"sql":"(true)"}}}]"#).expect("three levels");
    assert!(refused(r#"[{"not":{"not":{"sql":"((true))"}}}]"#).contains("more than 3 levels"));
    assert!(
        refused(r#"[{"any":[{"all":[{"any":[{"all":[{"sql":"true"}]}]}]}]}]"#).contains("more than 3 levels")
    );

    let like = r#"{"sql":"a LIKE '%b'"}"#;
    compile(&format!("[{like},{like}]")).expect("two wildcards");
    assert!(refused(&format!(r#"[{like},{{"sql":"a LIKE '_%'"}}]"#)).contains("more than 2 wildcards"));

    assert!(refused(&format!("[{}]", " ".repeat(400))).contains("larger than 400 bytes"));
}

#[test]
fn what_is_nested_deeply_is_refused() {
    let open = r#"{"not":"#.repeat(7_000);
    let json = format!("[{open}1{}]", "}".repeat(7_000));
    let error = compile(&json).expect_err("too deep");
    assert!(error.reason.contains("32 levels"), "{error}");
    let json = format!("[{}{}]", r#"{"all":["#.repeat(4_000), "]}".repeat(4_000));
    let error = compile(&json).expect_err("too deep");
    assert!(error.reason.contains("32 levels"), "{error}");
}

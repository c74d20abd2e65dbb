//! What matches and what does not, as tables.

use serde_json::{Value, json};

use super::{differences, excerpt, has_match, lookup};

fn fits(expected: &Value, got: &Value) -> bool {
    differences(expected, Some(got), "$").is_empty()
}

#[test]
fn equal_values_match_and_others_do_not() {
    let values = [
        json!(null),
        json!(true),
        json!(1),
        json!(1.5),
        json!("1"),
        json!("x"),
        json!([]),
        json!([1]),
        json!({}),
    ];
    for (i, expected) in values.iter().enumerate() {
        for (j, got) in values.iter().enumerate() {
            assert_eq!(fits(expected, got), i == j, "{expected} against {got}");
        }
    }
    assert!(fits(&json!(2), &json!(2.0)));
    assert!(!fits(&json!([1, 2]), &json!([1])));
    assert!(!fits(&json!([1]), &json!([1, 2])));
}

#[test]
fn objects_match_as_a_whole() {
    let expected = json!({"a": 1, "b": {"c": [1, {"d": 2}]}});
    assert!(fits(&expected, &expected));
    for (got, want) in [
        (json!({"a": 1}), "$.b expected"),
        (
            json!({"a": 1, "b": {"c": [1, {"d": 3}]}}),
            "$.b.c[1].d expected 2, got 3",
        ),
        (
            json!({"a": 1, "b": {"c": [1, {"d": 2}]}, "e": 0}),
            "$ has unexpected members e",
        ),
        (json!([]), "$ expected"),
    ] {
        let all = differences(&expected, Some(&got), "$");
        assert!(all.len() == 1 && all[0].starts_with(want), "{got}: {all:?}");
    }
}

#[test]
fn matchers_tell_kinds_apart() {
    let id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    for (matcher, fitting, unfitting) in [
        ("${any}", vec![json!(null), json!(1)], vec![]),
        ("${string}", vec![json!("")], vec![json!(1), json!(null)]),
        ("${nonempty}", vec![json!("x")], vec![json!(""), json!(["x"])]),
        ("${object}", vec![json!({})], vec![json!([]), json!("{}")]),
        (
            "${uuid}",
            vec![json!(id)],
            vec![
                json!(id.to_uppercase()),
                json!(id.replace('-', "")),
                json!("0f8fad5b-d9cb-169f-a165-70867728950e"),
            ],
        ),
        (
            "${rfc3339}",
            vec![
                json!("2018-01-02T03:04:05.678Z"),
                json!("2018-01-02T03:04:05+01:00"),
            ],
            vec![json!("2018-01-02"), json!("2018-13-02T03:04:05Z"), json!(5)],
        ),
        (
            "${re:^a.+z$}",
            vec![json!("a\nz"), json!("abz")],
            vec![json!("az"), json!(1)],
        ),
        ("${re:(}", vec![], vec![json!("(")]),
        ("${absent}", vec![], vec![json!(null), json!("${absent}")]),
    ] {
        let expected = json!(matcher);
        assert!(fitting.iter().all(|got| fits(&expected, got)), "{matcher}");
        assert!(!unfitting.iter().any(|got| fits(&expected, got)), "{matcher}");
        assert_eq!(
            differences(&expected, None, "$").is_empty(),
            matcher == "${absent}",
            "{matcher}"
        );
    }
}

#[test]
fn absence_can_be_expected_inside_an_object() {
    assert!(fits(&json!({"a": 1, "b": "${absent}"}), &json!({"a": 1})));
    assert!(!fits(
        &json!({"a": 1, "b": "${absent}"}),
        &json!({"a": 1, "b": null})
    ));
}

#[test]
fn paths_lead_into_values() {
    let value = json!({"a": [{"b": 1, "X-Y": "h"}, {"b": 2}], "o": {"": 3}, "s": "text"});
    for (path, want) in [
        ("", Some(value.clone())),
        ("a.0.b", Some(json!(1))),
        ("a.0.X-Y", Some(json!("h"))),
        ("a.*.b", Some(json!([1, 2]))),
        ("a.*.X-Y", None),
        ("a.#", Some(json!(2))),
        ("o.#", Some(json!(1))),
        ("a.2", None),
        ("a.b", None),
        ("s.x", None),
        ("none", None),
    ] {
        assert_eq!(lookup(&value, path), want, "{path}");
    }
}

#[test]
fn lines_are_told_apart_only_on_request() {
    assert!(has_match("^b$", "a\nb", true));
    assert!(!has_match("^b$", "a\nb", false));
}

#[test]
fn long_texts_are_cut_between_characters() {
    assert_eq!(excerpt("é"), "é");
    assert_eq!(
        excerpt(&"é".repeat(301)),
        format!("{}… (602 bytes)", "é".repeat(300))
    );
}

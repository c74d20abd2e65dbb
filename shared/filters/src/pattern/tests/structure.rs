//! Fields, arrays and `$or`.

use super::{compile, matches, verdict};

#[test]
fn patterns_hold_for_the_whole_event() {
    for (pattern, event, expected) in [
        // All fields, whatever else there is.
        (r#"{"a":[1],"b":[2]}"#, r#"{"a":1,"b":2,"c":3}"#, true),
        (r#"{"a":[1],"b":[2]}"#, r#"{"a":1,"b":3}"#, false),
        (r#"{"a":{"b":[1]}}"#, r#"{"a":{"b":1}}"#, true),
        (r#"{"a":{"b":[1]}}"#, r#"{"a":1}"#, false),
        // Dots are keys.
        (r#"{"a.b":[1]}"#, r#"{"a":{"b":1}}"#, true),
        (r#"{"a":{"b":[1]}}"#, r#"{"a.b":1}"#, true),
        (r#"{"a":{"b.c":[1]}}"#, r#"{"a.b":{"c":1}}"#, true),
        // Of keys that stand twice all values of the event count, and the last of the pattern.
        (r#"{"a":[1]}"#, r#"{"a":1,"a":2}"#, true),
        (r#"{"a":[2]}"#, r#"{"a":1,"a":2}"#, true),
        (r#"{"a":[1],"a":[2]}"#, r#"{"a":1}"#, false),
        (r#"{"a":{"b":[1]},"a":{"c":[2]}}"#, r#"{"a":{"b":1,"c":2}}"#, true),
        (r#"{"a":{"b":[1]},"a.b":[2]}"#, r#"{"a":{"b":2}}"#, true),
        // Values of one array are of one element.
        (
            r#"{"e":{"f":["A"],"l":["J"]}}"#,
            r#"{"e":[{"f":"A","l":"S"},{"f":"P","l":"J"}]}"#,
            false,
        ),
        (
            r#"{"e":{"f":["A"],"l":["J"]}}"#,
            r#"{"e":[{"f":"A","l":"S"},{"f":"A","l":"J"}]}"#,
            true,
        ),
        (
            r#"{"e":{"f":["A"]},"g":{"l":["J"]}}"#,
            r#"{"e":[{"f":"A"}],"g":[{"l":"S"},{"l":"J"}]}"#,
            true,
        ),
        (
            r#"{"e":{"f":{"x":[1],"y":[2]}}}"#,
            r#"{"e":[{"f":[{"x":1},{"y":2}]},{"f":[{"x":1,"y":2}]}]}"#,
            true,
        ),
        (
            r#"{"e":{"f":{"x":[1]},"g":[2]}}"#,
            r#"{"e":[{"f":[{"x":0},{"x":1}]},{"g":2}]}"#,
            false,
        ),
        (
            r#"{"e":{"f":[1],"g":[2]}}"#,
            r#"{"e":[[{"f":1},{"g":2}]]}"#,
            false,
        ),
        (r#"{"a":[1],"a.b":[2]}"#, r#"{"a":[1,{"b":2}]}"#, true),
        (r#"{"a":[1],"a.b":[2]}"#, r#"{"a":[[1],{"b":2}]}"#, false),
        // Absence counts for an element once another value has chosen it.
        (
            r#"{"d":{"b":[{"exists":false}]}}"#,
            r#"{"d":[{"a":1},{"a":2,"b":1}]}"#,
            false,
        ),
        (
            r#"{"d":{"a":[1],"b":[{"exists":false}]}}"#,
            r#"{"d":[{"a":1},{"a":2,"b":1}]}"#,
            true,
        ),
        (
            r#"{"d":{"a":[2],"b":[{"exists":false}]}}"#,
            r#"{"d":[{"a":1},{"a":2,"b":1}]}"#,
            false,
        ),
        (
            r#"{"d":{"c":[1],"b":[{"exists":false}]}}"#,
            r#"{"d":[{"c":1},{"c":2,"b":1}]}"#,
            false,
        ),
        (
            r#"{"a":[1],"a.b":[{"exists":false}]}"#,
            r#"{"a":[1,[1],{"b":2}]}"#,
            true,
        ),
        (
            r#"{"a":[1],"a.b":[{"exists":false}]}"#,
            r#"{"a":[1,{"b":2}]}"#,
            false,
        ),
    ] {
        assert_eq!(verdict(pattern, event), expected.to_string(), "{pattern} {event}");
    }
}

#[test]
fn one_branch_is_enough() {
    for (pattern, event, expected) in [
        (r#"{"$or":[{"a":[1]},{"b":[1]}]}"#, r#"{"b":1}"#, true),
        (r#"{"$or":[{"a":[1]},{"b":[1]}]}"#, r#"{"b":2}"#, false),
        (r#"{"c":[1],"$or":[{"a":[1]},{"b":[1]}]}"#, r#"{"a":1}"#, false),
        (r#"{"c":{"$or":[{"a":[1]},{"b":[1]}]}}"#, r#"{"c":{"b":1}}"#, true),
        (
            r#"{"$or":[{"a":[1],"b":[2]},{"c":[3]}]}"#,
            r#"{"a":1,"b":3}"#,
            false,
        ),
        (
            r#"{"$or":[{"$or":[{"a":[1]},{"b":[1]}]},{"c":[1]}]}"#,
            r#"{"b":1}"#,
            true,
        ),
        (
            r#"{"$or":[{"a":[1]},{"b":[1]}],"$or":[{"c":[1]},{"d":[1]}]}"#,
            r#"{"a":1,"b":1}"#,
            false,
        ),
        (
            r#"{"$or":[{"a":[1]},{"b":[1]}],"$or":[{"c":[1]},{"d":[1]}]}"#,
            r#"{"b":1,"c":1}"#,
            true,
        ),
        // A branch replaces what stands before it, and is replaced by what follows.
        (r#"{"a":[1],"$or":[{"a":[2]},{"b":[1]}]}"#, r#"{"a":2}"#, true),
        (r#"{"a":[1],"$or":[{"a":[2]},{"b":[1]}]}"#, r#"{"a":1}"#, false),
        (
            r#"{"a":[1],"$or":[{"a":[2]},{"b":[1]}]}"#,
            r#"{"a":1,"b":1}"#,
            true,
        ),
        (
            r#"{"a":[1],"$or":[{"a":[2]},{"b":[1]}]}"#,
            r#"{"a":3,"b":1}"#,
            false,
        ),
        (r#"{"$or":[{"a":[2]},{"b":[1]}],"a":[1]}"#, r#"{"a":1}"#, true),
        (r#"{"$or":[{"a":[2]},{"b":[1]}],"a":[1]}"#, r#"{"a":2}"#, false),
        (
            r#"{"$or":[{"a":[1]},{"b":[1]}],"$or":[{"a":[2]},{"c":[1]}]}"#,
            r#"{"a":2}"#,
            true,
        ),
        (
            r#"{"$or":[{"a":[1]},{"b":[1]}],"$or":[{"a":[2]},{"c":[1]}]}"#,
            r#"{"a":1,"c":1}"#,
            true,
        ),
        (
            r#"{"$or":[{"a":[1]},{"b":[1]}],"$or":[{"a":[2]},{"c":[1]}]}"#,
            r#"{"a":1}"#,
            false,
        ),
        (
            r#"{"$or":[{"$or":[{"a":[2]},{"c":[1]}],"b":[3]},{"b":[1]}],"a":[1],"b":[2]}"#,
            r#"{"a":1,"b":2}"#,
            true,
        ),
        // Branches that look into one array.
        (
            r#"{"e":{"x":[1],"$or":[{"y":[2]},{"z":[3]}]}}"#,
            r#"{"e":[{"x":1},{"y":2}]}"#,
            false,
        ),
        (
            r#"{"e":{"x":[1],"$or":[{"y":[2]},{"z":[3]}]}}"#,
            r#"{"e":[{"y":2},{"x":1,"z":3}]}"#,
            true,
        ),
        (
            r#"{"e":{"x":[1]},"$or":[{"e.y":[2]},{"f":[3]}]}"#,
            r#"{"e":[{"x":1},{"y":2}]}"#,
            false,
        ),
        (
            r#"{"e":{"x":[1]},"$or":[{"e.y":[2]},{"f":[3]}]}"#,
            r#"{"e":[{"x":1},{"y":2}],"f":3}"#,
            true,
        ),
        (
            r#"{"e":{"x":[1],"$or":[{"y":[{"exists":false}]},{"z":[3]}]}}"#,
            r#"{"e":[{"x":1},{"y":2}]}"#,
            true,
        ),
        (
            r#"{"a.c":[3],"$or":[{"a":[1],"a.b":[2]},{"a":[5]}]}"#,
            r#"{"a":[1,{"b":2,"c":3}]}"#,
            true,
        ),
        // Where it is none, it is the name of a field.
        (r#"{"$or":[1]}"#, r#"{"$or":1}"#, true),
        (r#"{"$or":{"a":[1]}}"#, r#"{"$or":{"a":1}}"#, true),
        (
            r#"{"$or":[{"prefix":"a"},{"prefix":"b"}]}"#,
            r#"{"$or":"bc"}"#,
            true,
        ),
    ] {
        assert_eq!(verdict(pattern, event), expected.to_string(), "{pattern} {event}");
    }
}

#[test]
fn data_that_is_no_object_does_not_match() {
    let pattern = compile(r#"{"a":[{"exists":false}]}"#).unwrap();
    assert!(matches(&pattern, "{}"));
    let pattern = compile(r#"{"a":[1]}"#).unwrap();
    for data in ["1", "null", "\"a\"", "[]", "not JSON", ""] {
        assert!(!matches(&pattern, data), "{data}");
    }
}

//! Why patterns let events pass or do not.

use super::{Data, compile};
use crate::Condition;
use crate::reading::Reading;
use crate::steps::Steps;
use crate::wanted::Wanted;

fn explained(pattern: &str, event: &str) -> Vec<Condition> {
    let pattern = compile(pattern).unwrap();
    let mut wanted = Wanted::default();
    pattern.paths(&mut |path| {
        wanted.add(path);
    });
    let mut conditions = Vec::new();
    let event = Data(event);
    let reading = Reading::of(&event, &wanted);
    pattern.explain(&reading, &Steps::new(usize::MAX), "/0/pattern", &mut conditions);
    conditions
}

fn condition(pointer: &str, passes: bool, reason: &str) -> Condition {
    Condition {
        pointer: format!("/0/pattern{pointer}"),
        passes,
        reason: reason.to_owned(),
    }
}

#[test]
fn every_leaf_has_a_reason() {
    let found = explained(
        r#"{"a":["x",{"prefix":"y"}],"b":[{"numeric":[">",1,"<=",5]}],"c":[{"exists":false}],"d":[null]}"#,
        r#"{"a":"yes","b":[7,8]}"#,
    );
    let expected = [
        condition("/data/a", true, r#"data.a is "yes", wanted "x" or prefix "y""#),
        condition(
            "/data/b",
            false,
            "data.b is 7, 8, but wanted is numeric > 1 and <= 5",
        ),
        condition("/data/c", true, "data.c is missing, wanted exists false"),
        condition("/data/d", false, "data.d is missing, but wanted is null"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn long_values_are_cut() {
    let long = "é".repeat(500);
    let found = explained(&format!(r#"{{"a":["{long}"]}}"#), &format!(r#"{{"a":"{long}"}}"#));
    assert!(found[0].reason.chars().count() < 200, "{:?}", found[0]);
    let many = explained(
        r#"{"a":[{"anything-but":[1,2,3,4,5,6,7,8]}]}"#,
        r#"{"a":[1,2,3,4,5,6]}"#,
    );
    assert_eq!(
        many[0].reason,
        "data.a is 1, 2, 3, 4, 2 more, but wanted is anything-but 1 or 2 or 3 or 4 or 4 more"
    );
}

#[test]
fn arrays_and_branches_have_a_reason_of_their_own() {
    let found = explained(r#"{"e":{"f":[1],"g":[2]}}"#, r#"{"e":[{"f":1},{"g":2}]}"#);
    assert_eq!(found.len(), 3);
    assert_eq!(
        found[2],
        condition("", false, "no element of an array has all that is wanted")
    );
    let found = explained(r#"{"$or":[{"a":[1]},{"b":[1]}]}"#, r#"{"b":1}"#);
    let pointers: Vec<_> = found.iter().map(|of| (of.pointer.as_str(), of.passes)).collect();
    assert_eq!(
        pointers,
        [
            ("/0/pattern/data/$or/0/a", false),
            ("/0/pattern/data/$or/1/b", true),
            ("/0/pattern", true)
        ]
    );
}

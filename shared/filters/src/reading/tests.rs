//! What is read of events.

use serde_json::value::RawValue;

use super::*;

/// An event of a few attributes.
#[derive(Default)]
struct Sample {
    attributes: Vec<(&'static str, &'static str)>,
    data: Option<String>,
}

impl Subject for Sample {
    fn attribute(&self, name: &str) -> Option<Scalar<'_>> {
        let (_, value) = self.attributes.iter().find(|(other, _)| *other == name)?;
        Some(Scalar::String((*value).into()))
    }

    fn each_attribute(&self, visit: &mut dyn FnMut(&str, Scalar<'_>)) {
        for (name, value) in &self.attributes {
            visit(name, Scalar::String((*value).into()));
        }
    }

    fn data(&self) -> Option<&RawValue> {
        serde_json::from_str(self.data.as_deref()?).ok()
    }
}

/// The leaves that are read of data, as `path=value`.
fn leaves(paths: &[&str], data: &str) -> Vec<String> {
    let event = Sample {
        attributes: vec![("type", "t"), ("id", "1")],
        data: Some(data.to_owned()),
    };
    let mut wanted = Wanted::default();
    let fields: Vec<_> = paths.iter().map(|path| wanted.add(path)).collect();
    let mut found = Vec::new();
    Reading::of(&event, &wanted).each_leaf(&mut |field, scalar| {
        let at = fields.iter().position(|other| *other == field).unwrap();
        let value = match scalar {
            Scalar::Null => "null".to_owned(),
            Scalar::Bool(value) => value.to_string(),
            Scalar::Number(number) => number.to_string(),
            Scalar::String(text) => format!("{text:?}"),
        };
        found.push(format!("{}={value}", paths[at]));
    });
    found
}

#[test]
fn only_what_is_wanted_is_read() {
    let data = r#" { "x" : [1, {"a": "]}\"" }], "a" : { "b" : 1 , "c" : 2 }, "y": "\\" } "#;
    assert_eq!(leaves(&["data.a.b"], data), ["data.a.b=1"]);
    assert_eq!(leaves(&["data.a"], data), [""; 0]);
    assert_eq!(
        leaves(&["data.y", "type"], data),
        ["data.y=\"\\\\\"", "type=\"t\""]
    );
    assert_eq!(leaves(&["subject", "data.z"], data), [""; 0]);
}

#[test]
fn values_stay_as_they_were_written() {
    let data = r#"{"a":[12345678901234567890,1.0,1e0,-0,true,false,null,"","\u00e9\n","\ud800"]}"#;
    let expected = [
        "12345678901234567890",
        "1.0",
        "1e0",
        "-0",
        "true",
        "false",
        "null",
        "\"\"",
        "\"é\\n\"",
        r#""\\ud800""#,
    ];
    assert_eq!(
        leaves(&["data.a"], data),
        expected.map(|value| format!("data.a={value}"))
    );
}

#[test]
fn elements_of_arrays_have_the_path_of_their_array() {
    let data = r#"{"a":[1,[2,[3]],{"b":4},{"c":5},[],{},[{"b":[6,7]}]]}"#;
    let found = leaves(&["data.a", "data.a.b"], data);
    let expected = [
        "data.a=1",
        "data.a=2",
        "data.a=3",
        "data.a.b=4",
        "data.a.b=6",
        "data.a.b=7",
    ];
    assert_eq!(found, expected);
}

#[test]
fn keys_that_stand_twice_both_count() {
    let data = r#"{"a":{"c":1},"b":2,"a":{"c":3,"b":4},"a.b":5,"a.b.c":6,"a\u002eb":7}"#;
    let mut found = leaves(&["data.a.b", "data.a.c", "data.b"], data);
    found.sort();
    let expected = [
        "data.a.b=4",
        "data.a.b=5",
        "data.a.b=7",
        "data.a.c=1",
        "data.a.c=3",
        "data.b=2",
    ];
    assert_eq!(found, expected);
}

#[test]
fn each_place_is_there_once() {
    let mut wanted = Wanted::default();
    for path in ["data.a.b", "data.a.c", "data.b"] {
        wanted.add(path);
    }
    let event = Sample {
        data: Some(r#"{"b":1,"a":{"c":2},"a.b":3,"a":[{"c":4}],"a":{"b":5}}"#.to_owned()),
        ..Sample::default()
    };
    let reading = Reading::of(&event, &wanted);
    let a = reading.top().child("data").unwrap().child("a").unwrap();
    let scalars = |place: Option<&Place<'_>>| place.unwrap().scalars().len();
    assert_eq!((scalars(a.child("b")), scalars(a.child("c"))), (2, 1));
    assert_eq!(a.elements().len(), 1);
}

#[test]
fn malformed_data_is_no_data() {
    for data in [
        "",
        "{",
        "{\"a\":1",
        "{\"a\":1}x",
        "{\"a\":01}",
        "nul",
        "{\"a\":\"\u{1}\"}",
    ] {
        assert_eq!(leaves(&["data.a", "data"], data), [""; 0], "{data}");
    }
    assert_eq!(leaves(&["data"], "7"), ["data=7"]);
}

#[test]
fn many_attributes_are_looked_up_by_those_of_the_event() {
    let names: Vec<String> = (0..40).map(|i| format!("x{i}")).collect();
    let mut paths = vec!["type", "data.a"];
    paths.extend(names.iter().map(String::as_str));
    assert_eq!(leaves(&paths, r#"{"a":1}"#), ["data.a=1", "type=\"t\""]);
}

#[test]
fn what_is_nested_deeply_is_read_within_bounds() {
    let nested = |depth: usize| format!(r#"{{"a":{}1{},"b":2}}"#, "[".repeat(depth), "]".repeat(depth));
    assert_eq!(
        leaves(&["data.a", "data.b"], &nested(100)),
        ["data.a=1", "data.b=2"]
    );
    assert_eq!(leaves(&["data.a", "data.b"], &nested(100_000)), ["data.b=2"]);
}

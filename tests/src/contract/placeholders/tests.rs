//! Placeholders and what they become.

use serde_json::{Value, json};

use super::Environment;

fn expand(value: &Value) -> Result<Value, String> {
    let mut environment = Environment::new("c1-tcp", "http://127.0.0.1:9/c1-tcp", 7);
    environment.save("obj", json!({"a": 1}));
    environment.save("n", json!(3));
    environment.expand(value).map_err(|error| error.to_string())
}

#[test]
fn texts_are_expanded() {
    for (input, want) in [
        ("plain $ {u}", "plain $ {u}"),
        ("t-${u}", "t-c1-tcp"),
        ("${S}/x", "/v1/spaces/sp-c1-tcp/x"),
        ("${Sb}", "/v1/spaces/sp-c1-tcp-b"),
        ("http://h:${closedport}/", "http://h:7/"),
        ("${fn}/f1", "http://127.0.0.1:9/c1-tcp/f1"),
        ("${rep:ab,3}!", "ababab!"),
        ("${b64:hi}", "aGk="),
        ("${b64u:hi?>}", "aGk_Pg"),
        ("x${n}y", "x3y"),
        ("${obj}!", r#"{"a":1}!"#),
        (
            r#"\{space="${space}",x="y"\} [1-9]"#,
            r#"\{space="sp-c1-tcp",x="y"\} [1-9]"#,
        ),
        ("${any}", "${any}"),
        ("${re:^a{2}$}", "${re:^a{2}$}"),
        ("${${u}}", "${c1-tcp}"),
        ("${}", "${}"),
        (
            "${V:Type,Name,required}",
            "Key: 'Type.Name' Error:Field validation for 'Name' failed on the 'required' tag",
        ),
    ] {
        assert_eq!(expand(&json!(input)), Ok(json!(want)), "{input}");
    }
}

#[test]
fn method_lists_are_written_out() {
    let line = expand(&json!("${V:CORS,Method,METHODS}")).unwrap_or_default();
    assert!(
        line.as_str()
            .is_some_and(|text| text.contains("'eq=GET|eq=POST|")),
        "{line}"
    );
}

#[test]
fn a_whole_string_takes_the_type_of_the_value() {
    assert_eq!(
        expand(&json!({"json": "${obj}", "n": "${n}"})),
        Ok(json!({"json": {"a": 1}, "n": 3}))
    );
    assert_eq!(expand(&json!(["${u}", 1, null])), Ok(json!(["c1-tcp", 1, null])));
}

#[test]
fn member_names_are_expanded() {
    assert_eq!(
        expand(&json!({"m{s=\"${space}\"}": 1})),
        Ok(json!({"m{s=\"sp-c1-tcp\"}": 1}))
    );
}

#[test]
fn unknown_names_are_errors() {
    for unknown in ["${nobody}", "a ${rep:x} b", "${V:Type}", "${rep:x,y}", "${hex:1}"] {
        assert!(expand(&json!(unknown)).is_err(), "{unknown}");
    }
}

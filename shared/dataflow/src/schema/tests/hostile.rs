//! x
use crate::schema::{Schema, SchemaLimits, ViolationLimits};
use serde_json::json;
use std::time::Instant;

fn compile(text: &str) -> Result<Schema, crate::schema::SchemaError> {
    Schema::compile(text, &SchemaLimits::default())
}

#[test]
fn chain() {
    let t = Instant::now();
    let mut defs = serde_json::Map::new();
    for at in 0..4000 {
        defs.insert(format!("a{at}"), json!({"properties": {"x": {"$ref": format!("#/$defs/a{}", at + 1)}}}));
    }
    defs.insert("a4000".into(), json!(true));
    let s = compile(&json!({"$ref": "#/$defs/a0", "$defs": defs}).to_string());
    eprintln!("{:?} {:?}", s, t.elapsed());
}

#[test]
fn bombs() {
    let t = Instant::now();
    let mut defs = serde_json::Map::new();
    for at in 0..40 {
        let next = json!({"$ref": format!("#/$defs/a{}", at + 1)});
        defs.insert(format!("a{at}"), json!({"anyOf": [{"properties": {"x": next}}, {"properties": {"x": next}}]}));
    }
    defs.insert("a40".into(), json!(false));
    let s = compile(&json!({"$ref": "#/$defs/a0", "$defs": defs}).to_string()).unwrap();
    eprintln!("{:?}", t.elapsed());
    let data = format!("{}1{}", "{\"x\":".repeat(40), "}".repeat(40));
    eprintln!("{:?} {:?}", s.violations(&data, &ViolationLimits::default()), t.elapsed());
    let s = compile(&json!({"anyOf": [{"type":"object","properties": {"x": {"$ref": "#"}}}, {"type":"object","properties": {"x": {"$ref":"#"}}}]}).to_string()).unwrap();
    let data = format!("{}1{}", "{\"x\":".repeat(100), "}".repeat(100));
    eprintln!("{:?} {:?}", s.violations(&data, &ViolationLimits::default()), t.elapsed());
    let data = serde_json::to_string(&(0..100_000).collect::<Vec<i32>>()).unwrap();
    let s = compile(r#"{"uniqueItems": true}"#).unwrap();
    let t = Instant::now();
    eprintln!("{:?} {:?}", s.accepts(&data), t.elapsed());
    let s = compile(&json!({"items": {"enum": (0..30_000).map(|n| n * 2).collect::<Vec<_>>()}}).to_string()).unwrap();
    let t = Instant::now();
    eprintln!("enum {:?} {:?}", s.violations(&data, &ViolationLimits::default()).len(), t.elapsed());
    let data = serde_json::to_string(&(0..100_000).map(|n| format!("k{n}")).collect::<Vec<_>>()).unwrap();
    let s = compile(&json!({"items": {"enum": (0..20_000).map(|n| format!("k{}", n * 2)).collect::<Vec<_>>()}}).to_string()).unwrap();
    let t = Instant::now();
    eprintln!("enum {:?} {:?}", s.violations(&data, &ViolationLimits::default()).len(), t.elapsed());
    let s = compile(&json!({"patternProperties": (0..1000).map(|n| (format!("k{n}.*x"), json!({"type":"string"}))).collect::<serde_json::Map<_,_>>()}).to_string());
    eprintln!("{:?} {:?}", s.is_ok(), t.elapsed());
    let s = compile(r#"{"pattern": "((a{100}){100}){100}"}"#);
    eprintln!("{:?} {:?}", s, t.elapsed());
    let s = compile(r#"{"pattern": "^(?=a)b"}"#);
    eprintln!("{:?} {:?}", s, t.elapsed());
    let s = compile(r#"{"$ref": "http://example.com/x"}"#);
    eprintln!("{:?} {:?}", s, t.elapsed());
    let s = compile(r##"{"allOf": [{"$ref": "#"}]}"##);
    eprintln!("{:?} {:?}", s, t.elapsed());
    let s = compile(r##"{"type": "strin", "properties": {"a": {"minLength": -1}}}"##);
    eprintln!("{:?} {:?}", s, t.elapsed());
    let s = compile(r##"{"$schema": "http://x.y/z"}"##);
    eprintln!("{:?} {:?}", s, t.elapsed());
}

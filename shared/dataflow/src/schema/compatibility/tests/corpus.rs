//! Apicurio's pairs of schemas.

use std::path::PathBuf;

use serde_json::Value;

use crate::schema::compatibility::{Compatibility, CompareLimits, Direction, Policy, refusals};
use crate::schema::{Schema, SchemaLimits};

/// Pairs on which this differs, and why.
const DIFFERENT: [(&str, &str); 0] = [];

fn corpus() -> Option<Value> {
    let given = std::env::var_os("EVENT_GATEWAY_CORPORA").map(PathBuf::from);
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let folder = given.unwrap_or(beside);
    let text = std::fs::read_to_string(folder.join("corpora/apicurio_compat_json.json")).ok()?;
    serde_json::from_str(&text).ok()
}

#[test]
fn pairs_of_apicurio() {
    let Some(corpus) = corpus() else {
        eprintln!("not run: the corpus of Apicurio's pairs is not there");
        return;
    };
    let limits = CompareLimits::default();
    let mut different = Vec::new();
    for (at, pair) in corpus["tests"].as_array().unwrap().iter().enumerate() {
        let compile = |side: &str| Schema::compile(&pair[side].to_string(), &SchemaLimits::default()).unwrap();
        let (old, new) = (compile("original"), compile("updated"));
        let found = refusals(Compatibility::Full, Policy::Strict, &old, &new, &limits);
        let breaks = |way| found.iter().any(|refusal| refusal.direction == way);
        let got = match (breaks(Direction::Backward), breaks(Direction::Forward)) {
            (false, false) => "both",
            (false, true) => "backward",
            (true, false) => "forward",
            (true, true) => "none",
        };
        let id = pair["id"].as_str().unwrap();
        for refusal in &found {
            if let Some(value) = &refusal.value {
                let (giving, accepting) = match refusal.direction {
                    Direction::Backward => (&old, &new),
                    Direction::Forward => (&new, &old),
                };
                assert!(giving.accepts_value(value) && !accepting.accepts_value(value), "{at} {id} {refusal:?}");
            } else {
                eprintln!("no value: {at} {id} {}", refusal.line());
            }
        }
        if pair["compatibility"] != got {
            let lines: Vec<_> = found.iter().map(|refusal| format!("{:?} {} {}", refusal.direction, refusal.schema_path, refusal.line())).collect();
            eprintln!("different: {at} {id} want {} got {got} {lines:#?}", pair["compatibility"]);
            different.push(id.to_owned());
        }
    }
    assert_eq!(different, DIFFERENT.map(|(id, _)| id));
}

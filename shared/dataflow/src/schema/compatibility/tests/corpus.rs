//! Apicurio's pairs of schemas.

use std::path::PathBuf;

use serde_json::Value;

use crate::schema::compatibility::{
    CompareBudget, CompareLimits, Compatibility, Direction, Policy, refusals,
};
use crate::schema::{Schema, SchemaLimits};

/// Pairs on which this differs, and why.
const DIFFERENT: [(&str, &str); 4] = [
    (
        "Const",
        "type string with a const that is a list: both allow nothing, so that nothing breaks",
    ),
    (
        "Complex: anyOf 1",
        "every value is a string, or none and then maxLength does not count: both allow all",
    ),
    (
        "Complex: oneOf 1",
        "\"aaaaaaaaaa\" fits the first branch only before, and both now",
    ),
    (
        "Complex: oneOf 3",
        "\"a\" fits the only branch before, and both now",
    ),
];

/// Refusals with a value that breaks, and those where none was found.
const WITH_VALUE: usize = 151;
const WITHOUT_VALUE: usize = 16;

fn corpus() -> Option<Value> {
    let given = option_env!("EVENT_GATEWAY_CORPORA").map(PathBuf::from);
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
    let (mut with_value, mut without) = (0, 0);
    for (at, pair) in corpus["tests"].as_array().unwrap().iter().enumerate() {
        let compile =
            |side: &str| Schema::compile(&pair[side].to_string(), &SchemaLimits::default()).unwrap();
        let (old, new) = (compile("original"), compile("updated"));
        let found = refusals(
            Compatibility::Full,
            Policy::Strict,
            &old,
            &new,
            &limits,
            &CompareBudget::default(),
        );
        let breaks = |way| found.iter().any(|refusal| refusal.direction == way);
        let got = match (breaks(Direction::Backward), breaks(Direction::Forward)) {
            (false, false) => "both",
            (false, true) => "backward",
            (true, false) => "forward",
            (true, true) => "none",
        };
        let id = pair["id"].as_str().unwrap();
        for refusal in &found {
            let Some(value) = &refusal.value else {
                without += 1;
                continue;
            };
            let (giving, accepting) = match refusal.direction {
                Direction::Backward => (&old, &new),
                Direction::Forward => (&new, &old),
            };
            with_value += 1;
            assert!(
                giving.accepts_value(value) && !accepting.accepts_value(value),
                "{at} {id} {refusal:?}"
            );
        }
        if pair["compatibility"] != got {
            different.push(id.to_owned());
        }
    }
    assert_eq!(different, DIFFERENT.map(|(id, _)| id));
    // Patterns that match everything, media types that nobody checks.
    assert_eq!((with_value, without), (WITH_VALUE, WITHOUT_VALUE));
}

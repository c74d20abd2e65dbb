//! Cases with known answers, which are not part of the project: `corpora` in the folder that `EVENT_GATEWAY_CORPORA` names,
//! or in `shared` beside the workspace.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::verdict;

/// A file of the corpora. `None`, with a word about it, where they are not there.
fn corpus(name: &str) -> Option<Vec<u8>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("EVENT_GATEWAY_CORPORA").map_or(beside, PathBuf::from);
    let read = std::fs::read(folder.join("corpora").join(name));
    if read.is_err() {
        eprintln!("not run: {name} is not here; EVENT_GATEWAY_CORPORA names the folder of the corpora");
    }
    read.ok()
}

#[derive(Deserialize)]
struct Case<'c> {
    #[serde(default)]
    name: String,
    #[serde(borrow)]
    pattern: &'c RawValue,
    #[serde(borrow)]
    event: &'c RawValue,
    expected: String,
}

impl Case<'_> {
    /// What is wrong with the verdict. Patterns and events are JSON, or texts that are.
    fn failure(&self) -> Option<String> {
        let text = |json: &RawValue| {
            serde_json::from_str::<String>(json.get()).unwrap_or_else(|_| json.get().to_owned())
        };
        let (pattern, event) = (text(self.pattern), text(self.event));
        let verdict = verdict(&pattern, &event);
        (verdict != self.expected).then(|| {
            format!(
                "{} {pattern} {event}: {verdict} instead of {}",
                self.name, self.expected
            )
        })
    }
}

fn assert_none(failures: &[String]) {
    let shown = &failures[..failures.len().min(20)];
    assert!(failures.is_empty(), "{}: {shown:#?}", failures.len());
}

#[test]
fn the_oracle_agrees() {
    let Some(packed) = corpus("event_ruler_oracle.jsonl.gz") else {
        return;
    };
    let mut text = String::new();
    MultiGzDecoder::new(&*packed).read_to_string(&mut text).unwrap();
    let cases: Vec<Case<'_>> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(cases.len(), 12_000);
    assert_none(&cases.iter().filter_map(Case::failure).collect::<Vec<_>>());
}

#[test]
fn the_corner_cases_agree() {
    let Some(json) = corpus("event_ruler_probes.json") else {
        return;
    };
    let cases: Vec<Case<'_>> = serde_json::from_slice(&json).unwrap();
    assert_eq!(cases.len(), 39);
    assert_none(&cases.iter().filter_map(Case::failure).collect::<Vec<_>>());
}

#[test]
fn what_aws_answered_is_answered() {
    /// Refused by the service for what it would cost there. Here it costs no more than others.
    const COMPLEX: &str = "content_wildcard_complex_EXC";
    let Some(json) = corpus("eventbridge_aws_validated.json") else {
        return;
    };
    let cases: Vec<Case<'_>> = serde_json::from_slice(&json).unwrap();
    assert_eq!(cases.len(), 155);
    let others = cases.iter().filter(|case| case.name != COMPLEX);
    assert_none(&others.filter_map(Case::failure).collect::<Vec<_>>());
}

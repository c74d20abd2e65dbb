//! Cases with known answers, which are not part of the project: `corpora` in the folder that `EVENT_GATEWAY_CORPORA` names,
//! or in `shared` beside the workspace.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use scaling::assert_linear;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{compile, matches, required, verdict};

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
    for case in cases {
        let text = |json: &RawValue| serde_json::from_str::<String>(json.get()).unwrap();
        let (pattern, event) = (text(case.pattern), text(case.event));
        if let Ok(compiled) = compile(&pattern) {
            assert_eq!(required::broken(&compiled, &event), None, "{pattern} {event}");
        }
    }
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scenario {
    rule: Box<RawValue>,
    generator: String,
    sizes: Vec<usize>,
    expected_matches: usize,
}

/// The event of a scenario, as its generator is described.
fn generated(generator: &str, n: usize) -> String {
    let list = |n: usize, element: &dyn Fn(usize) -> String| {
        let elements: Vec<_> = (0..n).map(element).collect();
        format!("[{}]", elements.join(","))
    };
    let tags = |n: usize| list(n, &|i| format!("\"t{i}\""));
    let part = |i: usize| {
        if i % 2 == 0 {
            r#"{"a":"1"}"#
        } else {
            r#"{"b":"1"}"#
        }
        .to_owned()
    };
    match generator {
        "primArrayPlusScalar" => format!(r#"{{"d":{{"tags":{},"type":"x"}}}}"#, tags(n)),
        "primArrayOnly" => format!(r#"{{"d":{{"tags":{}}}}}"#, tags(n)),
        "objArrayBothFields" => format!(
            r#"{{"d":{}}}"#,
            list(n, &|i| format!(r#"{{"a":"{i}","b":"{i}"}}"#))
        ),
        "objArrayLastValid" => {
            let last = |i: usize| {
                if i + 1 == n {
                    r#"{"a":"1","b":"1"}"#.to_owned()
                } else {
                    part(i)
                }
            };
            format!(r#"{{"d":{}}}"#, list(n, &last))
        }
        "objArrayAllPartial" => format!(r#"{{"d":{}}}"#, list(n, &part)),
        "customerLike" => format!(
            r#"{{"detail":{{"data":{},"context":{{"companyId":"c","userId":"u","email":"e"}}}}}}"#,
            list(n, &|i| format!(
                r#"{{"name":"n{i}","type":"t","domains":{}}}"#,
                list(3, &|j| format!(r#"{{"email":"{j}"}}"#))
            ))
        ),
        "primInsideObjArray" => format!(r#"{{"detail":{{"data":[{{"name":{},"type":"t"}}]}}}}"#, tags(n)),
        "noObjArrayLargePrim" => format!(r#"{{"detail":{{"data":{{"name":{},"type":"t"}}}}}}"#, tags(n)),
        "nested2Level" => format!(
            r#"{{"a":{}}}"#,
            list(n, &|i| format!(
                r#"{{"b":{}}}"#,
                list(10, &|j| format!(r#"{{"x":"{i}","y":"{j}"}}"#))
            ))
        ),
        "deepNestedPrim" => format!(
            r#"{{"a":{}}}"#,
            list(3, &|_| format!(r#"{{"b":{{"tags":{},"type":"t"}}}}"#, tags(n)))
        ),
        "wideRulePrimArray" => format!(r#"{{"d":{{"a":{},"b":"1","c":"1"}}}}"#, tags(n)),
        "twoPrimArrays" => format!(r#"{{"tags":{},"cats":{},"v":"1"}}"#, tags(n), tags(n)),
        "controlScalar" => r#"{"a":"1","b":"1"}"#.to_owned(),
        other => panic!("no generator {other}"),
    }
}

#[test]
fn large_arrays_match_in_linear_time() {
    let Some(json) = corpus("event_ruler_perf_scenarios.json") else {
        return;
    };
    let scenarios: Vec<Scenario> = serde_json::from_slice(&json).unwrap();
    assert_eq!(scenarios.len(), 16);
    for scenario in scenarios {
        let pattern = compile(scenario.rule.get()).unwrap();
        let expected = scenario.expected_matches == 1;
        for size in scenario.sizes {
            let event = generated(&scenario.generator, size);
            assert_eq!(
                matches(&pattern, &event),
                expected,
                "{} of {size}",
                scenario.generator
            );
        }
        let size = 200;
        if scenario.generator != "controlScalar" {
            assert_linear(
                &scenario.generator,
                size,
                |n| generated(&scenario.generator, n),
                |event| matches(&pattern, event),
            );
        }
    }
}

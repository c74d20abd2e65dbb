//! Reads series from the metrics page, Prometheus text format 0.0.4.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::Value;

/// A series: name and labels, in whatever order they are written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Series {
    name: String,
    labels: BTreeSet<(String, String)>,
}

/// The pieces of a line.
struct Grammar {
    series: Regex,
    label: Regex,
}

impl Grammar {
    fn new() -> Result<Self, regex::Error> {
        Ok(Self {
            series: Regex::new(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?(?: (\S+))?$")?,
            label: Regex::new(r#"(\w+)="((?:[^"\\]|\\.)*)""#)?,
        })
    }

    /// The series of a line and the text of its value.
    fn read<'a>(&self, line: &'a str) -> Option<(Series, Option<&'a str>)> {
        let parts = self.series.captures(line)?;
        let labels = parts.get(2).map_or("", |labels| labels.as_str());
        let labels = self
            .label
            .captures_iter(labels)
            .map(|label| (label[1].to_owned(), label[2].to_owned()));
        let series = Series {
            name: parts[1].to_owned(),
            labels: labels.collect(),
        };
        Some((series, parts.get(3).map(|value| value.as_str())))
    }
}

/// Every series that has not the expected value on the page; one that is not there counts as 0.
pub(super) fn check(expected: &BTreeMap<String, Value>, page: &str) -> Vec<String> {
    let grammar = match Grammar::new() {
        Ok(grammar) => grammar,
        Err(error) => return vec![error.to_string()],
    };
    let present: BTreeMap<_, _> = page
        .lines()
        .filter_map(|line| grammar.read(line))
        .filter_map(|(series, value)| Some((series, value?.parse::<f64>().ok()?)))
        .collect();
    let differences = expected.iter().filter_map(|(written, value)| {
        let Some((series, None)) = grammar.read(written) else {
            return Some(format!("{written} is not a series"));
        };
        let got = present.get(&series).copied().unwrap_or_default();
        // Counts are small whole numbers: equal means equal.
        let fits = value
            .as_f64()
            .is_some_and(|value| (value - got).abs() < f64::EPSILON);
        (!fits).then(|| format!("{written} expected {value}, got {got}"))
    });
    differences.collect()
}

#[cfg(test)]
mod tests;

//! The forms in which commands answer.

use clap::ValueEnum;
use serde_json::value::RawValue;

use crate::console::{Console, is_steering};
use crate::failure::Failure;
use crate::json_text::indented;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// Columns, or a sentence, for people.
    #[default]
    Table,
    /// What the gateway answered, indented.
    Json,
    /// The same as YAML.
    Yaml,
}

/// Writes JSON in a form for programs. `Table` is YAML here: it is for commands that have no rows.
pub(crate) fn write_value(console: &mut Console, format: Format, json: &str) -> Result<(), Failure> {
    match format {
        Format::Json => console.line(indented(json)),
        Format::Yaml | Format::Table => console.write(to_yaml(json)?),
    }
}

/// Writes a list in a form for programs.
pub(crate) fn write_list(
    console: &mut Console,
    format: Format,
    items: &[Box<RawValue>],
) -> Result<(), Failure> {
    let items: Vec<_> = items.iter().map(|item| item.get()).collect();
    write_value(console, format, &format!("[{}]", items.join(",")))
}

/// JSON as YAML. Members keep their order.
pub(crate) fn to_yaml(json: &str) -> Result<String, Failure> {
    let malformed =
        |err: &dyn std::fmt::Display| Failure::Malformed(format!("cannot be written as YAML: {err}"));
    let value: serde_yaml_ng::Value = serde_json::from_str(json).map_err(|err| malformed(&err))?;
    let yaml = serde_yaml_ng::to_string(&value).map_err(|err| malformed(&err))?;
    // JSON is YAML, too, and the form in which all of it can be escaped.
    if yaml.chars().any(|one| is_steering(one) && one != '\n') {
        return Ok(indented(json) + "\n");
    }
    Ok(yaml)
}

/// Milliseconds since 1970 as people read them, in UTC.
pub(crate) fn time(milliseconds: Option<i64>) -> String {
    let Some(milliseconds) = milliseconds else {
        return String::new();
    };
    let nanoseconds = i128::from(milliseconds) * 1_000_000;
    time::OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
        .ok()
        .and_then(|time| time.format(&time::format_description::well_known::Rfc3339).ok())
        .unwrap_or_else(|| milliseconds.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_keeps_order_and_texts() {
        let yaml = to_yaml(r#"{"b":"1","a":[true,2,"x: y"],"c":{}}"#).unwrap();
        assert_eq!(yaml, "b: '1'\na:\n- true\n- 2\n- 'x: y'\nc: {}\n");
    }

    #[test]
    fn yaml_has_nothing_that_steers_a_terminal() {
        let json = "{\"\u{9b}a\":\"\\u001b[2J \u{7f}\u{202e}x\u{2028}\"}";
        let yaml = to_yaml(json).unwrap();
        assert!(
            !yaml.chars().any(|one| is_steering(one) && one != '\n'),
            "{yaml:?}"
        );
        let read = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
        let back: serde_json::Value = serde_yaml_ng::from_str(&yaml).unwrap();
        assert_eq!(back, read(json));
    }

    #[test]
    fn times_are_in_utc() {
        assert_eq!(time(Some(1_767_225_600_730)), "2026-01-01T00:00:00.73Z");
        assert_eq!(time(None), "");
    }
}

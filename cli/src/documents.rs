//! Files in YAML or JSON.

use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_yaml_ng::Value;

use crate::console::Console;
use crate::failure::Failure;

/// The text of a file, or of standard input if it is called `-`.
pub(crate) fn text_of(path: &Path, console: &mut Console) -> Result<String, Failure> {
    if path != Path::new("-") {
        return std::fs::read_to_string(path).map_err(|err| Failure::file(path, err));
    }
    let mut text = String::new();
    console
        .input()
        .read_to_string(&mut text)
        .map_err(Failure::Input)?;
    Ok(text)
}

/// The documents of a file that hold anything, at least one.
pub(crate) fn read(path: &Path, console: &mut Console) -> Result<Vec<Value>, Failure> {
    let text = text_of(path, console)?;
    let documents = parse(&text).map_err(|reason| malformed(path, &reason))?;
    match documents.as_slice() {
        [] => Err(malformed(path, "there is nothing in it")),
        _ => Ok(documents),
    }
}

/// The only document of a file.
pub(crate) fn read_one(path: &Path, console: &mut Console) -> Result<Value, Failure> {
    let mut documents = read(path, console)?;
    match (documents.pop(), documents.is_empty()) {
        (Some(document), true) => Ok(document),
        _ => Err(malformed(path, "it has several documents, and one is wanted")),
    }
}

/// A document as the JSON that is sent. Members keep their order.
pub(crate) fn to_json(document: &Value) -> Result<String, Failure> {
    serde_json::to_string(document)
        .map_err(|err| Failure::Malformed(format!("cannot be written as JSON: {err}")))
}

fn malformed(path: &Path, reason: &str) -> Failure {
    let name = if path == Path::new("-") {
        PathBuf::from("standard input")
    } else {
        path.to_owned()
    };
    Failure::Malformed(format!("{}: {reason}", name.display()))
}

fn parse(text: &str) -> Result<Vec<Value>, String> {
    // Most JSON is YAML, but not with tabs between its tokens.
    if text.trim_start().starts_with(['{', '[']) {
        let values = serde_json::Deserializer::from_str(text)
            .into_iter()
            .collect::<Result<Vec<Value>, _>>();
        if let Ok(values) = values {
            return Ok(values);
        }
    }
    let mut documents = Vec::new();
    for document in serde_yaml_ng::Deserializer::from_str(text) {
        let value = Value::deserialize(document).map_err(|err| err.to_string())?;
        if !value.is_null() {
            documents.push(value);
        }
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Vec<String> {
        parse(text)
            .unwrap()
            .iter()
            .map(|value| to_json(value).unwrap())
            .collect()
    }

    #[test]
    fn files_have_documents_in_yaml_and_json() {
        assert_eq!(
            json("b: 1\na: x\n---\n---\nc: [true, null]\n"),
            [r#"{"b":1,"a":"x"}"#, r#"{"c":[true,null]}"#]
        );
        assert_eq!(json("{\"b\":\t1,\n\t\"a\": \"x\"}"), [r#"{"b":1,"a":"x"}"#]);
        assert_eq!(json("{\"a\": 1}\n{\"a\": 2}\n"), [r#"{"a":1}"#, r#"{"a":2}"#]);
        assert_eq!(json("# nothing\n"), [""; 0]);
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        let reason = parse("a: 1\nb: [\n").unwrap_err();
        assert!(reason.contains("line"), "{reason}");
    }
}

//! Variables of the Serverless Framework, as far as the file and the flags say what they stand for.

use std::cell::Cell;

use serde_json::{Map, Value};

use crate::import::document::Imported;

/// How far variables may lead to others.
const MAX_DEPTH: usize = 16;

/// The longest text that variables make, in bytes.
const MAX_TEXT: usize = 64 << 10;

/// Steps that all variables of a file take at most, and bytes of what they stand for.
const MOST_WORK: usize = 1 << 20;

/// The file with its variables in place. Those that only a deployment knows stay as they are, and are named.
pub(super) fn resolved(file: &Value, options: &[(&str, Option<&str>)], imported: &mut Imported) -> Value {
    let mut unknown = Vec::new();
    let left = Cell::new(MOST_WORK);
    let value = Resolver { file, options, left }.value(file, 0, &mut unknown);
    for (place, variable) in unknown {
        // Most of a file is not about the gateway.
        if [
            "service",
            "functions",
            "custom",
            "provider.stage",
            "provider.region",
        ]
        .iter()
        .any(|part| place.starts_with(part))
        {
            imported.leave_out(
                place,
                format!("what {variable} stands for is not known here: put it in, and import again"),
            );
        }
    }
    value
}

struct Resolver<'a> {
    file: &'a Value,
    options: &'a [(&'a str, Option<&'a str>)],
    /// Of [`MOST_WORK`]: variables may lead to others several times each, and to most of the file.
    left: Cell<usize>,
}

/// Where a variable stands, and the variable.
type Unknown = Vec<(String, String)>;

impl Resolver<'_> {
    /// Takes steps; `false` if there are not so many left.
    fn spend(&self, steps: usize) -> bool {
        let left = self.left.get().checked_sub(steps);
        self.left.set(left.unwrap_or_default());
        left.is_some()
    }

    fn value(&self, value: &Value, depth: usize, unknown: &mut Unknown) -> Value {
        self.at(value, "", depth, unknown)
    }

    fn at(&self, value: &Value, place: &str, depth: usize, unknown: &mut Unknown) -> Value {
        match value {
            Value::String(text) if text.contains("${") => self.text(text, place, depth, unknown),
            Value::Array(items) => {
                let items = items.iter().enumerate();
                items
                    .map(|(index, item)| self.at(item, &format!("{place}[{index}]"), depth, unknown))
                    .collect()
            }
            Value::Object(members) => {
                let mut resolved = Map::new();
                for (name, member) in members {
                    let place = if place.is_empty() {
                        name.clone()
                    } else {
                        format!("{place}.{name}")
                    };
                    resolved.insert(name.clone(), self.at(member, &place, depth, unknown));
                }
                Value::Object(resolved)
            }
            other => other.clone(),
        }
    }

    /// A text with the innermost variables replaced first.
    fn text(&self, text: &str, place: &str, depth: usize, unknown: &mut Unknown) -> Value {
        let mut text = text.to_owned();
        for _ in 0..MAX_DEPTH {
            let Some(end) = text.find('}') else { break };
            let Some(start) = text[..end].rfind("${") else {
                break;
            };
            let variable = text[start + 2..end].to_owned();
            let found = if depth < MAX_DEPTH {
                self.variable(&variable, depth)
            } else {
                None
            };
            let Some(found) = found else {
                unknown.push((place.to_owned(), format!("${{{variable}}}")));
                return Value::String(text);
            };
            // The whole text may be an object or a list.
            if start == 0 && end + 1 == text.len() {
                return found;
            }
            let shown = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
            if text.len() + shown.len() > MAX_TEXT {
                break;
            }
            text.replace_range(start..=end, &shown);
        }
        if text.contains("${") {
            unknown.push((place.to_owned(), text.clone()));
        }
        Value::String(text)
    }

    /// What a variable stands for, or else what stands behind its commas.
    fn variable(&self, variable: &str, depth: usize) -> Option<Value> {
        if !self.spend(1 + variable.len()) {
            return None;
        }
        variable
            .split(',')
            .find_map(|source| self.source(source.trim(), depth))
    }

    fn source(&self, source: &str, depth: usize) -> Option<Value> {
        if let Some(path) = source.strip_prefix("self:") {
            let path = path.split('.').filter(|name| !name.is_empty());
            let found = path
                .into_iter()
                .try_fold(self.file, |value, name| value.get(name))?;
            return self.whole(found, depth);
        }
        let option = source
            .strip_prefix("opt:")
            .or_else(|| source.strip_prefix("sls:"));
        if let Some(name) = option {
            let given = self.options.iter().find(|(known, _)| *known == name)?.1?;
            return Some(Value::String(given.to_owned()));
        }
        let quoted = |quote: char| {
            source
                .strip_prefix(quote)
                .and_then(|rest| rest.strip_suffix(quote))
        };
        if let Some(literal) = quoted('\'').or_else(|| quoted('"')) {
            return Some(Value::String(literal.to_owned()));
        }
        // A name without a source is one of the file, as in `${opt:stage, self:provider.stage}`.
        serde_json::from_str(source).ok()
    }

    /// What a variable leads to, with the variables in it.
    fn whole(&self, value: &Value, depth: usize) -> Option<Value> {
        match value {
            Value::String(text) if text.contains("${") => {
                let mut unknown = Vec::new();
                let resolved = self.text(text, "", depth + 1, &mut unknown);
                unknown.is_empty().then_some(resolved)
            }
            Value::Null => None,
            other => self.spend(size(other, self.left.get())).then(|| other.clone()),
        }
    }
}

/// How large a value is, about; more than there is room for if it is.
fn size(value: &Value, room: usize) -> usize {
    let mut size = 0;
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        size += 32;
        match value {
            Value::String(text) => size += text.len(),
            Value::Array(items) => waiting.extend(items),
            Value::Object(members) => {
                size += members.keys().map(String::len).sum::<usize>();
                waiting.extend(members.values());
            }
            _ => {}
        }
        if size > room {
            break;
        }
    }
    size
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stage(file: &Value, given: Option<&str>) -> (Value, usize) {
        let mut imported = Imported::default();
        let value = resolved(file, &[("stage", given)], &mut imported);
        (value["provider"]["stage"].clone(), imported.unmapped.len())
    }

    #[test]
    fn variables_stand_for_what_the_file_says() {
        let file = |stage: &str| json!({"provider": {"stage": stage}, "custom": {"a": {"b": "x"}, "default": "${self:custom.a.b}-1"}});
        for (text, given, want) in [
            ("${opt:stage, 'dev'}", None, "dev"),
            ("${opt:stage, 'dev'}", Some("prod"), "prod"),
            ("${opt:stage, self:custom.default}", None, "x-1"),
            ("a-${self:custom.${opt:stage}.b}-c", Some("a"), "a-x-c"),
        ] {
            assert_eq!(stage(&file(text), given), (json!(want), 0), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_stays_and_is_named() {
        for text in [
            "${env:STAGE}",
            "${opt:stage}",
            "${file(x.yml):a}",
            "${self:provider.stage}",
        ] {
            let (value, named) = stage(&json!({"provider": {"stage": text}}), None);
            assert_eq!((value, named), (json!(text), 1), "{text}");
        }
    }

    /// Each leads to the next sixteen times, and there are sixteen of them.
    #[test]
    fn variables_that_multiply_come_to_an_end() {
        let mut custom = Map::new();
        for at in 0..16 {
            let next = format!("${{self:custom.a{}}}", at + 1).repeat(16);
            custom.insert(format!("a{at}"), json!(next));
        }
        custom.insert("a16".to_owned(), json!(""));
        let mut imported = Imported::default();
        resolved(&json!({"custom": custom}), &[], &mut imported);
        assert!(!imported.unmapped.is_empty());
    }

    #[test]
    fn variables_that_stand_for_much_have_so_much_room_and_no_more() {
        let mut custom: Map<_, _> = (0..5_000)
            .map(|at| (format!("a{at}"), json!("${self:large}")))
            .collect();
        custom.insert("text".to_owned(), json!("x"));
        let large: Vec<_> = (0..5_000).collect();
        let file = json!({"custom": custom, "large": large});
        let mut imported = Imported::default();
        let value = resolved(&file, &[], &mut imported);
        assert!(serde_json::to_vec(&value).unwrap().len() < MOST_WORK);
        assert_eq!(value["custom"]["text"], "x");
        assert!(!imported.unmapped.is_empty());
    }
}

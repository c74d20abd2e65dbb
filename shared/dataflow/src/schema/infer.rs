//! A schema made of samples. It is a draft for people: what the samples have in common, not what data has to be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Bounds of a schema that is made of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InferLimits {
    /// How deep it goes; what is deeper may be anything.
    pub depth: usize,
    /// How many parts it has; what comes later may be anything.
    pub parts: usize,
    /// How many names objects of one place may have; with more they are taken for a map.
    pub names: usize,
}

impl Default for InferLimits {
    fn default() -> Self {
        Self {
            depth: 32,
            parts: 2_000,
            names: 200,
        }
    }
}

/// The schema, in draft 2020-12.
pub fn infer<'a>(samples: impl IntoIterator<Item = &'a Value>, limits: &InferLimits) -> Value {
    let mut inferring = Inferring {
        limits: *limits,
        parts: 0,
    };
    let mut seen = Seen::default();
    for sample in samples {
        inferring.see(&mut seen, sample, 0);
    }
    let mut schema = Map::from_iter([(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    )]);
    schema.extend(seen.schema());
    Value::Object(schema)
}

struct Inferring {
    limits: InferLimits,
    parts: usize,
}

/// What was seen at a place.
#[derive(Default)]
struct Seen {
    types: BTreeSet<&'static str>,
    objects: usize,
    members: BTreeMap<String, (usize, Seen)>,
    /// What all members were, once there were too many names.
    others: Option<Box<Seen>>,
    elements: Option<Box<Seen>>,
    /// The format that all texts so far had.
    format: Option<&'static str>,
    texts: usize,
}

impl Inferring {
    fn see(&mut self, seen: &mut Seen, value: &Value, depth: usize) {
        seen.types.insert(type_of(value));
        match value {
            Value::String(text) => {
                let format = format_of(text);
                seen.format = if seen.texts == 0 {
                    format
                } else {
                    seen.format.filter(|known| Some(*known) == format)
                };
                seen.texts += 1;
            }
            Value::Array(elements) if depth < self.limits.depth => {
                if elements.is_empty() {
                    return;
                }
                let inner = seen.elements.get_or_insert_with(|| Box::new(self.part()));
                for element in elements {
                    self.see(inner, element, depth + 1);
                }
            }
            Value::Object(members) if depth < self.limits.depth => self.see_object(seen, members, depth),
            _ => {}
        }
    }

    fn see_object(&mut self, seen: &mut Seen, members: &Map<String, Value>, depth: usize) {
        seen.objects += 1;
        for (name, value) in members {
            if let Some(others) = &mut seen.others {
                self.see(others, value, depth + 1);
                continue;
            }
            if !seen.members.contains_key(name) {
                if seen.members.len() >= self.limits.names {
                    let mut others = self.part();
                    self.see(&mut others, value, depth + 1);
                    seen.others = Some(Box::new(others));
                    continue;
                }
                if self.parts >= self.limits.parts {
                    continue;
                }
                self.parts += 1;
            }
            let (count, inner) = seen.members.entry(name.clone()).or_default();
            *count += 1;
            self.see(inner, value, depth + 1);
        }
    }

    fn part(&mut self) -> Seen {
        self.parts += 1;
        Seen::default()
    }
}

impl Seen {
    fn schema(&self) -> Map<String, Value> {
        let mut schema = Map::new();
        let mut types: Vec<_> = self.types.iter().copied().collect();
        if types.contains(&"number") {
            types.retain(|one| *one != "integer");
        }
        match types.as_slice() {
            [] => {}
            [one] => {
                schema.insert("type".to_owned(), json!(one));
            }
            several => {
                schema.insert("type".to_owned(), json!(several));
            }
        }
        if let Some(format) = self.format {
            schema.insert("format".to_owned(), json!(format));
        }
        if let Some(elements) = &self.elements {
            schema.insert("items".to_owned(), Value::Object(elements.schema()));
        }
        if self.others.is_some() || self.members.is_empty() {
            return schema;
        }
        let properties = self
            .members
            .iter()
            .map(|(name, (_, seen))| (name.clone(), Value::Object(seen.schema())));
        schema.insert("properties".to_owned(), Value::Object(properties.collect()));
        let always = self
            .members
            .iter()
            .filter(|(_, (count, _))| *count == self.objects);
        let required: Vec<_> = always.map(|(name, _)| name.as_str()).collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        schema
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A format that a text evidently has.
fn format_of(text: &str) -> Option<&'static str> {
    let shaped = |shape: &str| {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(byte, like)| match like {
                b'9' => byte.is_ascii_digit(),
                b'f' => byte.is_ascii_hexdigit(),
                like => byte == like,
            })
    };
    if shaped("9999-99-99") {
        return Some("date");
    }
    if shaped("ffffffff-ffff-ffff-ffff-ffffffffffff") {
        return Some("uuid");
    }
    let is_time = text.get(..19).is_some_and(|start| {
        let like = "9999-99-99T99:99:99".bytes();
        start.bytes().zip(like).all(|(byte, like)| {
            if like == b'9' {
                byte.is_ascii_digit()
            } else {
                byte == like
            }
        })
    });
    let has_zone = || {
        text.ends_with('Z')
            || text
                .get(text.len().saturating_sub(6)..)
                .is_some_and(|zone| zone.starts_with(['+', '-']))
    };
    (is_time && has_zone()).then_some("date-time")
}

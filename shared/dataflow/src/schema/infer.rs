//! A schema made of samples. It is a draft for people: what the samples have in common, not what data has to be.

use serde_json::{Map, Value, json};

mod left_out;
mod seen;
#[cfg(test)]
mod tests;

use left_out::{LeftOut, Reason};
use seen::Seen;

/// Bounds of a schema that is made of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InferLimits {
    /// How deep it goes; what is deeper may be anything.
    pub depth: usize,
    /// How many parts it has; what comes later may be anything.
    pub parts: usize,
    /// How many names objects of one place may have; with more they are taken for a map.
    pub names: usize,
    /// How many places are named of which it says nothing.
    pub warnings: usize,
}

impl Default for InferLimits {
    fn default() -> Self {
        Self {
            depth: 32,
            parts: 2_000,
            names: 200,
            warnings: 20,
        }
    }
}

/// A schema that was made of samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Inferred {
    /// The schema, in draft 2020-12.
    pub schema: Value,
    /// What of the samples it says nothing of, with the place and the reason.
    pub warnings: Vec<String>,
}

/// The schema that all samples fit.
pub fn infer<'s>(samples: impl IntoIterator<Item = &'s Value>, limits: &InferLimits) -> Inferred {
    let mut inferring = Inferring {
        limits: *limits,
        parts: 0,
        place: Vec::new(),
        left_out: LeftOut::default(),
    };
    let mut seen = Seen::default();
    for sample in samples {
        inferring.see(&mut seen, sample);
    }
    let mut schema = Map::from_iter([(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    )]);
    schema.extend(seen.schema());
    Inferred {
        schema: Value::Object(schema),
        warnings: inferring.left_out.into_warnings(),
    }
}

struct Inferring<'s> {
    limits: InferLimits,
    parts: usize,
    /// The names on the way to what is looked at; `*` is any element, or any member of a map.
    place: Vec<&'s str>,
    left_out: LeftOut,
}

/// Any element of an array, or member of a map.
const ANY: &str = "*";

impl<'s> Inferring<'s> {
    fn see(&mut self, seen: &mut Seen, value: &'s Value) {
        seen.types.insert(type_of(value));
        let is_deeper = self.place.len() >= self.limits.depth;
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
            Value::Array(elements) if elements.is_empty() => {}
            Value::Object(members) if members.is_empty() => seen.objects += 1,
            Value::Array(_) | Value::Object(_) if is_deeper => {
                self.leave_out(seen, Reason::TooDeep(self.limits.depth));
            }
            Value::Array(elements) => {
                let inner = seen.elements.get_or_insert_with(|| Box::new(self.part()));
                for element in elements {
                    self.see_at(ANY, inner, element);
                }
            }
            Value::Object(members) => self.see_object(seen, members),
            _ => {}
        }
    }

    fn see_at(&mut self, name: &'s str, seen: &mut Seen, value: &'s Value) {
        self.place.push(name);
        self.see(seen, value);
        self.place.pop();
    }

    fn see_object(&mut self, seen: &mut Seen, members: &'s Map<String, Value>) {
        seen.objects += 1;
        for (name, value) in members {
            if let Some(others) = &mut seen.others {
                self.see_at(ANY, others, value);
                continue;
            }
            if !seen.members.contains_key(name) {
                if seen.members.len() >= self.limits.names {
                    let mut others = self.part();
                    self.see_at(ANY, &mut others, value);
                    seen.others = Some(Box::new(others));
                    self.leave_out(seen, Reason::Map(self.limits.names));
                    continue;
                }
                if self.parts >= self.limits.parts {
                    self.leave_out(seen, Reason::TooMany(self.limits.parts));
                    continue;
                }
                self.parts += 1;
            }
            let (count, inner) = seen.members.entry(name.clone()).or_default();
            *count += 1;
            self.see_at(name, inner, value);
        }
    }

    fn part(&mut self) -> Seen {
        self.parts += 1;
        Seen::default()
    }

    /// Tells that something at this place is left out, once for all samples.
    fn leave_out(&mut self, seen: &mut Seen, reason: Reason) {
        if !std::mem::replace(&mut seen.is_told, true) {
            self.left_out.add(&self.place, reason, self.limits.warnings);
        }
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

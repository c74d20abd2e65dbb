//! Templates: a text with `<name>` where a value goes.
//!
//! A template that begins with a quote is a text, or several, one a line. Any other is JSON, where a name outside of quotes
//! stands for a JSON value, and one within for the content of a text.

use serde_json::value::RawValue;

use super::path::Found;
use super::tree::{Kind, Parts, Tree, kind};
use crate::transform::error::{TransformError, code};

mod reserved;

pub(super) use reserved::Reserved;

/// How deep the value of a name in a text may be nested.
const MOST_LEVELS: usize = 100;

/// A compiled template.
#[derive(Debug)]
pub(in crate::transform) struct Template {
    parts: Vec<Part>,
    is_text: bool,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Name {
        piece: Piece,
        is_quoted: bool,
        /// Characters of the template before it.
        position: usize,
    },
}

/// What stands for a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Piece {
    /// The value of the path with this index.
    Path(usize),
    /// What the gateway knows.
    Reserved(Reserved),
}

impl Template {
    /// Reads a template whose paths have these names. A name that is not among them is refused.
    pub(super) fn compile(template: &str, names: &[&str]) -> Result<Self, TransformError> {
        let is_text = template.trim_start().starts_with('"');
        let (mut parts, mut text) = (Vec::new(), String::new());
        let (mut is_quoted, mut is_escaped) = (false, false);
        let mut rest = template;
        while let Some(sign) = rest.chars().next() {
            let position = || template.chars().count() - rest.chars().count();
            if let Some((name, after)) = rest.strip_prefix('<').and_then(|after| after.split_once('>')) {
                let piece = piece(name, names).ok_or_else(|| {
                    let message = format!("the template contains the invalid placeholder {name:?}");
                    TransformError::new(code::TEMPLATE, message).at(position())
                })?;
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                let position = position();
                parts.push(Part::Name {
                    piece,
                    is_quoted,
                    position,
                });
                is_escaped = false;
                rest = after;
                continue;
            }
            if sign == '"' && !is_escaped {
                is_quoted = !is_quoted;
            }
            is_escaped = is_quoted && sign == '\\' && !is_escaped;
            text.push(sign);
            rest = &rest[sign.len_utf8()..];
        }
        if is_quoted {
            let message = "the template has a quote that is not closed";
            return Err(TransformError::new(code::TEMPLATE, message).at(template.chars().count()));
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        let compiled = Self { parts, is_text };
        compiled.check()?;
        Ok(compiled)
    }

    /// Whether it can become JSON at all: tried with a text for each name.
    fn check(&self) -> Result<(), TransformError> {
        let mut sample = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => sample.push_str(text),
                Part::Name { is_quoted, .. } => sample.push_str(if *is_quoted { "0" } else { "\"\"" }),
            }
        }
        if !self.is_text && serde_json::from_str::<&RawValue>(&sample).is_err() {
            let message = "the template is neither JSON nor a text in quotes";
            return Err(TransformError::new(code::TEMPLATE, message));
        }
        Ok(())
    }

    /// The template with values in it: JSON. Several texts become one, as they stand.
    pub(super) fn fill<'t, 'a: 't>(
        &self,
        most: usize,
        value: impl Fn(Piece) -> Option<Found<'t, 'a>>,
    ) -> Result<String, TransformError> {
        let mut filled = String::new();
        for part in &self.parts {
            let (piece, is_quoted, position) = match part {
                Part::Text(text) => {
                    filled.push_str(text);
                    continue;
                }
                Part::Name {
                    piece,
                    is_quoted,
                    position,
                } => (*piece, *is_quoted, *position),
            };
            let value = value(piece);
            match (&value, is_quoted) {
                (None, true) => {}
                (None, false) => filled.push_str("\"\""),
                (Some(value), false) => filled.push_str(&value.json()),
                (Some(value), true) => {
                    let is_whole = quoted(&mut filled, value, self.is_text);
                    is_whole.map_err(|message| TransformError::new(code::TEMPLATE, message).at(position))?;
                }
            }
            if filled.len() > most {
                return Err(TransformError::too_large(code::OUTPUT, most));
            }
        }
        if serde_json::from_str::<&RawValue>(&filled).is_ok() {
            return Ok(filled.trim().to_owned());
        }
        if self.is_text {
            return Ok(serde_json::Value::from(filled).to_string());
        }
        Err(TransformError::new(
            code::TEMPLATE,
            "the filled template is not JSON",
        ))
    }
}

fn piece(name: &str, names: &[&str]) -> Option<Piece> {
    let index = names.iter().position(|known| *known == name);
    index
        .map(Piece::Path)
        .or_else(|| Reserved::of(name).map(Piece::Reserved))
}

/// Writes a value within quotes. Lists and objects have no place there but in a template that is a text.
fn quoted(filled: &mut String, value: &Found<'_, '_>, is_text: bool) -> Result<(), &'static str> {
    const NO_PLACE: &str = "a list or an object stands within the quotes of a JSON template";
    match value {
        Found::Text(text) => filled.push_str(inner(&serde_json::Value::from(text.as_ref()).to_string())),
        Found::Made(json) if is_text => {
            let raw: &RawValue = serde_json::from_str(json).map_err(|_| NO_PLACE)?;
            bare(filled, &Tree::of(raw), 0)?;
        }
        Found::One(tree) if is_text => bare(filled, tree, 0)?,
        Found::One(tree) => match tree.kind() {
            Kind::Object | Kind::List => return Err(NO_PLACE),
            Kind::Text | Kind::Word => filled.push_str(inner(tree.text())),
        },
        Found::Several(trees) if is_text => {
            filled.push('[');
            for (index, tree) in trees.iter().enumerate() {
                if index > 0 {
                    filled.push(',');
                }
                bare(filled, tree, 1)?;
            }
            filled.push(']');
        }
        Found::Several(_) | Found::Made(_) => return Err(NO_PLACE),
    }
    Ok(())
}

/// A value without quotes and blanks, as EventBridge writes it: `{acc_id:0a78,list:[a,b]}`.
fn bare(filled: &mut String, tree: &Tree<'_>, level: usize) -> Result<(), &'static str> {
    if level > MOST_LEVELS {
        return Err("a value is nested too deep for a text");
    }
    match tree.parts() {
        Parts::Scalar => filled.push_str(inner(tree.text())),
        Parts::List(elements) => {
            filled.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    filled.push(',');
                }
                bare(filled, element, level + 1)?;
            }
            filled.push(']');
        }
        Parts::Object(members) => {
            filled.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                if index > 0 {
                    filled.push(',');
                }
                filled.push_str(inner(&serde_json::Value::from(name.as_ref()).to_string()));
                filled.push(':');
                bare(filled, value, level + 1)?;
            }
            filled.push('}');
        }
    }
    Ok(())
}

/// A JSON text without its quotes, still escaped; other values as they are.
fn inner(json: &str) -> &str {
    if kind(json) == Kind::Text {
        let json = json.trim();
        json.get(1..json.len() - 1).unwrap_or_default()
    } else {
        json
    }
}

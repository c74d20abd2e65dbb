//! The JSON of a schema, with its references resolved.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::ids::Ids;
use super::keywords::{Holding, Place, holds, refers};
use super::nesting;
use super::pointer::push_name;
use super::{SchemaError, SchemaFault, SchemaLimits};

/// A schema and what its parts are called.
#[derive(Debug)]
pub(super) struct Document {
    root: Value,
    /// Pointers of parts that have a name (`#name`) or an id of their own.
    named: HashMap<String, String>,
    ids: Ids,
    siblings_of_ref_apply: bool,
}

/// A subschema in the value of a keyword.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held<'a> {
    pub(super) keyword: &'a str,
    /// Its name or index in the value of the keyword; `None` if it is that value.
    pub(super) name: Option<Step<'a>>,
    pub(super) value: &'a Value,
    pub(super) place: Place,
}

/// A step of a JSON pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

impl Document {
    /// Reads what has a name. Refused: what is nested too deeply, and references that lead nowhere.
    pub(super) fn new(root: Value, limits: &SchemaLimits) -> Result<Self, SchemaError> {
        nesting::check(&root, limits)?;
        let draft = root.get("$schema").and_then(Value::as_str).unwrap_or_default();
        let is_old = ["draft-04", "draft-06", "draft-07"]
            .iter()
            .any(|old| draft.contains(old));
        let mut document = Self {
            root,
            named: HashMap::new(),
            ids: Ids::default(),
            siblings_of_ref_apply: !is_old,
        };
        let mut named = HashMap::new();
        let mut unresolved = None;
        document.walk(&mut |pointer, object| {
            for keyword in ["$id", "id", "$anchor", "$dynamicAnchor"] {
                if let Some(Value::String(name)) = object.get(keyword) {
                    let name = if keyword.ends_with("nchor") {
                        format!("#{name}")
                    } else {
                        name.clone()
                    };
                    named.entry(name).or_insert_with(|| pointer.to_owned());
                }
            }
        });
        document.ids = Ids::of(&named);
        document.named = named;
        document.walk(&mut |pointer, object| {
            if let Some(Value::String(target)) = object.get("$ref")
                && unresolved.is_none()
                && document.resolve(target).is_none()
            {
                unresolved = Some((format!("{pointer}/$ref"), target.clone()));
            }
        });
        match unresolved {
            Some((pointer, target)) => Err(SchemaError::at(&pointer, SchemaFault::Unresolved(target))),
            None => Ok(document),
        }
    }

    /// How many patterns there are.
    pub(super) fn patterns(&self) -> usize {
        let mut count = 0;
        self.walk(&mut |_, object| {
            count += usize::from(object.contains_key("pattern"));
            let properties = object.get("patternProperties").and_then(Value::as_object);
            count += properties.map_or(0, Map::len);
        });
        count
    }

    pub(super) fn root(&self) -> &Value {
        &self.root
    }

    /// Whether what stands beside a `$ref` applies as well: since 2019-09.
    pub(super) fn siblings_of_ref_apply(&self) -> bool {
        self.siblings_of_ref_apply
    }

    /// Pointer and value of what a reference leads to.
    pub(super) fn resolve(&self, reference: &str) -> Option<(String, &Value)> {
        let pointer = self.pointer_of(reference)?;
        let value = self.root.pointer(&pointer)?;
        Some((pointer, value))
    }

    fn pointer_of(&self, reference: &str) -> Option<String> {
        if let Some(pointer) = self.named.get(reference) {
            return Some(pointer.clone());
        }
        let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let base = if base.is_empty() {
            String::new()
        } else {
            self.ids.find(base)?
        };
        if fragment.is_empty() {
            return Some(base);
        }
        if fragment.starts_with('/') {
            return Some(base + &percent_decoded(fragment)?);
        }
        self.named.get(&format!("#{fragment}")).cloned()
    }

    /// Subschemas of an object, in the order of its keywords. Beside a `$ref` of an old draft nothing counts.
    pub(super) fn held<'a>(&self, object: &'a Map<String, Value>) -> Vec<Held<'a>> {
        if !self.siblings_of_ref_apply && object.get("$ref").is_some_and(Value::is_string) {
            return Vec::new();
        }
        all_held(object)
    }

    /// What an object refers to, in this document.
    pub(super) fn referred<'a>(
        &'a self,
        object: &'a Map<String, Value>,
    ) -> impl Iterator<Item = (String, &'a Value)> {
        object.iter().filter_map(move |(keyword, value)| {
            if !refers(keyword) {
                return None;
            }
            let target = value
                .as_str()
                .or_else(|| (keyword == "$recursiveRef").then_some("#"))?;
            self.resolve(target)
        })
    }

    /// Visits each subschema that is an object, wherever it stands.
    fn walk<'a>(&'a self, visit: &mut dyn FnMut(&str, &'a Map<String, Value>)) {
        let mut waiting = vec![(String::new(), &self.root)];
        while let Some((pointer, value)) = waiting.pop() {
            let Value::Object(object) = value else { continue };
            visit(&pointer, object);
            for held in all_held(object) {
                waiting.push((held.pointer(&pointer), held.value));
            }
        }
    }
}

fn all_held(object: &Map<String, Value>) -> Vec<Held<'_>> {
    let mut all = Vec::new();
    for (keyword, value) in object {
        let Some((holding, place)) = holds(keyword) else {
            continue;
        };
        let held = |name, value| Held {
            keyword,
            name,
            value,
            place,
        };
        match (holding, value) {
            (Holding::List | Holding::OneOrList, Value::Array(list)) => {
                let each = list.iter().enumerate();
                all.extend(each.map(|(at, value)| held(Some(Step::Index(at)), value)));
            }
            (Holding::ByName, Value::Object(members)) => {
                let schemas = members.iter().filter(|(_, value)| !value.is_array());
                all.extend(schemas.map(|(name, value)| held(Some(Step::Name(name)), value)));
            }
            (Holding::One | Holding::OneOrList, value) => all.push(held(None, value)),
            _ => {}
        }
    }
    all
}

impl Held<'_> {
    /// Its pointer, if it stands in the schema with this one.
    pub(super) fn pointer(&self, parent: &str) -> String {
        let mut pointer = format!("{parent}/{}", self.keyword);
        match self.name {
            Some(Step::Name(name)) => push_name(&mut pointer, name),
            Some(Step::Index(at)) => push_name(&mut pointer, &at.to_string()),
            None => {}
        }
        pointer
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}

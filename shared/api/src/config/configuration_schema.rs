//! The JSON Schema of documents of configuration, by which editors complete and check files for `apply`. It is made of the schemas of
//! the OpenAPI document, and knows members that are ignored for mistakes, which mostly they are.

use serde_json::{Map, Value, json};

use super::openapi::openapi;

#[cfg(test)]
mod tests;

type Members = Map<String, Value>;

/// Members of a document: their names, and the schemas of what they hold as the gateway shows it and as it takes it.
const MEMBERS: [(&str, &str, &str); 5] = [
    ("settings", "SpaceSettings", "SpaceSettingsUpdate"),
    ("eventTypes", "EventType", "NewEventType"),
    ("functions", "Function", "NewFunction"),
    ("subscriptions", "Subscription", "NewSubscription"),
    ("cors", "Cors", "NewCors"),
];

/// Where the OpenAPI document has its schemas, and where this one has them.
const PLACES: [&str; 2] = ["#/components/schemas/", "#/$defs/"];

/// The schema: of what an export has, and of all that apply takes.
pub fn configuration_schema() -> Value {
    let mut document = serde_json::to_value(openapi()).unwrap_or_default();
    Schemas {
        all: document["components"]["schemas"].take(),
    }
    .configuration()
}

/// The schemas of the OpenAPI document.
struct Schemas {
    all: Value,
}

impl Schemas {
    fn configuration(&self) -> Value {
        let (mut properties, mut definitions) = (Members::new(), Members::new());
        let mut wanted = Vec::new();
        for (member, shown, _) in MEMBERS {
            let reference = json!({"$ref": format!("{}{shown}", PLACES[1])});
            let schema = if member == "settings" {
                reference
            } else {
                json!({"type": ["array", "null"], "items": reference})
            };
            properties.insert(member.to_owned(), schema);
            wanted.push(shown.to_owned());
        }
        while let Some(name) = wanted.pop() {
            if definitions.contains_key(&name) {
                continue;
            }
            let definition = self.definition(&name);
            add_names(&definition, &mut wanted);
            definitions.insert(name, definition);
        }
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Event Gateway configuration",
            "description": "A space of Event Gateway: its settings and its resources, as `eg apply` takes them and `eg export` writes them.",
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
            "$defs": definitions,
        })
    }

    /// A schema by its name. Of a resource only what clients must say is required, and it may have what only documents have.
    fn definition(&self, name: &str) -> Value {
        let mut definition = self.closed(&self.all[name]);
        let resource = MEMBERS.into_iter().find(|(_, shown, _)| *shown == name);
        let Some((member, _, taken)) = resource else {
            return definition;
        };
        definition["required"] = match self.closed(&self.all[taken])["required"].take() {
            Value::Null => json!([]),
            required => required,
        };
        if member != "settings" {
            definition["properties"]["createdAt"] = json!({
                "type": "string", "format": "date-time",
                "description": "When it was created, in RFC 3339: gives a new resource its place in the order of creation."
            });
        }
        if member == "functions" {
            definition["properties"]["moved"] = json!({
                "type": "object", "required": ["from"], "additionalProperties": false,
                "properties": {"from": {"type": "string", "minLength": 1, "description": "The id that it had."}},
                "description": "What it is renamed from, with all that refers to it."
            });
        }
        definition
    }

    /// A schema of objects that have no members but those which it names.
    fn closed(&self, schema: &Value) -> Value {
        let Some(members) = schema.as_object() else {
            return schema.clone();
        };
        if members.contains_key("allOf") {
            return close(self.merged(schema));
        }
        let each = |value: &Value| self.closed(value);
        let of_keyword = |(keyword, value): (&String, &Value)| {
            let value = match (keyword.as_str(), value) {
                ("$ref", Value::String(target)) => json!(target.replacen(PLACES[0], PLACES[1], 1)),
                ("properties", Value::Object(members)) => members
                    .iter()
                    .map(|(name, member)| (name.clone(), each(member)))
                    .collect(),
                ("oneOf", Value::Array(cases)) => cases.iter().map(each).collect(),
                ("items" | "additionalProperties", value) => each(value),
                _ => value.clone(),
            };
            (keyword.clone(), value)
        };
        close(members.iter().map(of_keyword).collect())
    }

    /// What objects are that all of several schemas hold for: one schema, as each of them alone knows only some of the members.
    fn merged(&self, schema: &Value) -> Members {
        let (mut properties, mut required, mut cases) = (Members::new(), Vec::new(), Vec::new());
        let mut description = Value::Null;
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let part = match self.named(part).as_object() {
                Some(named) if named.contains_key("allOf") => self.merged(&Value::Object(named.clone())),
                Some(named) => match self.closed(&Value::Object(named.clone())) {
                    Value::Object(closed) => closed,
                    _ => continue,
                },
                None => continue,
            };
            for (keyword, value) in part {
                match (keyword.as_str(), value) {
                    ("properties", Value::Object(members)) => properties.extend(members),
                    ("required", Value::Array(names)) => required.extend(names),
                    ("oneOf", Value::Array(tagged)) => {
                        cases.extend(by_type(&tagged, &mut properties));
                    }
                    ("allOf", Value::Array(more)) => cases.extend(more),
                    ("description", text) if description.is_null() => description = text,
                    _ => {}
                }
            }
        }
        if let Some(own) = schema.get("description") {
            description = own.clone();
        }
        let keywords = [
            ("type", json!("object")),
            ("description", description),
            ("properties", properties.into()),
            ("required", required.into()),
            ("allOf", cases.into()),
        ];
        let keywords = keywords.into_iter().filter(|(_, value)| !is_nothing(value));
        keywords
            .map(|(keyword, value)| (keyword.to_owned(), value))
            .collect()
    }

    /// The schema that a reference leads to, or what is none.
    fn named<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let target = schema["$ref"].as_str();
        match target.and_then(|target| target.strip_prefix(PLACES[0])) {
            Some(name) => &self.all[name],
            None => schema,
        }
    }
}

/// Says that there are no members but those that are named.
fn close(mut members: Members) -> Value {
    if members.contains_key("properties") {
        members
            .entry("additionalProperties")
            .or_insert(Value::Bool(false));
    }
    members.into()
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// Cases that differ by `type`, so that an editor tells what is wrong with the one that is meant. All their members become known.
fn by_type(tagged: &[Value], properties: &mut Members) -> Vec<Value> {
    let mut types = Vec::new();
    let mut cases = Vec::new();
    for case in tagged {
        let mut members = case["properties"].as_object().cloned().unwrap_or_default();
        let Some(tag) = members.remove("type") else {
            continue;
        };
        types.extend(tag["enum"].as_array().into_iter().flatten().cloned());
        for name in members.keys() {
            let known = json!({"description": "What it is depends on `type`."});
            properties.entry(name.clone()).or_insert(known);
        }
        cases.push(json!({
            "if": {"required": ["type"], "properties": {"type": tag}},
            "then": {"properties": members}
        }));
    }
    properties.insert("type".to_owned(), json!({"type": "string", "enum": types}));
    cases
}

/// Adds the names of the definitions that a schema refers to.
fn add_names(schema: &Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            let target = members.get("$ref").and_then(Value::as_str);
            names.extend(
                target
                    .and_then(|target| target.strip_prefix(PLACES[1]))
                    .map(str::to_owned),
            );
            members.values().for_each(|member| add_names(member, names));
        }
        Value::Array(items) => items.iter().for_each(|item| add_names(item, names)),
        _ => {}
    }
}

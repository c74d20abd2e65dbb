//! `${…}` in the data of a case: names of the run, saved values, constants and generated texts.

use std::collections::BTreeMap;

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value, json};

/// Methods that a subscription may have, as validation lines name them.
const METHODS: &str = "eq=GET|eq=POST|eq=DELETE|eq=PUT|eq=PATCH|eq=HEAD|eq=OPTIONS";

/// Placeholders that stay in place: `matching` gives them their meaning.
const MATCHERS: [&str; 8] = [
    "any", "absent", "string", "nonempty", "object", "uuid", "rfc3339", "drop",
];

/// Fixed texts of the wire, docs/contract.md §1.8, §1.11, §2.5 and §2.6.
const CONSTANTS: [(&str, &str); 9] = [
    ("ETV", "Event Type doesn't validate. Validation error: "),
    ("FNV", "Function doesn't validate. Validation error: "),
    ("SUBV", "Subscription doesn't validate. Validation error: "),
    ("CORSV", "CORS configuration doesn't validate. Validation error: "),
    ("CEV", "CloudEvent doesn't validate: "),
    ("FAILED", "Function call failed. Please check logs."),
    ("MALFORMED", "HTTP response object malformed"),
    (
        "SRC",
        "https://serverless.com/event-gateway/#transformationVersion=0.1",
    ),
    ("CEJ", "application/cloudevents+json"),
];

/// A placeholder that cannot be replaced.
#[derive(Debug, thiserror::Error)]
#[error("unknown placeholder ${{{0}}}")]
pub(super) struct UnknownPlaceholder(String);

/// The names that one run of a case knows.
#[derive(Debug)]
pub(super) struct Environment {
    names: BTreeMap<String, Value>,
    /// Prefix of event paths, `${p}`; `~` stands for it.
    pub(super) path_prefix: String,
    /// Space of the run, `${space}`.
    pub(super) space: String,
}

impl Environment {
    /// Names for the run called `token`, whose functions live at `functions_url`.
    pub(super) fn new(token: &str, functions_url: &str, closed_port: u16) -> Self {
        let space = format!("sp-{token}");
        let path_prefix = format!("/{token}");
        let own = [
            ("u", token.to_owned()),
            ("p", path_prefix.clone()),
            ("space", space.clone()),
            ("spaceb", format!("{space}-b")),
            ("S", format!("/v1/spaces/{space}")),
            ("Sb", format!("/v1/spaces/{space}-b")),
            ("fn", functions_url.to_owned()),
            ("closedport", closed_port.to_string()),
        ];
        let fixed = CONSTANTS.map(|(name, text)| (name, text.to_owned()));
        let mut names: BTreeMap<String, Value> = own
            .into_iter()
            .chain(fixed)
            .map(|(name, text)| (name.to_owned(), text.into()))
            .collect();
        let stamp = json!({"eventgateway": {"transformation-version": "0.1", "transformed": "true"}});
        names.insert("EXT".to_owned(), stamp);
        Self {
            names,
            path_prefix,
            space,
        }
    }

    /// Keeps a value for later steps.
    pub(super) fn save(&mut self, name: &str, value: Value) {
        self.names.insert(name.to_owned(), value);
    }

    /// Replaces the placeholders in all strings, member names included.
    ///
    /// A string that is nothing but the name of a saved value becomes that value, whatever its type.
    pub(super) fn expand(&self, value: &Value) -> Result<Value, UnknownPlaceholder> {
        Ok(match value {
            Value::Object(members) => {
                let expanded = members
                    .iter()
                    .map(|(k, v)| Ok((self.expand_text(k)?, self.expand(v)?)));
                Value::Object(expanded.collect::<Result<Map<_, _>, _>>()?)
            }
            Value::Array(elements) => elements
                .iter()
                .map(|v| self.expand(v))
                .collect::<Result<_, _>>()?,
            Value::String(text) => match whole(text).and_then(|name| self.names.get(name)) {
                Some(saved) => saved.clone(),
                None => self.expand_text(text)?.into(),
            },
            other => other.clone(),
        })
    }

    fn expand_text(&self, text: &str) -> Result<String, UnknownPlaceholder> {
        // A pattern may hold braces of its own.
        if text.starts_with("${re:") {
            return Ok(text.to_owned());
        }
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let (before, opened) = rest.split_at(start);
            expanded.push_str(before);
            let inner = &opened[2..];
            match inner.find(['{', '}']) {
                Some(end) if end > 0 && inner[end..].starts_with('}') => {
                    expanded.push_str(&self.text_of(&inner[..end])?);
                    rest = &inner[end + 1..];
                }
                _ => {
                    expanded.push_str("${");
                    rest = inner;
                }
            }
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    fn text_of(&self, name: &str) -> Result<String, UnknownPlaceholder> {
        match self.names.get(name) {
            Some(Value::String(text)) => return Ok(text.clone()),
            Some(value) => return Ok(value.to_string()),
            None if MATCHERS.contains(&name) => return Ok(format!("${{{name}}}")),
            None => {}
        }
        let generated = name.split_once(':').and_then(|(kind, argument)| match kind {
            "V" => validation_line(argument),
            "rep" => argument
                .rsplit_once(',')
                .and_then(|(text, n)| Some(text.repeat(n.parse().ok()?))),
            "b64" => Some(BASE64_STANDARD.encode(argument)),
            "b64u" => Some(BASE64_URL_SAFE_NO_PAD.encode(argument)),
            _ => None,
        });
        generated.ok_or_else(|| UnknownPlaceholder(name.to_owned()))
    }
}

/// The name in a string that is one placeholder and nothing else.
fn whole(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    (!name.contains(['{', '}'])).then_some(name)
}

/// `Entity,Field,tag` as the validator words it, docs/contract.md §1.8.
fn validation_line(argument: &str) -> Option<String> {
    let (entity, rest) = argument.split_once(',')?;
    let (field, tag) = rest.split_once(',')?;
    let tag = if tag == "METHODS" { METHODS } else { tag };
    Some(format!(
        "Key: '{entity}.{field}' Error:Field validation for '{field}' failed on the '{tag}' tag"
    ))
}

#[cfg(test)]
mod tests;

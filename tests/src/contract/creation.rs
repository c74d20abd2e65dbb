//! Shorthands that create resources: `et`, `fn`, `sub` and `cors`.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value, json};

use crate::target::Reply;

/// Resources that a step creates, in the order of the fields; each must be answered with 201.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Creation {
    #[serde(rename = "et", deserialize_with = "event_types")]
    event_types: Vec<Value>,
    #[serde(rename = "fn", deserialize_with = "functions")]
    functions: Vec<FunctionSpec>,
    #[serde(rename = "sub", deserialize_with = "subscriptions")]
    subscriptions: Vec<Map<String, Value>>,
    #[serde(deserialize_with = "cors")]
    cors: Vec<Map<String, Value>>,
}

/// A function to register; without a provider it is one of the recording target.
#[derive(Debug, Deserialize)]
struct FunctionSpec {
    #[serde(rename = "functionId")]
    id: String,
    reply: Option<Reply>,
    url: Option<String>,
    #[serde(flatten)]
    members: Map<String, Value>,
}

/// A body to post to a collection of the space.
#[derive(Debug, PartialEq)]
pub(super) struct NewResource {
    /// Last segment of the collection's path.
    pub(super) collection: &'static str,
    /// What is posted.
    pub(super) body: Value,
}

impl Creation {
    /// Bodies to post; `~` in paths is `path_prefix`, functions live under `functions_url`.
    pub(super) fn resources(&self, path_prefix: &str, functions_url: &str) -> Vec<NewResource> {
        let event_types = self.event_types.iter().cloned().map(|body| ("eventtypes", body));
        let functions = self
            .functions
            .iter()
            .map(|function| ("functions", function.body(functions_url)));
        let subscriptions = self
            .subscriptions
            .iter()
            .map(|body| ("subscriptions", below(body, path_prefix)));
        let cors = self.cors.iter().map(|body| ("cors", below(body, path_prefix)));
        let all = event_types.chain(functions).chain(subscriptions).chain(cors);
        all.map(|(collection, body)| NewResource { collection, body })
            .collect()
    }

    /// Answers of the functions, where the step sets them.
    pub(super) fn replies(&self) -> impl Iterator<Item = (&str, &Reply)> {
        self.functions
            .iter()
            .filter_map(|function| Some((function.id.as_str(), function.reply.as_ref()?)))
    }
}

impl FunctionSpec {
    fn body(&self, functions_url: &str) -> Value {
        let own_url = || format!("{functions_url}/{}", self.id);
        let mut body = self.members.clone();
        body.entry("type").or_insert_with(|| "http".into());
        body.entry("provider")
            .or_insert_with(|| json!({ "url": self.url.clone().unwrap_or_else(own_url) }));
        body.insert("functionId".to_owned(), self.id.clone().into());
        Value::Object(body)
    }
}

fn below(body: &Map<String, Value>, path_prefix: &str) -> Value {
    let mut body = body.clone();
    if let Some(Value::String(path)) = body.get_mut("path")
        && let Some(rest) = path.strip_prefix('~')
    {
        *path = format!("{path_prefix}{rest}");
    }
    Value::Object(body)
}

fn many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(elements) => elements,
        single => vec![single],
    })
}

/// A name or a whole body.
fn event_types<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
    let written = many(deserializer)?.into_iter();
    Ok(written
        .map(|value| {
            if value.is_string() {
                json!({ "name": value })
            } else {
                value
            }
        })
        .collect())
}

/// An id or a specification.
fn functions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<FunctionSpec>, D::Error> {
    let written = many(deserializer)?.into_iter();
    let specified = written.map(|value| {
        if value.is_string() {
            json!({ "functionId": value })
        } else {
            value
        }
    });
    specified
        .map(|value| serde_json::from_value(value).map_err(D::Error::custom))
        .collect()
}

/// `type eventType functionId [path [method]]` or a whole body.
fn subscriptions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Map<String, Value>>, D::Error> {
    const MEMBERS: [&str; 5] = ["type", "eventType", "functionId", "path", "method"];
    let read = many(deserializer)?.into_iter().map(|value| match value {
        Value::String(text) if (3..=5).contains(&text.split(' ').count()) => Ok(MEMBERS
            .into_iter()
            .zip(text.split(' '))
            .map(|(name, word)| (name.to_owned(), word.into()))
            .collect()),
        Value::Object(body) => Ok(body),
        other => Err(D::Error::custom(format!("not a subscription: {other}"))),
    });
    read.collect()
}

fn cors<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Map<String, Value>>, D::Error> {
    many(deserializer)?
        .into_iter()
        .map(|value| serde_json::from_value(value).map_err(D::Error::custom))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Creation, NewResource};

    #[test]
    fn shorthands_become_bodies_in_order() -> Result<(), serde_json::Error> {
        let creation: Creation = serde_json::from_value(json!({
            "sub": ["sync ev f1 ~/h GET", "async ev f2"],
            "fn": ["f1", {"functionId": "f2", "url": "http://x", "reply": {"status": 500}, "metadata": {"a": "b"}}],
            "et": "ev",
            "cors": {"method": "GET", "path": "~/h"},
        }))?;
        let want = [
            ("eventtypes", json!({"name": "ev"})),
            ("functions", json!({"functionId": "f1", "type": "http", "provider": {"url": "http://t/k/f1"}})),
            (
                "functions",
                json!({"functionId": "f2", "type": "http", "provider": {"url": "http://x"}, "metadata": {"a": "b"}}),
            ),
            (
                "subscriptions",
                json!({"type": "sync", "eventType": "ev", "functionId": "f1", "path": "/k/h", "method": "GET"}),
            ),
            ("subscriptions", json!({"type": "async", "eventType": "ev", "functionId": "f2"})),
            ("cors", json!({"method": "GET", "path": "/k/h"})),
        ]
        .map(|(collection, body)| NewResource { collection, body });
        assert_eq!(creation.resources("/k", "http://t/k"), want);
        assert_eq!(
            creation.replies().map(|(name, _)| name).collect::<Vec<_>>(),
            ["f2"]
        );
        Ok(())
    }

    #[test]
    fn what_is_no_resource_is_refused() {
        for written in [
            json!({"sub": "sync ev"}),
            json!({"sub": 5}),
            json!({"fn": {"url": "x"}}),
            json!({"cors": "x"}),
        ] {
            assert!(
                serde_json::from_value::<Creation>(written.clone()).is_err(),
                "{written}"
            );
        }
    }
}

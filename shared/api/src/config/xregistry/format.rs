//! What xRegistry calls the draft that a schema is written in.

use domain::json::{Json, Object};

/// The name of the format and its version: `JsonSchema/draft-07`.
pub(super) fn format(schema: &Json) -> String {
    let object = Object::from_raw(schema.as_raw(), "").ok();
    let uri = object.and_then(|object| {
        object
            .string("$schema")
            .ok()
            .flatten()
            .map(std::borrow::Cow::into_owned)
    });
    let uri = uri.unwrap_or_default();
    let old = ["draft-04", "draft-06", "draft-07"];
    let new = ["draft/2019-09", "draft/2020-12"];
    let known = old.into_iter().chain(new).find(|draft| uri.contains(draft));
    format!("JsonSchema/{}", known.unwrap_or("draft/2020-12"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_draft() {
        for (schema, want) in [
            ("{}", "JsonSchema/draft/2020-12"),
            ("true", "JsonSchema/draft/2020-12"),
            (
                r#"{"$schema":"https://json-schema.org/draft/2019-09/schema"}"#,
                "JsonSchema/draft/2019-09",
            ),
            (
                r#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#,
                "JsonSchema/draft-07",
            ),
            (
                r#"{"$schema":"http://json-schema.org/draft-04/schema#"}"#,
                "JsonSchema/draft-04",
            ),
        ] {
            let schema: Json = serde_json::from_str(schema).unwrap();
            assert_eq!(format(&schema), want);
        }
    }
}

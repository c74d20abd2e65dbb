//! CORS configurations (CONTRACT.md §1.7): what browsers of other origins may do with a path.

use serde::{Deserialize, Serialize};

use super::subscription::with_leading_slash;
use super::{InvalidCause, InvalidResource, Kind, Metadata, Resource};
use crate::ids::{CorsId, Space};
use crate::json::Object;
use crate::validation::{self, MAX_PATH_BYTES, METHOD_TAG, METHODS, Violations};

/// A CORS configuration of a method and path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cors {
    /// Space it belongs to.
    #[schema(value_type = String)]
    pub space: Space,
    /// Its identifier, derived from method and path.
    #[schema(value_type = String)]
    pub cors_id: CorsId,
    /// Method of the requests it is for.
    pub method: String,
    /// Path of the requests it is for; may hold `:parameter` segments and end in a `*wildcard`.
    pub path: String,
    /// Origins that may call; `*` allows all, one `*` within an entry matches any run of characters.
    pub allowed_origins: Vec<String>,
    /// Methods that may be used.
    pub allowed_methods: Vec<String>,
    /// Request headers that may be sent; `*` allows all.
    pub allowed_headers: Vec<String>,
    /// Whether cookies and authentication may be sent.
    pub allow_credentials: bool,
    /// Labels.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

impl Cors {
    /// The first field, as errors name it, that an update must not change but does.
    pub(crate) fn changed_field(&self, update: &Self) -> Option<&'static str> {
        if self.method != update.method {
            return Some("Method");
        }
        (self.path != update.path).then_some("Path")
    }
}

impl Resource for Cors {
    const KIND: Kind = Kind::Cors;
    type Id = CorsId;

    fn space(&self) -> &Space {
        &self.space
    }

    fn id(&self) -> &CorsId {
        &self.cors_id
    }

    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn decode(space: &Space, id: Option<&CorsId>, body: &[u8]) -> Result<Self, InvalidResource> {
        parse(space, id, body).map_err(|cause| cause.of(Kind::Cors))
    }
}

fn parse(space: &Space, id: Option<&CorsId>, body: &[u8]) -> Result<Cors, InvalidCause> {
    let object = Object::from_first_value(body)?;
    let method = object.string_or_empty("method")?.to_uppercase();
    let given_path = object.string_or_empty("path")?;
    let broken_path = (given_path.is_empty() || given_path.len() > MAX_PATH_BYTES).then_some("path");
    let path = with_leading_slash(given_path);
    let list = |name: &str, default: &[&str]| -> Result<Vec<String>, InvalidCause> {
        let given = object.list(name)?.filter(|list| !list.is_empty());
        Ok(given.unwrap_or_else(|| default.iter().map(|&text| text.to_owned()).collect()))
    };
    let cors = Cors {
        space: space.clone(),
        cors_id: id.cloned().unwrap_or_else(|| CorsId::of(&method, &path)),
        allowed_origins: list("allowedOrigins", &["*"])?,
        allowed_methods: list("allowedMethods", &["HEAD", "GET", "POST"])?,
        allowed_headers: list("allowedHeaders", &["Origin", "Accept", "Content-Type"])?,
        allow_credentials: object.boolean("allowCredentials")?.unwrap_or_default(),
        metadata: object.strings("metadata")?.unwrap_or_default(),
        method,
        path,
    };
    let mut violations = Violations::of("CORS");
    violations
        .check("Space", validation::space(space))
        .check(
            "Method",
            (!METHODS.contains(&cors.method.as_str())).then_some(METHOD_TAG),
        )
        .check("Path", broken_path);
    violations.into_result()?;
    Ok(cors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: &str) -> Result<Cors, String> {
        Cors::decode(&"default".into(), None, body.as_bytes()).map_err(|err| err.to_string())
    }

    #[test]
    fn defaults_and_normalisation() {
        let cors =
            decode(r#"{"method":"get","path":"x","allowedOrigins":[],"allowedMethods":null}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&cors).unwrap(),
            r#"{"space":"default","corsId":"GET%2Fx","method":"GET","path":"/x","allowedOrigins":["*"],"allowedMethods":["HEAD","GET","POST"],"allowedHeaders":["Origin","Accept","Content-Type"],"allowCredentials":false}"#
        );
    }

    #[test]
    fn method_and_path_are_required() {
        let text = decode("{}").unwrap_err();
        assert!(
            text.contains("'CORS.Method'") && text.ends_with("failed on the 'path' tag"),
            "{text}"
        );
    }
}

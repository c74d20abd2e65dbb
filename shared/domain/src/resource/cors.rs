//! CORS configurations (docs/contract.md §1.7): what browsers of other origins may do with a path.

use serde::{Deserialize, Serialize};

use super::subscription::with_leading_slash;
use super::{InvalidCause, InvalidResource, Kind, Metadata, Resource};
use crate::ids::{CorsId, Space};
use crate::json::Object;
use crate::validation::{self, METHOD_TAG, METHODS, Violations};

mod lists;

pub use lists::CorsError;
use lists::check_lists;
pub(crate) use lists::may_send_credentials;

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
    /// Origins that may call; `*` allows all, one `*` within an entry matches any run of characters. At most 256, of 512
    /// bytes each.
    pub allowed_origins: Vec<String>,
    /// Methods that may be used. At most 256, of 512 bytes each.
    pub allowed_methods: Vec<String>,
    /// Request headers that may be sent; `*` allows all. At most 256, of 512 bytes each.
    pub allowed_headers: Vec<String>,
    /// Whether cookies and authentication may be sent, by the origins that are listed: not by those that only `*` or
    /// another open entry allows, and not by `null`.
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
    let is_missing = given_path.is_empty();
    let path = with_leading_slash(given_path);
    let broken_path = (is_missing || validation::is_oversized_path(&path)).then_some("path");
    let given = |name: &str| -> Result<Option<Vec<String>>, InvalidCause> {
        Ok(object.list(name)?.filter(|list| !list.is_empty()))
    };
    let (origins, methods, headers) = (
        given("allowedOrigins")?,
        given("allowedMethods")?,
        given("allowedHeaders")?,
    );
    let allow_credentials = object.boolean("allowCredentials")?.unwrap_or_default();
    let broken_list = check_lists([&origins, &methods, &headers], allow_credentials);
    let or = |given: Option<Vec<String>>, default: &[&str]| {
        given.unwrap_or_else(|| default.iter().map(|&text| text.to_owned()).collect())
    };
    let cors = Cors {
        space: space.clone(),
        cors_id: id.cloned().unwrap_or_else(|| CorsId::of(&method, &path)),
        allowed_origins: or(origins, &["*"]),
        allowed_methods: or(methods, &["HEAD", "GET", "POST"]),
        allowed_headers: or(headers, &["Origin", "Accept", "Content-Type"]),
        allow_credentials,
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
    broken_list?;
    Ok(cors)
}

#[cfg(test)]
mod tests {
    use super::lists::{MAX_ENTRIES, MAX_ENTRY_BYTES};
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
    fn credentials_are_for_origins_that_are_named() {
        for (origins, is_taken) in [
            (r#"["https://app.example.com"]"#, true),
            (
                r#"["https://*.example.com","http://*.localhost:3000","https://app-*.example.com:8443"]"#,
                true,
            ),
            // As clients have always sent it; no credentials follow from it.
            ("[]", true),
            ("null", true),
            (r#"["*"]"#, false),
            (r#"["https://app.example.com","*"]"#, false),
            (r#"["null"]"#, false),
            (r#"["NULL"]"#, false),
            (r#"["**"]"#, false),
            (r#"["http*"]"#, false),
            (r#"["https://*"]"#, false),
            (r#"["*://app.example.com"]"#, false),
            (r#"["https://*.com"]"#, false),
            (r#"["https://*example.com"]"#, false),
            (r#"["https://*:8080"]"#, false),
            (r#"["https://example.*"]"#, false),
            (r#"["https://*..com"]"#, false),
            (r#"["https://*.*.com"]"#, false),
        ] {
            let of = |credentials: bool| {
                decode(&format!(
                    r#"{{"method":"GET","path":"/x","allowedOrigins":{origins},"allowCredentials":{credentials}}}"#
                ))
            };
            assert!(of(false).is_ok(), "{origins}");
            assert_eq!(of(true).is_ok(), is_taken, "{origins}");
            if let Err(text) = of(true) {
                assert!(
                    text.contains("List the origins that may send credentials"),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn lists_have_an_end() {
        for member in ["allowedOrigins", "allowedMethods", "allowedHeaders"] {
            let of = |entries: &[String]| {
                let list = serde_json::to_string(entries).unwrap();
                decode(&format!(r#"{{"method":"GET","path":"/x","{member}":{list}}}"#))
            };
            assert!(of(&vec!["x".repeat(MAX_ENTRY_BYTES); MAX_ENTRIES]).is_ok());
            let text = of(&vec!["x".to_owned(); MAX_ENTRIES + 1]).unwrap_err();
            assert!(text.ends_with(&format!(
                "{member} has 257 entries, which are more than the 256 that it may have"
            )));
            let text = of(&["x".repeat(MAX_ENTRY_BYTES + 1)]).unwrap_err();
            assert!(
                text.contains(&format!("{member} has an entry of 513 bytes")),
                "{text}"
            );
        }
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

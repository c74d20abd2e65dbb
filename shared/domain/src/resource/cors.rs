//! CORS configurations (docs/contract.md §1.7): what browsers of other origins may do with a path.

use serde::{Deserialize, Serialize};

use super::subscription::with_leading_slash;
use super::{InvalidCause, InvalidResource, Kind, Metadata, Resource};
use crate::ids::{CorsId, Space};
use crate::json::Object;
use crate::validation::{self, METHOD_TAG, METHODS, Violations};

mod lists;

pub use lists::CorsError;
pub(crate) use lists::may_send_credentials;
use lists::{check_exposed, check_lists, max_age_of};

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
    /// Response headers that pages may read besides the usual ones; `*` means all, where credentials are not allowed. At
    /// most 256, of 512 bytes each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposed_headers: Vec<String>,
    /// How long browsers may keep the answer to a preflight, in seconds: at most 86400.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, maximum = 86400)]
    pub max_age: Option<u32>,
    /// Whether pages of public addresses may call this one where it is in a private network.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_private_network: bool,
    /// Labels.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

/// Methods that are allowed where none are listed (docs/contract.md §1.7).
const DEFAULT_METHODS: [&str; 3] = ["HEAD", "GET", "POST"];

impl Cors {
    /// Whether its methods are those of a configuration that lists none.
    pub(crate) fn has_default_methods(&self) -> bool {
        self.allowed_methods == DEFAULT_METHODS
    }

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

    fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
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
    let exposed = given("exposedHeaders")?;
    let max_age = object.integer("maxAge")?;
    let broken_list = check_lists([&origins, &methods, &headers, &exposed], allow_credentials)
        .and_then(|()| check_exposed(exposed.as_deref().unwrap_or_default(), allow_credentials));
    let kept_for = max_age.map(max_age_of).transpose();
    let or = |given: Option<Vec<String>>, default: &[&str]| {
        given.unwrap_or_else(|| default.iter().map(|&text| text.to_owned()).collect())
    };
    let cors = Cors {
        space: space.clone(),
        cors_id: id.cloned().unwrap_or_else(|| CorsId::of(&method, &path)),
        allowed_origins: or(origins, &["*"]),
        allowed_methods: or(methods, &DEFAULT_METHODS),
        allowed_headers: or(headers, &["Origin", "Accept", "Content-Type"]),
        allow_credentials,
        exposed_headers: exposed.unwrap_or_default(),
        max_age: kept_for.as_ref().ok().copied().flatten(),
        allow_private_network: object.boolean("allowPrivateNetwork")?.unwrap_or_default(),
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
    kept_for?;
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
    fn what_answers_are_told_is_checked() {
        let of = |members: &str| decode(&format!(r#"{{"method":"GET","path":"/x",{members}}}"#));
        let taken = of(r#""exposedHeaders":["X-A"],"maxAge":0,"allowPrivateNetwork":true"#).unwrap();
        let json = serde_json::to_string(&taken).unwrap();
        assert!(
            json.ends_with(r#""exposedHeaders":["X-A"],"maxAge":0,"allowPrivateNetwork":true}"#),
            "{json}"
        );
        for (members, text) in [
            (
                r#""exposedHeaders":["a b"]"#,
                "exposedHeaders has \"a b\", which is no name of a header",
            ),
            (r#""exposedHeaders":[""]"#, "is no name of a header"),
            (
                r#""exposedHeaders":["*"],"allowCredentials":true,"allowedOrigins":["https://a.example"]"#,
                "exposedHeaders must not have \"*\" where allowCredentials is true",
            ),
            (
                r#""maxAge":-1"#,
                "maxAge is -1, and must be a number of seconds from 0 to 86400",
            ),
            (r#""maxAge":86401"#, "maxAge is 86401"),
        ] {
            let refused = of(members).unwrap_err();
            assert!(refused.contains(text), "{members} {refused}");
        }
        assert!(of(r#""exposedHeaders":["*"]"#).is_ok());
        assert!(of(r#""maxAge":"1""#).is_err());
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

//! CORS configurations (docs/contract.md §1.7): what browsers of other origins may do with a path.

use serde::{Deserialize, Serialize};

use super::subscription::with_leading_slash;
use super::{InvalidCause, InvalidResource, Kind, Metadata, Resource, quoted};
use crate::ids::{CorsId, Space};
use crate::json::Object;
use crate::validation::{self, METHOD_TAG, METHODS, Violations};

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

/// Most entries of a list, and most bytes of an entry.
const MAX_ENTRIES: usize = 256;
const MAX_ENTRY_BYTES: usize = 512;

/// Why the lists of a CORS configuration cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorsError {
    /// A list is too long.
    #[error("{member} has {count} entries, which are more than the {MAX_ENTRIES} that it may have")]
    TooManyEntries {
        /// Name of the list.
        member: &'static str,
        /// How many it has.
        count: usize,
    },
    /// An entry is too long.
    #[error(
        "{member} has an entry of {bytes} bytes, which are more than the {MAX_ENTRY_BYTES} that it may have"
    )]
    EntryTooLong {
        /// Name of the list.
        member: &'static str,
        /// Size of the entry, in bytes.
        bytes: usize,
    },
    /// Credentials would go to origins that nobody has named.
    #[error(
        "allowedOrigins must not have {} where allowCredentials is true: it would let pages of strangers act as whoever \
         reads them. List the origins that may send credentials, as in \"https://app.example.com\" or \
         \"https://*.example.com\", or leave out allowCredentials.", quoted(.origin)
    )]
    OpenCredentials {
        /// The entry.
        origin: String,
    },
}

fn check_lists(lists: [&Option<Vec<String>>; 3], allow_credentials: bool) -> Result<(), CorsError> {
    for (member, list) in ["allowedOrigins", "allowedMethods", "allowedHeaders"]
        .into_iter()
        .zip(lists)
    {
        let list = list.as_deref().unwrap_or_default();
        if list.len() > MAX_ENTRIES {
            let count = list.len();
            return Err(CorsError::TooManyEntries { member, count });
        }
        if let Some(bytes) = list
            .iter()
            .map(String::len)
            .find(|bytes| *bytes > MAX_ENTRY_BYTES)
        {
            return Err(CorsError::EntryTooLong { member, bytes });
        }
    }
    // Origins that are left out are all of them (docs/contract.md §1.7). That is what clients have always sent, so it is taken,
    // and means what it means elsewhere: no credentials.
    let mut origins = lists[0].iter().flatten();
    match origins.find(|origin| allow_credentials && !may_send_credentials(origin)) {
        Some(origin) => Err(CorsError::OpenCredentials {
            origin: origin.clone(),
        }),
        None => Ok(()),
    }
}

/// Whether an entry of `allowedOrigins` says well enough who may send credentials: an origin, or the names below a domain.
/// `null` is the origin of whatever has none, such as a sandboxed frame of any page.
pub(crate) fn may_send_credentials(entry: &str) -> bool {
    let Some((start, end)) = entry.split_once('*') else {
        return !entry.eq_ignore_ascii_case("null");
    };
    let is_domain = |name: &str| {
        name.split_once('.')
            .is_some_and(|(first, rest)| !first.is_empty() && !rest.is_empty())
    };
    let domain = end.strip_prefix('.').unwrap_or_default();
    let name = domain.split(':').next().unwrap_or_default();
    start.contains("://") && !end.contains('*') && (is_domain(name) || name.eq_ignore_ascii_case("localhost"))
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

//! What a path of the xRegistry API names, and the part of a collection that is asked for.

use http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::config::parameters::Query;
use crate::error::ApiError;

/// What follows the id of an entity that is wanted itself, and not its document.
const DETAILS: &str = "$details";

/// Segments of a path before those of the registry: `/v1/spaces/{space}/xregistry`.
const BEFORE: usize = 5;

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    Registry,
    Capabilities,
    Model,
    Groups,
    Group(String),
    Schemas(String),
    Schema {
        group: String,
        schema: String,
        details: bool,
    },
    Meta {
        group: String,
        schema: String,
    },
    Versions {
        group: String,
        schema: String,
    },
    Version {
        group: String,
        schema: String,
        version: String,
        details: bool,
    },
}

impl Place {
    /// Reads the path of a request that one of the endpoints was found for.
    pub(super) fn of(path: &str) -> Result<Self, ApiError> {
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        let mut segments: Vec<&str> = decoded.split('/').skip(BEFORE).collect();
        if segments.last() == Some(&"") {
            segments.pop();
        }
        let owned = |text: &&str| (*text).to_owned();
        let entity = |text: &&str| match text.strip_suffix(DETAILS) {
            Some(id) => (id.to_owned(), true),
            None => (owned(text), false),
        };
        Ok(match segments.as_slice() {
            [] => Self::Registry,
            ["capabilities"] => Self::Capabilities,
            ["modelsource"] => Self::Model,
            ["schemagroups"] => Self::Groups,
            ["schemagroups", group] => Self::Group(owned(group)),
            ["schemagroups", group, "schemas"] => Self::Schemas(owned(group)),
            ["schemagroups", group, "schemas", schema] => {
                let (schema, details) = entity(schema);
                let group = owned(group);
                Self::Schema {
                    group,
                    schema,
                    details,
                }
            }
            ["schemagroups", group, "schemas", schema, "meta"] => Self::Meta {
                group: owned(group),
                schema: owned(schema),
            },
            ["schemagroups", group, "schemas", schema, "versions"] => Self::Versions {
                group: owned(group),
                schema: owned(schema),
            },
            ["schemagroups", group, "schemas", schema, "versions", version] => {
                let (version, details) = entity(version);
                Self::Version {
                    group: owned(group),
                    schema: owned(schema),
                    version,
                    details,
                }
            }
            _ => return Err(ApiError::nothing_there()),
        })
    }
}

/// A part of a collection.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) limit: usize,
    after: Option<String>,
}

impl Page {
    /// What a request asks for. Flags of xRegistry that there are not are ignored, as it says.
    pub(super) fn of(parts: &Parts) -> Result<Self, ApiError> {
        let query = Query::among(parts, &["limit", "next"])?;
        Ok(Self {
            limit: query.limit()?,
            after: query.get("next").map(str::to_owned),
        })
    }

    /// The part of all, which come in the order of their keys, and the key that the next one begins after.
    pub(super) fn of_all<T>(
        &self,
        all: impl Iterator<Item = T>,
        key: impl Fn(&T) -> String,
    ) -> (Vec<T>, Option<String>) {
        let mut rest = all.filter(|one| self.after.as_ref().is_none_or(|after| key(one) > *after));
        let page: Vec<T> = rest.by_ref().take(self.limit).collect();
        let next = rest.next().and(page.last()).map(key);
        (page, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let at = |path: &str| Place::of(&format!("/v1/spaces/shop/xregistry{path}"));
        let (group, schema) = (|| "shop".to_owned(), || "a.b".to_owned());
        for (path, want) in [
            ("", Place::Registry),
            ("/", Place::Registry),
            ("/schemagroups/", Place::Groups),
            ("/schemagroups/shop", Place::Group(group())),
            ("/schemagroups/shop/schemas", Place::Schemas(group())),
            (
                "/schemagroups/shop/schemas/a.b%24details",
                Place::Schema {
                    group: group(),
                    schema: schema(),
                    details: true,
                },
            ),
            (
                "/schemagroups/shop/schemas/a.b/versions/1",
                Place::Version {
                    group: group(),
                    schema: schema(),
                    version: "1".to_owned(),
                    details: false,
                },
            ),
        ] {
            assert_eq!(at(path).ok(), Some(want), "{path}");
        }
        for path in ["/other", "/schemagroups/shop/schemas/a/b", "/schemagroups//"] {
            assert!(!matches!(at(path), Ok(Place::Schemas(_))), "{path}");
        }
    }

    #[test]
    fn pages_lead_through_all() {
        let all = ["a", "b", "c", "d", "e"];
        let mut page = Page {
            limit: 2,
            after: None,
        };
        let mut seen = Vec::new();
        loop {
            let (part, next) = page.of_all(all.into_iter(), |one| (*one).to_owned());
            assert!(part.len() <= 2);
            seen.extend(part);
            if next.is_none() {
                break;
            }
            page.after = next;
        }
        assert_eq!(seen, all);
    }
}

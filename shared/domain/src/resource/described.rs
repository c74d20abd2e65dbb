//! What people are told of event types and functions: what they are for, whose they are, and words to find them by.

use serde::{Deserialize, Serialize};

use super::MAX_DESCRIPTION_BYTES;
use crate::json::{JsonError, Object};
use crate::validation::Violations;

/// Most bytes of an owner.
pub const MAX_OWNER_BYTES: usize = 256;
/// Most tags of a resource.
pub const MAX_TAGS: usize = 32;
/// Most bytes of a tag.
pub const MAX_TAG_BYTES: usize = 64;

/// What people are told of a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Described {
    /// What it is for, for people to read. At most 1024 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024, nullable = false)]
    pub description: Option<String>,
    /// Who answers for it: a team, an address. At most 256 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256, nullable = false)]
    pub owner: Option<String>,
    /// Words to find it by: at most 32, of 64 bytes each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

impl Described {
    /// Reads the members of a resource.
    pub(super) fn decode(object: &Object<'_>, violations: &mut Violations) -> Result<Self, JsonError> {
        let text = |name| {
            Ok(object
                .string(name)?
                .filter(|text| !text.is_empty())
                .map(std::borrow::Cow::into_owned))
        };
        let described = Self {
            description: text("description")?,
            owner: text("owner")?,
            tags: object.list("tags")?.unwrap_or_default(),
        };
        let is_longer = |text: &Option<String>, most| text.as_ref().is_some_and(|text| text.len() > most);
        let is_wrong = |tag: &String| tag.is_empty() || tag.len() > MAX_TAG_BYTES;
        let max = |is_broken: bool| is_broken.then_some("max");
        violations
            .check(
                "Description",
                max(is_longer(&described.description, MAX_DESCRIPTION_BYTES)),
            )
            .check("Owner", max(is_longer(&described.owner, MAX_OWNER_BYTES)))
            .check(
                "Tags",
                max(described.tags.len() > MAX_TAGS || described.tags.iter().any(is_wrong)),
            );
        Ok(described)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: &str) -> Result<Described, String> {
        let object = Object::from_slice(body.as_bytes()).unwrap();
        let mut violations = Violations::of("Type");
        let described = Described::decode(&object, &mut violations).map_err(|err| err.to_string())?;
        violations.into_result().map_err(|err| err.to_string())?;
        Ok(described)
    }

    #[test]
    fn what_is_empty_is_not_kept() {
        assert_eq!(
            decode(r#"{"description":"","owner":"","tags":[]}"#).unwrap(),
            Described::default()
        );
        let described = decode(r#"{"description":"Orders","owner":"shop","tags":["a","b"]}"#).unwrap();
        let text = serde_json::to_string(&described).unwrap();
        assert_eq!(
            text,
            r#"{"description":"Orders","owner":"shop","tags":["a","b"]}"#
        );
    }

    #[test]
    fn bounds() {
        let text = |member: &str, bytes: usize| format!(r#"{{"{member}":"{}"}}"#, "x".repeat(bytes));
        let tags = |count: usize, bytes: usize| {
            let tags = vec![format!("\"{}\"", "x".repeat(bytes)); count];
            format!(r#"{{"tags":[{}]}}"#, tags.join(","))
        };
        for (body, field) in [
            (text("description", MAX_DESCRIPTION_BYTES + 1), "Description"),
            (text("owner", MAX_OWNER_BYTES + 1), "Owner"),
            (tags(MAX_TAGS + 1, 1), "Tags"),
            (tags(1, MAX_TAG_BYTES + 1), "Tags"),
            (tags(1, 0), "Tags"),
            (r#"{"tags":"a"}"#.to_owned(), "tags"),
        ] {
            let error = decode(&body).unwrap_err();
            assert!(error.contains(field), "{error}");
        }
        assert!(decode(&tags(MAX_TAGS, MAX_TAG_BYTES)).is_ok());
    }
}

//! Field rules of resources and events, with the validation texts clients see (docs/contract.md §1.8).

use std::fmt;

use crate::ids::{Space, TenantId};

/// Names of HTTP methods a subscription or CORS configuration may have.
pub const METHODS: [&str; 7] = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"];

/// Stands for any method of requests, in subscriptions.
pub const ANY_METHOD: &str = "ANY";

/// Longest path, in bytes, of a subscription or CORS configuration.
pub const MAX_PATH_BYTES: usize = 2048;

/// Most segments of such a path: bounds the depth of the path tree.
pub const MAX_PATH_SEGMENTS: usize = 64;

/// Most forms of patterns that the sync subscriptions of a space to one event type with one method may have, and the async
/// ones, where the most specific path wins. A form is what is a literal, a parameter and a wildcard in a path. A lookup
/// visits at most as many places of each depth as there are forms.
pub const MAX_PATH_FORMS: usize = 128;

/// Tag of a field that must be one of [`METHODS`].
pub(crate) const METHOD_TAG: &str = "eq=GET|eq=POST|eq=DELETE|eq=PUT|eq=PATCH|eq=HEAD|eq=OPTIONS";

/// The fields of one entity that break a rule, a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violations {
    entity: &'static str,
    fields: Vec<(&'static str, &'static str)>,
}

impl Violations {
    /// Starts the check of an entity, named as in the texts (`Type`, `Function`, `Subscription`, `CORS`, `Event`).
    pub(crate) fn of(entity: &'static str) -> Self {
        Self {
            entity,
            fields: Vec::new(),
        }
    }

    /// Notes a field whose first broken rule has this tag, if any. A field within another is named by its path, as in
    /// `Retry.MaxAttempts`.
    pub(crate) fn check(&mut self, field: &'static str, broken: Option<&'static str>) -> &mut Self {
        self.fields.extend(broken.map(|tag| (field, tag)));
        self
    }

    /// The first field that breaks a rule, and the tag of the rule.
    pub(crate) fn first(&self) -> Option<(&'static str, &'static str)> {
        self.fields.first().copied()
    }

    /// `Ok` when nothing was noted.
    pub(crate) fn into_result(self) -> Result<(), Self> {
        if self.fields.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (field, tag)) in self.fields.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            let entity = self.entity;
            let name = field.rsplit('.').next().unwrap_or(field);
            write!(
                f,
                "Key: '{entity}.{field}' Error:Field validation for '{name}' failed on the '{tag}' tag"
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}

/// Whether a text is made of letters, digits, `.`, `-` and `_`, and is not empty.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

/// Rule of a space that is written to.
pub(crate) fn space(space: &Space) -> Option<&'static str> {
    match space.as_str() {
        "" => Some("required"),
        text if text.chars().count() < 3 => Some("min"),
        text if !is_name(text) => Some("space"),
        _ => None,
    }
}

/// Fewest and most characters of the id of a tenant.
const TENANT_LENGTHS: std::ops::RangeInclusive<usize> = 3..=40;

/// Rule of the id of a tenant: small letters and digits, so that names of its spaces can begin with it, and be those of hosts.
pub fn tenant(tenant: &TenantId) -> Option<&'static str> {
    let text = tenant.as_str();
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    match text.len() {
        0 => Some("required"),
        length if length < *TENANT_LENGTHS.start() => Some("min"),
        length if length > *TENANT_LENGTHS.end() => Some("max"),
        _ if !text.bytes().all(is_plain) => Some("tenant"),
        _ => None,
    }
}

/// Rule of what keys are of: a space, or a tenant.
pub(crate) fn key_owner(owner: &Space) -> Option<&'static str> {
    match owner.tenant() {
        Some(owner) => tenant(&owner),
        None => space(owner),
    }
}

/// Rule of a required name.
pub(crate) fn name(text: &str, tag: &'static str) -> Option<&'static str> {
    match text {
        "" => Some("required"),
        text if !is_name(text) => Some(tag),
        _ => None,
    }
}

/// Whether a path of a subscription or CORS configuration is too long, or has too many segments.
pub(crate) fn is_oversized_path(path: &str) -> bool {
    path.len() > MAX_PATH_BYTES || path.split('/').nth(MAX_PATH_SEGMENTS + 1).is_some()
}

/// Rule of a required text without a form.
pub(crate) fn required(text: &str) -> Option<&'static str> {
    text.is_empty().then_some("required")
}

/// Whether a text is a URI in the original's sense: what follows `#` does not count, the rest must not be empty
/// and must have a scheme, or start with `/` where `allow_path`.
pub(crate) fn is_uri(text: &str, allow_path: bool) -> bool {
    let text = text.split('#').next().unwrap_or_default();
    let hierarchy = text.split('?').next().unwrap_or_default();
    if text.bytes().any(|b| b < b' ' || b == 0x7f) || !has_valid_escapes(hierarchy) {
        return false;
    }
    if allow_path && text.starts_with('/') {
        return true;
    }
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let host_ok = rest.strip_prefix("//").is_none_or(|rest| {
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        authority.is_empty() || authority.parse::<http::uri::Authority>().is_ok()
    });
    scheme_ok && !rest.is_empty() && host_ok
}

/// Whether every `%` starts an escape of two hexadecimal digits.
pub fn has_valid_escapes(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(at, byte)| {
        *byte != b'%'
            || bytes
                .get(at + 1..at + 3)
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces() {
        for (text, want) in [
            ("default", None),
            ("a.b-c_D9", None),
            ("", Some("required")),
            ("ab", Some("min")),
            ("é", Some("min")),
            ("a b c", Some("space")),
            ("äöü", Some("space")),
        ] {
            assert_eq!(space(&Space::from(text)), want, "{text}");
        }
    }

    #[test]
    fn tenants() {
        for (text, want) in [
            ("acme", None),
            ("a1b", None),
            ("", Some("required")),
            ("ab", Some("min")),
            ("Acme", Some("tenant")),
            ("acme-shop", Some("tenant")),
            ("ac:me", Some("tenant")),
        ] {
            assert_eq!(tenant(&TenantId::from(text)), want, "{text}");
            assert_eq!(key_owner(&TenantId::from(text).place()), want, "{text}");
        }
        assert_eq!(tenant(&TenantId::from("a".repeat(41))), Some("max"));
        assert_eq!(key_owner(&"a.b".into()), None);
    }

    #[test]
    fn uris() {
        for text in [
            "https://x/#f",
            "mailto:a@b",
            "urn:x:y",
            "/services",
            "http://u:p@h:1/?q#f",
        ] {
            assert!(is_uri(text, true), "{text}");
        }
        for text in [
            "",
            "#x",
            "foo",
            "NOT URI",
            "http://a b",
            "http://a%zz",
            ":x",
            "1a:b",
            "http://[::1",
        ] {
            assert!(!is_uri(text, true), "{text}");
        }
        assert!(!is_uri("/services", false));
        assert!(is_uri("ftp://x", false));
    }

    #[test]
    fn sizes_of_paths() {
        for (path, is_oversized) in [
            ("/".to_owned(), false),
            (format!("/{}", "x".repeat(MAX_PATH_BYTES - 1)), false),
            (format!("/{}", "x".repeat(MAX_PATH_BYTES)), true),
            ("/x".repeat(MAX_PATH_SEGMENTS), false),
            ("/x".repeat(MAX_PATH_SEGMENTS + 1), true),
            (format!("{}/", "/x".repeat(MAX_PATH_SEGMENTS)), true),
        ] {
            assert_eq!(is_oversized_path(&path), is_oversized, "{path}");
        }
    }

    #[test]
    fn lines_are_joined() {
        let mut violations = Violations::of("Type");
        violations
            .check("Space", Some("min"))
            .check("Name", Some("required"));
        assert_eq!(
            violations.to_string(),
            "Key: 'Type.Space' Error:Field validation for 'Space' failed on the 'min' tag\n\
             Key: 'Type.Name' Error:Field validation for 'Name' failed on the 'required' tag"
        );
    }
}

//! What is different between two states of a resource, member by member and without secrets: of those it is told that they
//! are others, and nothing more.

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::canonical_json::canonical;

/// Most bytes of a value that is recorded as it is.
const MAX_VALUE_BYTES: usize = 1024;

/// One member that is different.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The member, as a JSON Pointer (RFC 6901).
    pub path: String,
    /// Its value before, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// In its place, where it is long.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub from_digest: Option<ValueDigest>,
    /// Its value now, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
    /// In its place, where it is long.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub to_digest: Option<ValueDigest>,
    /// A secret is another one; no values are told.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub secret: bool,
}

/// What is recorded of a value that is long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ValueDigest {
    /// Bytes of its JSON.
    pub bytes: usize,
    /// SHA-256 of its JSON in the form of RFC 8785, in hexadecimal digits.
    pub sha256: String,
}

impl ValueDigest {
    /// Of a value.
    pub(super) fn of(value: &Value) -> Self {
        Self::of_text(&canonical(value))
    }

    fn of_text(text: &str) -> Self {
        Self {
            bytes: text.len(),
            sha256: hex::encode(Sha256::digest(text)),
        }
    }
}

/// A state of a resource, or of a member of one: as it is, and as it may be shown.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct State<'v> {
    pub(super) plain: Option<&'v Value>,
    pub(super) shown: Option<&'v Value>,
}

impl<'v> State<'v> {
    fn member(self, name: &str) -> Self {
        let of = |value: Option<&'v Value>| value.and_then(|value| value.get(name));
        Self {
            plain: of(self.plain),
            shown: of(self.shown),
        }
    }

    fn item(self, at: usize) -> Self {
        let of = |value: Option<&'v Value>| value.and_then(|value| value.get(at));
        Self {
            plain: of(self.plain),
            shown: of(self.shown),
        }
    }
}

/// Differences, and how many bytes they may still take.
#[derive(Debug)]
pub(super) struct Differences<'b> {
    pub(super) found: Vec<Difference>,
    /// How many there are beside these.
    pub(super) omitted: usize,
    budget: &'b mut usize,
    path: String,
}

impl<'b> Differences<'b> {
    pub(super) fn within(budget: &'b mut usize) -> Self {
        Self {
            found: Vec::new(),
            omitted: 0,
            budget,
            path: String::new(),
        }
    }

    /// Looks at a resource. One that was not there, or is gone, had no members.
    pub(super) fn of_resource(&mut self, before: State<'_>, after: State<'_>) {
        let nothing = Value::Object(Map::new());
        let before = State {
            plain: before.plain.or(Some(&nothing)),
            shown: before.shown.or(Some(&nothing)),
        };
        let after = State {
            plain: after.plain.or(Some(&nothing)),
            shown: after.shown.or(Some(&nothing)),
        };
        self.look(before, after);
    }

    /// Looks at a member. What both have inside is compared there alone, so that nothing is compared twice.
    fn look(&mut self, before: State<'_>, after: State<'_>) {
        match (before.plain, after.plain) {
            (Some(Value::Object(one)), Some(Value::Object(other))) => {
                for name in one.keys() {
                    self.at(name, |all| all.look(before.member(name), after.member(name)));
                }
                for name in other.keys().filter(|name| !one.contains_key(*name)) {
                    self.at(name, |all| all.look(before.member(name), after.member(name)));
                }
            }
            (Some(Value::Array(one)), Some(Value::Array(other))) if one.len() == other.len() => {
                for at in 0..one.len() {
                    self.at(&at.to_string(), |all| all.look(before.item(at), after.item(at)));
                }
            }
            (one, other) if one == other => {}
            _ => self.add(before.shown, after.shown),
        }
    }

    fn at(&mut self, name: &str, look: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push('/');
        self.path.push_str(&name.replace('~', "~0").replace('/', "~1"));
        look(self);
        self.path.truncate(length);
    }

    fn add(&mut self, before: Option<&Value>, after: Option<&Value>) {
        let mut bytes = self.path.len() + 32;
        if bytes > *self.budget {
            // The path may be long, and lead to many members.
            self.omitted += 1;
            return;
        }
        let mut difference = Difference {
            path: self.path.clone(),
            from: None,
            from_digest: None,
            to: None,
            to_digest: None,
            secret: before == after,
        };
        if !difference.secret {
            (difference.from, difference.from_digest) = recorded(before, &mut bytes);
            (difference.to, difference.to_digest) = recorded(after, &mut bytes);
        }
        match self.budget.checked_sub(bytes) {
            Some(left) => {
                *self.budget = left;
                self.found.push(difference);
            }
            None => self.omitted += 1,
        }
    }
}

/// What is recorded of a value; adds the bytes that it takes.
fn recorded(value: Option<&Value>, bytes: &mut usize) -> (Option<Value>, Option<ValueDigest>) {
    let Some(value) = value else {
        return (None, None);
    };
    let text = canonical(value);
    if text.len() <= MAX_VALUE_BYTES {
        *bytes += text.len();
        return (Some(value.clone()), None);
    }
    *bytes += 100;
    (None, Some(ValueDigest::of_text(&text)))
}

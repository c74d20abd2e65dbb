//! Where the secrets of a function are sent: while a mask stands for one, that must stay as it is.

use std::borrow::Cow;

use crate::resource::target_url;

/// A member that has a say in where secrets are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination<'p> {
    /// Path of the member.
    pub(crate) member: &'static str,
    /// What the paths of the secrets begin with that are sent there; empty for all of them.
    pub(crate) secrets: &'static str,
    /// What must not change of it.
    pub(crate) value: Cow<'p, str>,
}

impl<'p> Destination<'p> {
    /// A member by which all secrets of a function go.
    pub(super) fn new(member: &'static str, value: &'p str) -> Self {
        Self {
            member,
            secrets: "",
            value: Cow::Borrowed(value),
        }
    }

    /// A URL whose scheme, host and port count.
    pub(super) fn url(member: &'static str, url: &'p str) -> Self {
        Self {
            member,
            secrets: "",
            value: target_url::server(url),
        }
    }

    /// The same for secrets of one object only, which is named with the dot that its members have behind it.
    pub(super) fn only(self, secrets: &'static str) -> Self {
        Self { secrets, ..self }
    }
}

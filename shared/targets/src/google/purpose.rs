//! What tokens are for.

/// What a token is good for.
#[derive(Debug, Clone)]
pub(crate) enum Purpose {
    /// Calls of a function: an ID token for this audience.
    Audience(String),
    /// Calls of an API of Google: an access token of this scope.
    Scope(&'static str),
}

impl Purpose {
    /// Kind and text, which tell tokens apart.
    pub(super) fn parts(&self) -> [&str; 2] {
        match self {
            Self::Audience(audience) => ["audience", audience],
            Self::Scope(scope) => ["scope", scope],
        }
    }
}

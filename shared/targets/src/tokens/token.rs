//! Tokens as their servers give them.

use std::time::Duration;

/// Longest time of one token request. Not that of the call which happens to need it, as others wait for it too.
pub(crate) const FETCH_LIMIT: Duration = Duration::from_secs(10);

/// A token as its server gave it. No `Debug`: it is a secret.
pub(crate) struct Token {
    pub(crate) text: String,
    /// Time that it is good for, from now on. More than a day counts as a day.
    pub(crate) lifetime: Duration,
}

impl Token {
    /// Lifetime of tokens whose server does not tell it.
    pub(crate) const DEFAULT_LIFETIME: Duration = Duration::from_mins(5);
}

//! Tokens as their servers give them, and for how long they are used.

use std::sync::Arc;
use std::time::Duration;

use crate::single_flight::Fetched;

/// Longest time that a token is kept, whatever its server says.
const MOST_LIFETIME: Duration = Duration::from_hours(24);
/// Most that is cut off a lifetime.
const MOST_MARGIN: Duration = Duration::from_mins(1);

/// A token as its server gave it. No `Debug`: it is a secret.
pub(crate) struct Token {
    pub(crate) text: String,
    /// Time that it is good for, from now on. More than a day counts as a day.
    pub(crate) lifetime: Duration,
}

impl Token {
    /// Lifetime of tokens whose server does not tell it.
    pub(crate) const DEFAULT_LIFETIME: Duration = Duration::from_mins(5);

    /// The token with the times that it is kept for.
    pub(super) fn into_fetched(self) -> Fetched<Arc<str>> {
        let lifetime = self.lifetime.min(MOST_LIFETIME);
        let margin = (lifetime / 10).min(MOST_MARGIN);
        Fetched {
            value: self.text.into(),
            fresh_for: lifetime.saturating_sub(margin * 2),
            good_for: lifetime.saturating_sub(margin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins() {
        for (lifetime, fresh_for, good_for) in [
            (3600, 3480, 3540),
            (600, 480, 540),
            (100, 80, 90),
            (10, 8, 9),
            (0, 0, 0),
            // A day at most.
            (10_000_000, 86_280, 86_340),
            (u64::MAX, 86_280, 86_340),
        ] {
            let token = Token {
                text: "token".to_owned(),
                lifetime: Duration::from_secs(lifetime),
            };
            let fetched = token.into_fetched();
            assert_eq!(
                (fetched.fresh_for.as_secs(), fetched.good_for.as_secs()),
                (fresh_for, good_for),
                "{lifetime}"
            );
        }
    }
}

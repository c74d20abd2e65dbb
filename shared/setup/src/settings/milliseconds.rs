//! Times that are set in milliseconds.

use std::num::ParseIntError;
use std::time::Duration;

/// Reads a time.
pub(super) fn milliseconds(text: &str) -> Result<Duration, ParseIntError> {
    text.parse().map(Duration::from_millis)
}

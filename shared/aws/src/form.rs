//! Fields of a request in the query protocol.

use std::fmt::{self, Write as _};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is left of ASCII once that is left out which stands for itself in a form of AWS.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Fields of a form.
#[derive(Clone, Default)]
pub struct Form(String);

impl Form {
    /// Adds a field. `name` is one of letters, digits and dots, as `Entries.member.1.Id`: the first of a list has the
    /// number 1.
    #[must_use]
    pub fn with(mut self, name: impl fmt::Display, value: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{name}={}", utf8_percent_encode(value, ENCODED));
        self
    }

    /// Adds a field, if it has a value.
    #[must_use]
    pub fn with_any(self, name: impl fmt::Display, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The body of a request for an operation of this version of an API.
    pub(crate) fn into_body(self, operation: &str, version: &str) -> String {
        let fields = self.0;
        let separator = if fields.is_empty() { "" } else { "&" };
        format!("Action={operation}&Version={version}{separator}{fields}")
    }
}

/// Names no fields: values may be what somebody wants to keep for himself.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        assert_eq!(Form::default().into_body("A", "1"), "Action=A&Version=1");
        let form = Form::default()
            .with("Text", "a b&c=d+\"\u{e9}\"~-_.*")
            .with_any("None", None)
            .with_any(format_args!("Entries.member.{}.Id", 1), Some(""));
        assert_eq!(
            form.into_body("Send", "2010-03-31"),
            "Action=Send&Version=2010-03-31&Text=a%20b%26c%3Dd%2B%22%C3%A9%22~-_.%2A&Entries.member.1.Id="
        );
    }
}

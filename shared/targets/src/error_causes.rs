//! Errors as one line with everything that led to them.

use std::error::Error;
use std::fmt;

/// Shows an error with its causes: "client error" alone says nothing, the refused connection beneath it does.
pub(crate) struct Causes<'a>(pub(crate) &'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.to_string();
        f.write_str(&shown)?;
        for cause in std::iter::successors(self.0.source(), |&cause| cause.source()) {
            let text = cause.to_string();
            // Some errors already end with the text of their cause.
            if !shown.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            shown = text;
        }
        Ok(())
    }
}

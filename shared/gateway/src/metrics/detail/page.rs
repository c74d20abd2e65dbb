//! Metrics in the text format of Prometheus.

use std::fmt::{Display, Write as _};

use crate::metrics::descriptions::Description;

/// Labels of a sample, in the order in which they are written.
pub(super) type Labels<'a> = &'a [(&'a str, &'a str)];

/// Metrics as text.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// Begins a family of metrics: its samples follow.
    pub(super) fn family(&mut self, description: &Description) {
        let Description { name, kind, help } = description;
        let kind = kind.as_str();
        // Writing to a text does not fail, here and below.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    /// Adds a sample, with a label after the others if there is one.
    pub(super) fn sample(
        &mut self,
        name: &str,
        labels: Labels<'_>,
        last: Option<(&str, &str)>,
        value: impl Display,
    ) {
        self.0.push_str(name);
        let mut opening = '{';
        for (label, text) in labels.iter().copied().chain(last) {
            self.0.push(opening);
            self.0.push_str(label);
            self.0.push_str("=\"");
            self.escaped(text);
            self.0.push('"');
            opening = ',';
        }
        let closing = if opening == ',' { "}" } else { "" };
        let _ = writeln!(self.0, "{closing} {value}");
    }

    fn escaped(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '\\' => self.0.push_str("\\\\"),
                '"' => self.0.push_str("\\\""),
                '\n' => self.0.push_str("\\n"),
                other => self.0.push(other),
            }
        }
    }

    /// The whole.
    pub(super) fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut page = Page::default();
        page.sample("a", &[], None, 1);
        page.sample("b", &[("x", "a\"b\\c\nd")], Some(("le", "1")), 0.5);
        assert_eq!(page.into_text(), "a 1\nb{x=\"a\\\"b\\\\c\\nd\",le=\"1\"} 0.5\n");
    }
}

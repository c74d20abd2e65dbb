//! A span that is over.

use domain::trace::SpanContext;

/// Most bytes of a name, and of a text among the attributes: some of them are made up by clients.
const MOST_BYTES: usize = 256;

/// What a span stands for. Fixed by OpenTelemetry, as the numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// A request that came in.
    Server = 2,
    /// A call that went out.
    Client = 3,
    /// An event that was taken for others.
    Producer = 4,
    /// An event that a subscriber gets.
    Consumer = 5,
}

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Number(i64),
}

/// A span that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) context: SpanContext,
    /// Id of the span that it is a part of.
    pub(crate) parent: Option<u64>,
    /// Where what it is about began.
    pub(crate) link: Option<SpanContext>,
    pub(crate) kind: SpanKind,
    pub(crate) name: String,
    /// Nanoseconds since the Unix epoch.
    pub(crate) began: u64,
    pub(crate) ended: u64,
    pub(crate) attributes: Vec<(&'static str, Value)>,
    pub(crate) is_error: bool,
}

/// The beginning of a text.
pub(crate) fn cut(text: &str) -> String {
    let end = text.floor_char_boundary(MOST_BYTES.min(text.len()));
    let more = if end < text.len() { "…" } else { "" };
    format!("{}{more}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(cut("é"), "é");
        let long = "é".repeat(200);
        assert_eq!(cut(&long), format!("{}…", "é".repeat(128)));
        assert_eq!(cut(&format!("a{long}")), format!("a{}…", "é".repeat(127)));
    }
}

//! Why a filter lets an event pass, or does not.

/// One condition of a filter, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Which one, as a JSON pointer into `filters`.
    pub pointer: String,
    /// Whether it lets the event pass.
    pub passes: bool,
    /// What was seen and what was wanted; of a value at most 64 characters.
    pub reason: String,
}

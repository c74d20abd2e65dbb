//! What is added to answers, or made of them, whichever API gives them.

/// What is added to answers, or made of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnswerOptions {
    /// Whether they are compressed for clients that take that.
    pub compresses: bool,
    /// Whether requests have an id, which their answers name.
    pub request_ids: bool,
}

//! How large filters may be.

/// Bounds of the filters of one subscription; what is above is refused when they are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterLimits {
    /// Bytes of the JSON of `filters`.
    pub max_bytes: usize,
    /// How deep filters, patterns and expressions nest.
    pub max_depth: usize,
    /// Conditions: dialects' attributes, leaves of patterns, operators of expressions.
    pub max_conditions: usize,
    /// Wildcard characters in all patterns and `LIKE` expressions together.
    pub max_wildcards: usize,
    /// Characters that functions of expressions and `LIKE` read or make for one event, in bytes. An expression that needs
    /// more has an error then, and does not pass.
    pub max_steps: usize,
}

impl Default for FilterLimits {
    fn default() -> Self {
        Self {
            max_bytes: 64 * 1024,
            max_depth: 32,
            max_conditions: 1_024,
            max_wildcards: 128,
            max_steps: 1024 * 1024,
        }
    }
}

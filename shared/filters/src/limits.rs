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
}

impl Default for FilterLimits {
    fn default() -> Self {
        Self {
            max_bytes: 64 * 1024,
            max_depth: 32,
            max_conditions: 1_024,
            max_wildcards: 128,
        }
    }
}

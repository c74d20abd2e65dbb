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
    /// Steps for one event: bytes of texts that functions of expressions and `LIKE` read or make, and values that patterns
    /// compare. Filters that need more do not let it pass.
    pub max_steps: usize,
    /// Conditions of a pattern that are written down once more because of combinations of its `$or`.
    pub max_combinations: usize,
}

impl Default for FilterLimits {
    fn default() -> Self {
        Self {
            max_bytes: 64 * 1024,
            max_depth: 32,
            max_conditions: 1_024,
            max_wildcards: 128,
            max_steps: 1024 * 1024,
            max_combinations: 4_096,
        }
    }
}

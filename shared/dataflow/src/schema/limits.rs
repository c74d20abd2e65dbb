//! How large a schema may be, and how much work it may make.

/// Bounds of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaLimits {
    /// Bytes of its text.
    pub bytes: usize,
    /// How deep its text is nested.
    pub depth: usize,
    /// How many subschemas may look at one and the same value, those behind a `$ref` included: the work for a value.
    pub width: usize,
    /// How many times one value may be looked at, because branches above it look at it each.
    pub looks: usize,
    /// Bytes of a compiled pattern.
    pub pattern_bytes: usize,
}

impl Default for SchemaLimits {
    fn default() -> Self {
        Self {
            bytes: 256 * 1024,
            depth: 64,
            width: 4_096,
            looks: 1_000,
            pattern_bytes: 1024 * 1024,
        }
    }
}

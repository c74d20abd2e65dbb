//! How large a schema may be, and how much work it may make.

/// Steps that comparisons take together, unless it is said otherwise.
pub(super) const COMPARE_STEPS: u64 = 30_000_000;

/// Bytes of compiled patterns for each byte of a large schema.
const PATTERNS_PER_BYTE: usize = 64;

/// Bounds of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaLimits {
    /// Bytes of its text.
    pub bytes: usize,
    /// How deep its text is nested.
    pub depth: usize,
    /// Bytes of the JSON pointers of all its parts: long names count once for each part below them.
    pub pointer_bytes: usize,
    /// How many subschemas may look at one and the same value, those behind a `$ref` included: the work for a value.
    pub width: usize,
    /// How many times one value may be looked at, because branches above it look at it each.
    pub looks: usize,
    /// Bytes of all compiled patterns of a small schema, and of one pattern of any. A large schema has 64 times its own for
    /// all.
    pub pattern_bytes: usize,
    /// Steps that a check of data takes at most, by what the schema and the size of the data come to: data that may take
    /// more is not looked at.
    pub steps: usize,
    /// Bytes that a list of violations takes at most while it is made, worked out likewise.
    pub listed_bytes: usize,
    /// Steps that all comparisons of a request take together.
    pub compare_steps: u64,
}

impl Default for SchemaLimits {
    fn default() -> Self {
        Self {
            bytes: 256 * 1024,
            depth: 64,
            pointer_bytes: 4 * 1024 * 1024,
            width: 4_096,
            looks: 1_000,
            pattern_bytes: 512 * 1024,
            steps: 1_000_000_000,
            listed_bytes: 64 * 1024 * 1024,
            compare_steps: COMPARE_STEPS,
        }
    }
}

impl SchemaLimits {
    /// Bytes that each of so many patterns may have, in a schema of so many bytes.
    pub(super) fn each_pattern(&self, patterns: usize, bytes: usize) -> usize {
        let all = bytes.saturating_mul(PATTERNS_PER_BYTE).max(self.pattern_bytes);
        (all / patterns.max(1)).min(self.pattern_bytes)
    }
}

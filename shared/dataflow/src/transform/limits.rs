//! How much a transform may take.

use std::time::Duration;

/// Bounds of transforms. Each has a default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransformLimits {
    /// Most bytes of an expression or a template.
    pub max_source_bytes: usize,
    /// Most bytes of the JSON that it is applied to.
    pub max_input_bytes: usize,
    /// Most bytes of the JSON that it makes, and of any text on the way.
    pub max_output_bytes: usize,
    /// Most bytes that JSONata may take for values, those of the input included. All that is made counts, not only what is
    /// held at a time.
    pub max_memory_bytes: usize,
    /// Longest time of JSONata.
    pub max_time: Duration,
    /// How deep JSONata may nest calls and operators while it runs.
    pub max_depth: usize,
    /// Most elements of a list that JSONata makes.
    pub max_sequence: usize,
}

impl Default for TransformLimits {
    fn default() -> Self {
        Self {
            max_source_bytes: 32 * 1024,
            max_input_bytes: 256 * 1024,
            max_output_bytes: 1024 * 1024,
            max_memory_bytes: 8 * 1024 * 1024,
            max_time: Duration::from_millis(100),
            max_depth: 100,
            max_sequence: 10_000,
        }
    }
}

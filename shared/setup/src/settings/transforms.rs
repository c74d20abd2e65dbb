//! How much the transforms of subscriptions may take.

use std::time::Duration;

use clap::Args;
use gateway::TransformLimits;

use super::milliseconds;

/// Bounds of transforms.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Transforms")]
pub struct TransformSettings {
    /// Most bytes of an expression or a template.
    #[arg(
        long = "max-transform-source-bytes",
        env = "EVENT_GATEWAY_MAX_TRANSFORM_SOURCE_BYTES",
        default_value_t = 32 * 1024,
        value_name = "BYTES"
    )]
    pub max_transform_source_bytes: usize,
    /// Most bytes of an event or an answer that is transformed, as JSON.
    #[arg(
        long = "max-transform-input-bytes",
        env = "EVENT_GATEWAY_MAX_TRANSFORM_INPUT_BYTES",
        default_value_t = 256 * 1024,
        value_name = "BYTES"
    )]
    pub max_transform_input_bytes: usize,
    /// Most bytes of what a transform makes, and of each text on the way.
    #[arg(
        long = "max-transform-output-bytes",
        env = "EVENT_GATEWAY_MAX_TRANSFORM_OUTPUT_BYTES",
        default_value_t = 1024 * 1024,
        value_name = "BYTES"
    )]
    pub max_transform_output_bytes: usize,
    /// Most bytes of all values that a JSONata expression makes or reads.
    #[arg(
        long = "max-transform-memory-bytes",
        env = "EVENT_GATEWAY_MAX_TRANSFORM_MEMORY_BYTES",
        default_value_t = 8 * 1024 * 1024,
        value_name = "BYTES"
    )]
    pub max_transform_memory_bytes: usize,
    /// Longest time of a JSONata expression, in milliseconds.
    #[arg(
        long = "max-transform-time",
        env = "EVENT_GATEWAY_MAX_TRANSFORM_TIME",
        default_value = "100",
        value_parser = milliseconds,
        value_name = "MILLISECONDS"
    )]
    pub max_transform_time: Duration,
    /// How deep the calls and operators of a JSONata expression may nest while it runs.
    #[arg(
        long = "max-transform-depth",
        env = "EVENT_GATEWAY_MAX_TRANSFORM_DEPTH",
        default_value_t = 100,
        value_name = "COUNT"
    )]
    pub max_transform_depth: usize,
    /// Most elements of a list that a JSONata expression makes.
    #[arg(
        long = "max-transform-sequence",
        env = "EVENT_GATEWAY_MAX_TRANSFORM_SEQUENCE",
        default_value_t = 10_000,
        value_name = "COUNT"
    )]
    pub max_transform_sequence: usize,
}

impl TransformSettings {
    /// What they say, as the engine and the Configuration API take it.
    pub fn limits(&self) -> TransformLimits {
        TransformLimits {
            max_source_bytes: self.max_transform_source_bytes,
            max_input_bytes: self.max_transform_input_bytes,
            max_output_bytes: self.max_transform_output_bytes,
            max_memory_bytes: self.max_transform_memory_bytes,
            max_time: self.max_transform_time,
            max_depth: self.max_transform_depth,
            max_sequence: self.max_transform_sequence,
        }
    }
}

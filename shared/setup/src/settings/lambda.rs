//! What only matters where the program is a function of AWS Lambda.

use clap::{Args, ValueEnum};

/// How a Lambda function answers.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "On AWS Lambda")]
pub struct LambdaSettings {
    /// Invoke mode of the function URL of the Events API: buffered or `response_stream`.
    #[arg(
        long = "invoke-mode",
        env = "EVENT_GATEWAY_INVOKE_MODE",
        default_value = "buffered",
        ignore_case = true,
        hide_possible_values = true,
        value_name = "MODE"
    )]
    pub invoke_mode: InvokeMode,
}

/// Invoke mode of a function URL, in the words of AWS. The function must answer in the mode that its URL is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InvokeMode {
    /// Answers are passed on as a whole.
    Buffered,
    /// Answers are passed on while they come in.
    #[value(name = "response_stream")]
    ResponseStream,
}

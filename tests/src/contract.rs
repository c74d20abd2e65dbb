//! The wire contract: cases of `contract/*.yaml`, run against a gateway through each of its hosts.
//!
//! `README.md` of this package documents the format. Anything in the data that is not understood is an error when
//! it is loaded, so that no expectation is ever skipped silently.

mod calls;
pub mod case;
mod creation;
mod deployed;
mod expectations;
mod lambda_exceptions;
mod matching;
mod metrics;
mod placeholders;
mod report;
mod request;
mod run;
pub mod step;
pub mod suite;

pub use case::Case;
pub use deployed::run_deployed;
pub use lambda_exceptions::{LAMBDA_EXCEPTIONS, LambdaException};
pub use report::{CaseFailure, DeployedReport, Report};
pub use run::run_case;
pub use suite::run_suite;

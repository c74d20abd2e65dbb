//! The process of a function: what it reads before its first invocation, and its end when it cannot go on.

use std::io::Write as _;
use std::process::ExitCode;

use gateway::{ErrorChain, Gateway};
use lambda_runtime::Error;

/// Reads the routes before the first invocation is there. Should it fail, that invocation asks again.
pub async fn read_routes(gateway: &Gateway) {
    if let Err(error) = gateway.store().routing_table(&[]).await {
        tracing::warn!(error = %ErrorChain(&error), "The routes could not be read at the start.");
    }
}

/// Makes the end of a function's process an exit status, and its error one log line with all causes. Lambda starts
/// another process for the next invocation.
pub fn report(ended: Result<(), Error>) -> ExitCode {
    let Err(error) = ended else {
        return ExitCode::SUCCESS;
    };
    let error = ErrorChain(&*error);
    if tracing::dispatcher::has_been_set() {
        tracing::error!(%error, "The function cannot run.");
    } else {
        // The settings of the log themselves may be at fault. Where not even this can be written, nothing is left.
        let _ = writeln!(std::io::stderr(), "The function cannot run: {error}");
    }
    ExitCode::FAILURE
}

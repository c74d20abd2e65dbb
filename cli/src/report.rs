//! Telling people what went wrong, and what would be right as far as it is known.

use http::StatusCode;

use crate::console::{Console, visible};
use crate::failure::Failure;

/// Tells of it, with what the gateway said besides.
pub(crate) fn report(failure: &Failure, console: &mut Console) {
    if failure.exit_code() == 0 || matches!(failure, Failure::Different) {
        return;
    }
    if let Failure::Refused(refusal) = failure {
        for problem in &refusal.problems {
            tell(&problem.message, console);
            for (name, text) in &problem.details {
                console.note(format_args!("  {name}: {}", visible(text)));
            }
        }
        if refusal.status == StatusCode::UNAUTHORIZED {
            console.note("  hint: give the access key with `eg login`, EG_KEY or --key-file");
        }
        return;
    }
    tell(&failure.to_string(), console);
    if let Failure::Unreachable { .. } = failure {
        console.note("  hint: `eg context list` says which addresses are used; --config-url and --events-url change them");
    }
}

/// An error as people see it. The gateway's own may have several lines.
fn tell(message: &str, console: &mut Console) {
    let lines: Vec<_> = message.lines().map(visible).collect();
    console.note(format_args!("error: {}", lines.join("\n  ")));
}

//! Checks of the tree that need more than one line of shell: `cargo xtask tidy`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to its terminal"
)]

mod program;
mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments != ["tidy"] {
        eprintln!(
            "usage: cargo xtask tidy\n\n  tidy   house rules of the tree that rustfmt and clippy cannot check"
        );
        return ExitCode::from(2);
    }
    report(tidy::run())
}

/// Prints every problem on a line of its own; one problem is enough to fail.
fn report(outcome: anyhow::Result<Vec<tidy::Problem>>) -> ExitCode {
    match outcome {
        Ok(problems) if problems.is_empty() => {
            println!("tidy: clean");
            ExitCode::SUCCESS
        }
        Ok(problems) => {
            for problem in &problems {
                eprintln!("{problem}");
            }
            eprintln!("tidy: {} problem(s)", problems.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("tidy could not look at the tree: {error:#}");
            ExitCode::FAILURE
        }
    }
}

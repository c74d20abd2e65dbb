//! What a change has to keep and one line of shell cannot check: `cargo xtask tidy` and `cargo xtask instructions`;
//! and what a release is made with: `cargo xtask image`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to its terminal"
)]

mod image;
mod instructions;
mod program;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask tidy | instructions [--record] | image PROGRAM...

  tidy                   house rules of the tree that rustfmt and clippy cannot check
  instructions           counts the instructions of the hot paths and compares them with the recorded counts
  instructions --record  counts them and records the counts
  image PROGRAM...       writes an OCI image layout of static builds of the gateway, one for each architecture
      --output FOLDER        where it is written [target/image]
      --certificates FILE    the CA bundle that goes in [/etc/ssl/certs/ca-certificates.crt]
      --any-size             takes programs that make an image of more than 25 MB";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["tidy"] => report(tidy::run()),
        ["instructions"] => instructions::compare(),
        ["instructions", "--record"] => instructions::record(),
        ["image", arguments @ ..] => match image::Wanted::of(arguments) {
            Some(wanted) => tell(image::build(&wanted)),
            None => usage(),
        },
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

/// Prints what was made, a line for each part of it.
fn tell(outcome: anyhow::Result<Vec<String>>) -> ExitCode {
    match outcome {
        Ok(lines) => {
            for line in &lines {
                println!("{line}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("no image was made: {error:#}");
            ExitCode::FAILURE
        }
    }
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

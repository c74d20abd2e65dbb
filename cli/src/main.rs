//! The program `eg`.

use std::process::ExitCode;

use eg::Console;

fn main() -> ExitCode {
    ExitCode::from(eg::run(std::env::args_os(), &mut Console::of_process()))
}

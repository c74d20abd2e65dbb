//! Transforms on what others know the answers to, and on what means harm. One program: linking is what takes long.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test says by panicking that its ground gave way, and on the console what is not run"
)]

mod corpora;
mod fuzz;
mod hostile;
mod jsonata_suite;
mod recorded_templates;

//! The process: how it is started, what it says, what it keeps, how it ends (docs/contract.md §6, §2.10).

mod config_listener;
mod file_modes;
mod flags;
mod log_lines;
mod restart;
mod shutdown;
mod start_errors;
mod tls;

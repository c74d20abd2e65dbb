//! Keys of functions are seen by who reads the configuration, and by nobody else (docs/contract.md §3.6, Q63).

mod at_rest;
mod calls;
mod configuration;
mod references;

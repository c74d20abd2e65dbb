//! The one integration test binary of the package: every suite is a module of it.

mod allocations;
mod contract;
mod host_parity;

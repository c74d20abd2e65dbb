//! The one integration test binary of the package: every suite is a module of it.

mod contract;
mod host_parity;

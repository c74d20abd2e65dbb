//! Configurations of other products as one of this gateway. What cannot be carried over is listed with the reason.

pub(crate) mod document;
pub(crate) mod event_bridge;
pub(crate) mod open_api;
pub(crate) mod serverless;

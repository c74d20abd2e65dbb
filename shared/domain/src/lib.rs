//! The rules of Event Gateway: what an event is, what the resources are and when they are valid, which
//! subscriptions an event reaches, what browsers of other origins may do.
//!
//! Nothing here does I/O or reads a clock, so every rule can be tested as a table.

pub mod access;
pub mod api_key;
pub mod audit;
pub mod authorizer;
pub mod backoff;
pub mod canonical_json;
pub mod configuration;
pub mod cors_decision;
pub mod dead_letter;
pub mod delivery;
pub mod delivery_attempt;
pub mod doubts;
pub mod event;
pub mod explain;
pub mod filter_test;
pub mod foremost;
pub mod function_response;
pub mod hook;
pub mod hops;
pub mod ids;
pub mod json;
pub mod legacy;
pub mod origin;
pub mod passthrough;
mod persistent_map;
pub mod publish_options;
pub mod quota;
pub mod refusal;
pub mod resource;
pub mod retry;
pub mod routing;
pub mod sniff;
pub mod space_version;
pub mod system_event;
pub mod timestamp;
pub mod trace;
pub mod type_pattern;
pub mod unknown_members;
pub mod usage;
pub mod validation;
pub mod waiting;

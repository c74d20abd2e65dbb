//! What is said of an event whose data does not fit.

use dataflow::schema::Violation;

/// An event whose data does not fit the schema of its type.
#[derive(Debug)]
pub struct SchemaViolated {
    /// Its id.
    pub event_id: String,
    /// Its type.
    pub event_type: String,
    /// The version of the schema.
    pub version: u32,
    /// What does not fit, and where.
    pub violations: Vec<Violation>,
}

//! What filters see of an event.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// A value without parts, as JSON has it.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written: `1e0` is not rewritten as `1`.
    Number(Cow<'a, str>),
    /// A text, without its escapes.
    String(Cow<'a, str>),
}

/// An event as filters see it: the JSON form of CloudEvents 1.0, with context attributes at the top and `data` below, whatever
/// version it came in.
pub trait Subject {
    /// A context attribute by its name in CloudEvents 1.0, extensions included. `None` when the event does not have it, and for `data`.
    fn attribute(&self, name: &str) -> Option<Scalar<'_>>;

    /// Every context attribute that the event has.
    fn each_attribute(&self, visit: &mut dyn FnMut(&str, Scalar<'_>));

    /// `data` as JSON. `None` when there is none, or when it is not JSON.
    fn data(&self) -> Option<&RawValue>;
}

//! What a filter requires at least, by which an index finds it.

/// A condition on the value of one field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Test {
    /// The value is this text.
    Text(Box<str>),
    /// The value is this number, in its canonical form (`number::canonical`): equal numbers have equal texts.
    Number(Box<str>),
    /// The value is this boolean.
    Bool(bool),
    /// The value is `null`.
    Null,
    /// The value is a text that equals this one without regard to case; folded as event patterns fold.
    TextIgnoringCase(Box<str>),
    /// The value is a text that starts so.
    Prefix(Box<str>),
    /// The value is a text that ends so.
    Suffix(Box<str>),
    /// The value is a text that has this in it.
    Contains(Box<str>),
    /// There is a value, whatever it is.
    Present,
}

/// A test of the field at a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Anchor {
    /// The keys from the top of the event's JSON form, joined by dots: `type`, `data.order.amount`. Elements of arrays have
    /// the path of their array.
    pub path: Box<str>,
    /// What its value has to be.
    pub test: Test,
}

/// At least one of these anchors holds for every event that the filter lets pass.
pub type Requirement = Vec<Anchor>;

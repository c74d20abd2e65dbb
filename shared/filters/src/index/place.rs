//! Where filters hang in an index.

use crate::wanted::FieldId;

/// Where an anchor is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The field whose value is looked up.
    pub(super) field: FieldId,
    /// Whether the field is below `data`.
    pub(super) data: bool,
    /// By what.
    pub(super) lookup: Lookup,
}

/// By what of a value an anchor is found. The keys are hashes of field, kind and value: two anchors with the same one share a
/// bucket, which costs a trial and no mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lookup {
    /// The whole text.
    Text(u64),
    /// The canonical number.
    Number(u64),
    /// `true`, `false` or `null`.
    Literal(u64),
    /// The text, folded.
    Folded(u64),
    /// The first bytes of the text.
    Prefix {
        /// How many.
        length: u32,
        /// What they hash to.
        key: u64,
    },
    /// The last bytes of the text.
    Suffix {
        /// How many.
        length: u32,
        /// What they hash to.
        key: u64,
    },
    /// Three bytes anywhere in the text.
    Gram(u32),
    /// That there is a value.
    Present(u64),
}

impl Lookup {
    /// The key among the buckets, or the gram among those of the field.
    pub(super) fn key(self) -> Result<u64, u32> {
        match self {
            Self::Text(key)
            | Self::Number(key)
            | Self::Literal(key)
            | Self::Folded(key)
            | Self::Prefix { key, .. }
            | Self::Suffix { key, .. }
            | Self::Present(key) => Ok(key),
            Self::Gram(gram) => Err(gram),
        }
    }

    /// How many events this finds in comparison with an equality, as a rough guess.
    pub(super) fn weight(self) -> usize {
        match self {
            Self::Text(_) | Self::Number(_) | Self::Folded(_) => 1,
            Self::Prefix { length, .. } | Self::Suffix { length, .. } if length >= 4 => 2,
            Self::Gram(_) => 4,
            Self::Literal(_) | Self::Prefix { .. } | Self::Suffix { .. } => 16,
            Self::Present(_) => 64,
        }
    }
}

/// The places of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Places {
    /// No requirement finds it: it is tried for every event.
    Residual,
    /// One anchor finds it.
    One(Place),
    /// Each of several anchors finds it.
    Many(Box<[Place]>),
}

impl Places {
    /// None, one or many.
    pub(super) fn of(places: Vec<Place>) -> Self {
        match places.as_slice() {
            [] => Self::Residual,
            [place] => Self::One(*place),
            _ => Self::Many(places.into_boxed_slice()),
        }
    }

    /// All of them.
    pub(super) fn as_slice(&self) -> &[Place] {
        match self {
            Self::Residual => &[],
            Self::One(place) => std::slice::from_ref(place),
            Self::Many(places) => places,
        }
    }
}

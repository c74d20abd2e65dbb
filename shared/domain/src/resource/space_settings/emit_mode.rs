//! Who may send events to a space.

use serde::{Deserialize, Serialize};

/// Who may send events to a space.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EmitMode {
    /// Everybody, as far as authorizers let them.
    #[default]
    Open,
    /// Whoever has a key of the space that allows `events:emit`.
    Key,
}

impl EmitMode {
    /// Tag of a member that names no mode.
    pub(crate) const TAG: &'static str = "eq=open|eq=key";

    /// The mode of this name.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        match name {
            "open" => Some(Self::Open),
            "key" => Some(Self::Key),
            _ => None,
        }
    }
}

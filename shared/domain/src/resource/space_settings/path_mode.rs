//! Which paths of a space may stand side by side, and which of them a request takes.

use serde::{Deserialize, Serialize};

/// Which paths of a space may stand side by side, and which of them a request takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PathMode {
    /// At one place of the paths either literal segments, or a parameter, or a wildcard: others are refused
    /// (docs/contract.md §1.12). Paths of async subscriptions are taken literally.
    #[default]
    Strict,
    /// All of them side by side; the most specific path that matches wins. Paths of async subscriptions are patterns too.
    Specific,
}

impl PathMode {
    /// Tag of a member that names no mode.
    pub(crate) const TAG: &'static str = "eq=strict|eq=specific";

    /// The mode of this name.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        match name {
            "strict" => Some(Self::Strict),
            "specific" => Some(Self::Specific),
            _ => None,
        }
    }
}

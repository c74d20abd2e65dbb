//! How a request is answered that reaches no subscription.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

/// How a request is answered that reaches no subscription. In JSON it is the status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub enum Unmatched {
    /// 202, as one that is taken (docs/contract.md Q69).
    #[default]
    Accepted,
    /// 404, or 405 where there are subscriptions on its path with other methods.
    NotFound,
}

/// A number that is no status of such an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must be 202 or 404")]
pub struct UnknownStatus;

impl Unmatched {
    /// Tag of a member that is none of the statuses.
    pub(crate) const TAG: &'static str = "eq=202|eq=404";

    /// What answers with this status.
    pub(super) fn of_status(status: i64) -> Option<Self> {
        match status {
            202 => Some(Self::Accepted),
            404 => Some(Self::NotFound),
            _ => None,
        }
    }
}

impl TryFrom<i64> for Unmatched {
    type Error = UnknownStatus;

    fn try_from(status: i64) -> Result<Self, UnknownStatus> {
        Self::of_status(status).ok_or(UnknownStatus)
    }
}

impl From<Unmatched> for i64 {
    fn from(unmatched: Unmatched) -> Self {
        match unmatched {
            Unmatched::Accepted => 202,
            Unmatched::NotFound => 404,
        }
    }
}

impl utoipa::PartialSchema for Unmatched {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .enum_values(Some([202, 404]))
            .description(Some(
                "Status of the answer to a request that reaches no subscription.",
            ))
            .into()
    }
}

impl utoipa::ToSchema for Unmatched {
    fn name() -> Cow<'static, str> {
        "Unmatched".into()
    }
}

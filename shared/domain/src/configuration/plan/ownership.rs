//! Sets: documents of several owners for the same space. What a set has carries its label, and no other document touches it.

use super::super::{ConfigurationError, Configured};
use super::wanted::PlanOptions;

/// The label of resources that are part of a set; its value names it.
pub const SET_LABEL: &str = "eventgateway.set";

/// The set that a resource is part of.
fn set_of<R: Configured>(resource: &R) -> Option<&str> {
    resource.metadata().get(SET_LABEL).map(String::as_str)
}

/// Refuses to touch what is another's. `wanted` is what it is to be, `None` where it changes only because of something else.
pub(super) fn check_owner<R: Configured>(
    stored: &R,
    wanted: Option<&R>,
    options: &PlanOptions,
) -> Result<(), ConfigurationError> {
    let own = match wanted {
        Some(wanted) => set_of(wanted),
        None => options.set.as_deref(),
    };
    let is_own = match set_of(stored) {
        Some(owner) => own == Some(owner),
        None => options.set.is_none() || options.adopt,
    };
    if is_own {
        return Ok(());
    }
    Err(ConfigurationError::OfOtherSet {
        kind: R::KIND,
        id: stored.id().to_string(),
        owner: set_of(stored).map(str::to_owned),
    })
}

/// Whether a resource that the document does not have is one that it would have to have.
pub(super) fn is_prunable<R: Configured>(stored: &R, options: &PlanOptions) -> bool {
    options.prune && set_of(stored) == options.set.as_deref()
}

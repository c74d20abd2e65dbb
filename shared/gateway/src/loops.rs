//! Requests and events that gateways pass on to each other for ever.

use domain::hops::Hops;

use crate::error::GatewayError;

/// Refuses what was passed on too often. Nothing was promised yet, so that whoever passed it on keeps it.
pub(crate) fn refuse_loop(hops: Hops, limit: Hops) -> Result<Hops, GatewayError> {
    if hops > limit {
        return Err(GatewayError::Loop { hops, limit });
    }
    Ok(hops)
}

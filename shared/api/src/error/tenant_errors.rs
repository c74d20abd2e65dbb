//! What is answered about tenants.

use domain::ids::{Space, TenantId};
use domain::timestamp::Timestamp;
use http::StatusCode;

use super::ApiError;

impl ApiError {
    /// The answer to whoever would change something of a tenant that is suspended, with a key.
    pub(crate) fn suspended() -> Self {
        Self::forbidden("Forbidden: the tenant is suspended, and nothing of it can be changed")
    }

    /// The answer to one tenant more than there may be.
    pub(crate) fn too_many_tenants(limit: usize) -> Self {
        Self::invalid(format!(
            "The gateway has its {limit} tenants, which are the most it may have (--max-tenants)."
        ))
    }

    /// The answer to a tenant of an id that another had. What is kept of that one would be shown to this one.
    pub(crate) fn tenant_was_there(id: &TenantId) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            format!(
                "Tenant {:?} was there before, and records of it are kept: use another id.",
                id.as_str()
            ),
        )
    }

    /// The answer to whoever would erase a tenant that is not to be deleted.
    pub(crate) fn tenant_stays(id: &TenantId) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            format!(
                "Tenant {:?} is not to be deleted with everything it has: DELETE it with ?erase=true first.",
                id.as_str()
            ),
        )
    }

    /// The same of one whose time has not come.
    pub(crate) fn tenant_stays_until(id: &TenantId, from: Timestamp) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            format!(
                "Tenant {:?} is to be deleted, but what it has is not removed before {}.",
                id.as_str(),
                String::from(from)
            ),
        )
    }

    /// What it says.
    pub(crate) fn text(&self) -> &str {
        &self.message
    }

    /// The answer to whoever would delete a space with something in it, with a key.
    pub(crate) fn space_in_use(space: &Space) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            format!(
                "Space {:?} cannot be deleted: there is more in it than its settings.",
                space.as_str()
            ),
        )
    }

    /// The answer to a space that is called as no space of the tenant may be.
    pub(crate) fn foreign_space_name(id: &TenantId) -> Self {
        Self::invalid(format!(
            "Space doesn't validate. Validation error: spaces of the tenant are called {:?}, or that with a hyphen and more",
            id.as_str()
        ))
    }
}

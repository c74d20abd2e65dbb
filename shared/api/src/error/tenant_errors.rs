//! What is answered about tenants.

use domain::ids::{Space, TenantId};
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

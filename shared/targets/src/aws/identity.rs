//! Who makes an AWS call.

use std::fmt;

/// Credentials of a function, read from wherever they are; empty members are not set.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct AwsIdentity {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: String,
    /// Role that is assumed with them, or with the gateway's own.
    pub(crate) role_arn: String,
    /// External id that the role asks for.
    pub(crate) external_id: String,
}

impl AwsIdentity {
    /// Whether calls are made with these keys rather than those of the default chain: only if both are set
    /// (docs/contract.md §3.6).
    pub(crate) fn is_static(&self) -> bool {
        !self.access_key_id.is_empty() && !self.secret_access_key.is_empty()
    }

    /// Whether calls are made as a role.
    pub(super) fn has_role(&self) -> bool {
        !self.role_arn.is_empty()
    }

    /// Whether nobody renews the credentials of its calls: keys of the function without a role.
    pub(super) fn is_fixed(&self) -> bool {
        self.is_static() && !self.has_role()
    }

    /// What must not show up in errors.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        [
            &self.access_key_id,
            &self.secret_access_key,
            &self.session_token,
            &self.external_id,
        ]
        .into_iter()
        .map(String::as_str)
        .filter(|secret| !secret.is_empty())
    }
}

impl fmt::Debug for AwsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsIdentity")
            .field("role_arn", &self.role_arn)
            .finish_non_exhaustive()
    }
}

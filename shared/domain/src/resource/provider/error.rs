//! Why a provider cannot be used.

use std::borrow::Cow;

use crate::json::JsonError;

/// A provider that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// There is no `type` or no `provider`.
    #[error("provider configuration not set")]
    NotSet,
    /// There is no such type.
    #[error("provider {0} not supported")]
    Unsupported(String),
    /// The members are not JSON of the right shape.
    #[error("unable to load function provider config: {0}")]
    Malformed(#[source] JsonError),
    /// A required member is missing.
    #[error("missing required fields for {title}")]
    MissingFields {
        /// The kind of function, as texts name it.
        title: &'static str,
        /// Path of the member.
        member: String,
    },
    /// A required member is no URL. The text is that of one that is missing (docs/contract.md §3.1), and repeats none of it.
    #[error("missing required fields for {title}")]
    NoUrl {
        /// The kind of function, as texts name it.
        title: &'static str,
        /// Path of the member.
        member: String,
    },
    /// A member has a value that it cannot have. The text repeats none of it.
    #[error("{member} {reason}")]
    Invalid {
        /// Name of the member.
        member: &'static str,
        /// What it must be.
        reason: &'static str,
    },
    /// The signing secrets are too many or have another form.
    #[error("signingSecrets must be one or two of the form whsec_ and the base64 of 24 to 64 bytes")]
    SigningSecrets,
    /// A secret is the mask that masked secrets are shown as, and there is none that it could stand for.
    #[error("{0} is masked, and no stored secret of that member could be kept: send the secret itself")]
    Masked(Cow<'static, str>),
    /// A secret is the mask that masked secrets are shown as, and would be sent to another place than the stored one.
    #[error("{member} is masked, and {destination} is not what is stored: send the secret itself")]
    MaskedElsewhere {
        /// Path of the member that is masked.
        member: Cow<'static, str>,
        /// The member that says where the secret is sent.
        destination: &'static str,
    },
    /// A secret is to be read from a place that this gateway reads none from.
    #[error("{member} must not be read from a place of the kind {place} in this gateway")]
    PlaceNotAllowed {
        /// Path of the member.
        member: Cow<'static, str>,
        /// The member by which references name the place.
        place: &'static str,
    },
    /// It could only be called as the gateway itself, which this gateway does not let functions be.
    #[error("{0} in this gateway, which calls no function with its own identity")]
    GatewayIdentity(&'static str),
    /// No function of a weighted one would ever be chosen (docs/contract.md §7.6).
    #[error("function weights sum to zero")]
    ZeroWeights,
}

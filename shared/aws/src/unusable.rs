//! Settings that no call can be made with.

/// Why a client cannot make calls. Only other settings help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("no AWS region is set")]
    NoRegion,
    #[error("the AWS region cannot be part of a host name")]
    Region,
    #[error("there is no place to look for AWS credentials")]
    NoCredentials,
    #[error("there is no HTTP client for AWS")]
    NoHttpClient,
    #[error("a custom AWS endpoint cannot be one for FIPS")]
    FipsAtCustomEndpoint,
    #[error("a custom AWS endpoint cannot be one for dual stack")]
    DualStackAtCustomEndpoint,
}

//! Where records go.

use crate::aws::AwsIdentity;

/// Where records go, and as whom. What is equal goes with one request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Destination {
    region: String,
    identity: AwsIdentity,
    /// Name, URL or ARN.
    name: String,
}

impl Destination {
    pub(crate) fn new(region: &str, identity: &AwsIdentity, name: &str) -> Self {
        Self {
            region: region.to_owned(),
            identity: identity.clone(),
            name: name.to_owned(),
        }
    }
}

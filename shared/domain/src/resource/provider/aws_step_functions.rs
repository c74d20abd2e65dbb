//! AWS Step Functions state machines.

use serde::{Deserialize, Serialize};

use super::aws::{AwsCredentials, AwsMembers, is_arn};
use super::{Destination, Members, ProviderError};
use crate::resource::{Secret, TargetUrl};

/// An AWS Step Functions state machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StateMachine {
    /// ARN of the state machine.
    #[schema(min_length = 1)]
    pub state_machine_arn: String,
    /// AWS region.
    #[schema(min_length = 1)]
    pub region: String,
    /// Credentials to call it with.
    #[serde(flatten)]
    pub credentials: AwsCredentials,
}

impl StateMachine {
    pub(super) const TITLE: &str = "AWS Step Functions function";

    pub(super) fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let AwsMembers {
            own: state_machine_arn,
            region,
            credentials,
        } = AwsMembers::decode(members, "stateMachineArn")?;
        if !is_arn(&state_machine_arn, "states", "stateMachine:") {
            return Err(ProviderError::Invalid {
                member: "stateMachineArn",
                reason: "must be the ARN of a Step Functions state machine",
            });
        }
        Ok(Self {
            state_machine_arn,
            region,
            credentials,
        })
    }

    pub(super) fn secrets_mut(&mut self) -> Vec<(&'static str, &mut Secret)> {
        self.credentials.secrets_mut()
    }

    #[expect(clippy::unused_self, reason = "all settings of functions have this method")]
    pub(super) fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        Vec::new()
    }

    pub(super) fn destinations(&self) -> Vec<Destination<'_>> {
        self.credentials.destinations(&self.region)
    }
}

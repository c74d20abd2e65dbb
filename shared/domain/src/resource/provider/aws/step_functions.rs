//! AWS Step Functions state machines.

use serde::{Deserialize, Serialize};

use super::{AwsCredentials, AwsMembers, is_arn};
use crate::resource::provider::{Destination, Members, ProviderError, ProviderSettings, ResponseMode};
use crate::resource::{SecretMembers, TargetUrl};

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

impl ProviderSettings for StateMachine {
    fn title() -> &'static str {
        "AWS Step Functions function"
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
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

    fn secrets_mut(&mut self) -> SecretMembers<'_> {
        self.credentials.secrets_mut()
    }

    fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        Vec::new()
    }

    fn destinations(&self) -> Vec<Destination<'_>> {
        self.credentials.destinations(&self.region)
    }

    fn check_own_credentials(&self) -> Result<(), ProviderError> {
        self.credentials.check_keys()
    }

    fn is_connector(&self) -> bool {
        true
    }

    fn timeout_seconds(&self) -> Option<u32> {
        None
    }

    fn response_mode(&self) -> Option<ResponseMode> {
        None
    }
}

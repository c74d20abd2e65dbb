//! The providers of AWS, and the credentials and members that they share.

use serde::{Deserialize, Serialize};

use super::{Destination, Members, ProviderError};
use crate::resource::{Secret, SecretMembers};

mod eventbridge;
mod firehose;
mod kinesis;
mod lambda;
mod sns;
mod sqs;
mod step_functions;
#[cfg(test)]
mod tests;

pub use eventbridge::EventBus;
pub use firehose::FirehoseStream;
pub use kinesis::KinesisStream;
pub use lambda::{InvocationType, LambdaFunction};
pub use sns::SnsTopic;
pub use sqs::SqsQueue;
pub use step_functions::StateMachine;

/// Credentials of AWS calls; empty members are not set. The keys are used only when both are set (docs/contract.md §3.6).
#[derive(
    Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "camelCase", default)]
pub struct AwsCredentials {
    /// Access key id.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub aws_access_key_id: Secret,
    /// Secret access key.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub aws_secret_access_key: Secret,
    /// Session token of temporary credentials.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub aws_session_token: Secret,
    /// Role that is assumed for the call, in this or another account.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub role_arn: String,
    /// External id that the role asks for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub external_id: String,
}

impl AwsCredentials {
    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let role_arn = members.text("roleArn")?;
        if !role_arn.is_empty() && !is_arn(&role_arn, "iam", "role/") {
            return Err(ProviderError::Invalid {
                member: "roleArn",
                reason: "must be the ARN of an IAM role",
            });
        }
        let external_id = members.text("externalId")?;
        if !external_id.is_empty() {
            check_external_id(&external_id, &role_arn)?;
        }
        Ok(Self {
            aws_access_key_id: members.secret("awsAccessKeyId")?,
            aws_secret_access_key: members.secret("awsSecretAccessKey")?,
            aws_session_token: members.secret("awsSessionToken")?,
            role_arn,
            external_id,
        })
    }

    /// Refuses those that leave it to the gateway who calls, or who assumes the role.
    fn check_keys(&self) -> Result<(), ProviderError> {
        if self.aws_access_key_id.is_empty() || self.aws_secret_access_key.is_empty() {
            return Err(ProviderError::GatewayIdentity(
                "awsAccessKeyId and awsSecretAccessKey must be set",
            ));
        }
        Ok(())
    }

    /// The secret key is sent nowhere, but the others are, and what it signs.
    #[expect(clippy::unused_self, reason = "where credentials go belongs to them")]
    fn destinations<'p>(&'p self, region: &'p str) -> Vec<Destination<'p>> {
        vec![Destination::new("region", region)]
    }

    fn secrets_mut(&mut self) -> SecretMembers<'_> {
        vec![
            ("awsAccessKeyId".into(), &mut self.aws_access_key_id),
            ("awsSecretAccessKey".into(), &mut self.aws_secret_access_key),
            ("awsSessionToken".into(), &mut self.aws_session_token),
        ]
    }
}

fn check_external_id(id: &str, role_arn: &str) -> Result<(), ProviderError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte);
    let reason = if role_arn.is_empty() {
        "is for a role: it needs roleArn"
    } else if !(2..=1224).contains(&id.len()) || !id.bytes().all(allowed) {
        "must be 2 to 1224 letters, digits and characters of _+=,.@:/-"
    } else {
        return Ok(());
    };
    Err(ProviderError::Invalid {
        member: "externalId",
        reason,
    })
}

/// Whether a text is an ARN of a service, whose resource begins like this and goes on.
fn is_arn(text: &str, service: &str, resource: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, of, _region, account, rest] = &*parts else {
        return false;
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let goes_on = rest.strip_prefix(resource).is_some_and(|name| !name.is_empty());
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    *arn == "arn" && partition.starts_with("aws") && *of == service && is_account && goes_on && printable
}

/// The members every AWS provider has beside its own.
struct AwsMembers {
    /// The required one of its own.
    own: String,
    region: String,
    credentials: AwsCredentials,
}

impl AwsMembers {
    /// Reads them; `own` is the name of the provider's own required member.
    fn decode(members: &Members<'_>, own: &str) -> Result<Self, ProviderError> {
        let read = Self {
            own: members.text(own)?,
            region: members.text("region")?,
            credentials: AwsCredentials::decode(members)?,
        };
        let empty = [(own, &read.own), ("region", &read.region)]
            .into_iter()
            .find(|(_, text)| text.is_empty());
        match empty {
            Some((member, _)) => Err(members.missing(member)),
            None => Ok(read),
        }
    }
}

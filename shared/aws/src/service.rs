//! The services, and what their requests are marked with.

use crate::protocol::Protocol;

/// A service of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Amazon `EventBridge`.
    EventBridge,
    /// Amazon Data Firehose.
    Firehose,
    /// Amazon Kinesis Data Streams.
    Kinesis,
    /// AWS Key Management Service.
    Kms,
    /// Parameter Store, and the rest of AWS Systems Manager.
    ParameterStore,
    /// AWS Secrets Manager.
    SecretsManager,
    /// Amazon SNS.
    Sns,
    /// AWS Step Functions.
    StepFunctions,
}

impl Service {
    /// Its name in settings: `AWS_ENDPOINT_URL_EVENTBRIDGE` is an endpoint of `EventBridge`.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::EventBridge => "EventBridge",
            Self::Firehose => "Firehose",
            Self::Kinesis => "Kinesis",
            Self::Kms => "KMS",
            Self::ParameterStore => "SSM",
            Self::SecretsManager => "Secrets Manager",
            Self::Sns => "SNS",
            Self::StepFunctions => "SFN",
        }
    }

    /// Its name in endpoints and in signatures.
    pub(crate) fn host(self) -> &'static str {
        match self {
            Self::EventBridge => "events",
            Self::Firehose => "firehose",
            Self::Kinesis => "kinesis",
            Self::Kms => "kms",
            Self::ParameterStore => "ssm",
            Self::SecretsManager => "secretsmanager",
            Self::Sns => "sns",
            Self::StepFunctions => "states",
        }
    }

    /// Its name in the SDKs' user agents.
    pub(crate) fn user_agent(self) -> &'static str {
        match self {
            Self::EventBridge => "eventbridge",
            Self::StepFunctions => "sfn",
            other => other.host(),
        }
    }

    /// What it is spoken to in.
    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::EventBridge => Protocol::json_1_1("AWSEvents"),
            Self::Firehose => Protocol::json_1_1("Firehose_20150804"),
            Self::Kinesis => Protocol::json_1_1("Kinesis_20131202"),
            Self::Kms => Protocol::json_1_1("TrentService"),
            Self::ParameterStore => Protocol::json_1_1("AmazonSSM"),
            Self::SecretsManager => Protocol::json_1_1("secretsmanager"),
            Self::Sns => Protocol::Query {
                version: "2010-03-31",
            },
            Self::StepFunctions => Protocol::json_1_0("AWSStepFunctions"),
        }
    }
}

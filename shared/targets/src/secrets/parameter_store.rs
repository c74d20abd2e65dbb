//! Parameter Store of AWS Systems Manager.

use aws::Client;
use serde::{Deserialize, Serialize};

use super::error::SecretError;
use super::source::Source;
use crate::aws::{AwsFailure, AwsIdentity};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetParameter<'p> {
    name: &'p str,
    with_decryption: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ParameterAnswer {
    parameter: Parameter,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    value: String,
}

/// The value of a parameter, decrypted.
pub(super) async fn read(client: &Client, name: &str, source: &Source) -> Result<String, SecretError> {
    let get = GetParameter {
        name,
        with_decryption: true,
    };
    let read = client.call("GetParameter").json::<ParameterAnswer>(&get).await;
    let read = read.map_err(|error| {
        let failure = AwsFailure::of(error, &AwsIdentity::default());
        SecretError::service(source.to_string(), failure.into())
    })?;
    Ok(read.parameter.value)
}

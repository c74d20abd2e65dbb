//! AWS Step Functions state machines: each event is the input of an execution.

use aws::Service;
use bytes::Bytes;
use domain::resource::StateMachine;
use serde::{Deserialize, Serialize};

use crate::answer::FunctionAnswer;
use crate::aws::sqs::text;
use crate::aws::{AwsFailure, limit, retries};
use crate::call::Call;
use crate::clients::Clients;
use crate::error::InvokeError;

/// Most bytes of an input.
const MOST_BYTES: usize = 256 * 1024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StartExecution<'m> {
    state_machine_arn: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'m str>,
    input: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartExecutionAnswer {
    execution_arn: Option<String>,
}

/// Starts an execution; gives its ARN. The name is the id of the delivery, so that a standard state machine is started
/// once even if the answer to a first attempt was lost.
pub(crate) async fn call(
    with: &Clients,
    machine: &StateMachine,
    call: Call<'_>,
) -> Result<FunctionAnswer, InvokeError> {
    limit::check(&call.payload, MOST_BYTES, "AWS Step Functions")?;
    let identity = with.secrets.aws(&machine.credentials).await?;
    let client = with
        .aws
        .client(Service::StepFunctions, &machine.region, &identity)
        .await;
    let start = StartExecution {
        state_machine_arn: &machine.state_machine_arn,
        name: call.identity.as_ref().map(|identity| identity.delivery.as_ref()),
        input: text(call.payload)?,
    };
    let starting = retries::call(&client, "StartExecution", call.caller.waits());
    match starting.json::<StartExecutionAnswer>(&start).await {
        Ok(started) => {
            let arn = started.execution_arn.unwrap_or_default();
            Ok(FunctionAnswer::of(Bytes::from(arn)))
        }
        Err(error) => match AwsFailure::of(error, &identity) {
            // An earlier attempt has started it.
            AwsFailure::Answer(error) if error.code() == "ExecutionAlreadyExists" => {
                Ok(FunctionAnswer::of(Bytes::new()))
            }
            failure => Err(failure.into()),
        },
    }
}

//! AWS Step Functions state machines: each event is the input of an execution.

use bytes::Bytes;
use domain::resource::StateMachine;

use crate::answer::FunctionAnswer;
use crate::aws::sqs::text;
use crate::aws::{Failure, limit, with_retries};
use crate::call::Call;
use crate::clients::Clients;
use crate::error::InvokeError;

/// Most bytes of an input.
const MOST_BYTES: usize = 256 * 1024;

/// Starts an execution; gives its ARN. The name is the id of the delivery, so that a standard state machine is started
/// once even if the answer to a first attempt was lost.
pub(crate) async fn call(
    with: &Clients,
    machine: &StateMachine,
    call: Call<'_>,
) -> Result<FunctionAnswer, InvokeError> {
    limit::check(&call.payload, MOST_BYTES, "AWS Step Functions")?;
    let identity = with.secrets.aws(&machine.credentials).await?;
    let client = with.aws.step_functions(&machine.region, &identity).await;
    let name = call
        .identity
        .map(|identity| identity.delivery.as_ref().to_owned());
    let start = client
        .start_execution()
        .state_machine_arn(&machine.state_machine_arn)
        .set_name(name)
        .input(text(call.payload)?);
    match with_retries!(start, aws_sdk_sfn, call.caller.waits())
        .send()
        .await
    {
        Ok(started) => Ok(FunctionAnswer::of(Bytes::from(started.execution_arn))),
        Err(error) => match Failure::of(error, &identity) {
            // An earlier attempt has started it.
            Failure::Answer(error) if error.code() == "ExecutionAlreadyExists" => {
                Ok(FunctionAnswer::of(Bytes::new()))
            }
            failure => Err(failure.into()),
        },
    }
}

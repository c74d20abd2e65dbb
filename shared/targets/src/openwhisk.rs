//! OpenWhisk actions: each event is the parameters of an activation.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::backoff::{Backoff, Spread};
use domain::resource::OpenWhiskAction;
use http::StatusCode;

use self::activation::Activation;
use self::api::Api;
use crate::answer::FunctionAnswer;
use crate::call::Call;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::http::{HttpResponse, carrying_and_keeping, keeping};
use crate::in_flight::Held;
use domain::retry::FailureClass;

mod activation;
mod api;
mod ibm_iam;

pub(crate) use self::ibm_iam::token as ibm_token;

/// Pauses before an activation is asked for again: they begin with its call, and are in step with nobody's.
const POLLING: Backoff = Backoff {
    first: Duration::from_millis(100),
    most: Duration::from_secs(2),
    spread: Spread::Fixed,
};

/// Sends the event.
pub(crate) async fn call(
    with: &Arc<Clients>,
    action: &OpenWhiskAction,
    call: Call<'_>,
    deadline: Deadline,
) -> Result<FunctionAnswer, InvokeError> {
    // The answer of the action stands in a record, which is read whole.
    let (hops, keeping) = (call.hops, keeping().to_read());
    carrying_and_keeping(hops, keeping, activate(with, action, call, deadline)).await
}

async fn activate(
    with: &Arc<Clients>,
    action: &OpenWhiskAction,
    call: Call<'_>,
    deadline: Deadline,
) -> Result<FunctionAnswer, InvokeError> {
    let key = deadline.bound(with.secrets.text(&action.auth_key)).await?;
    let api = Api::new(with, action, &key, deadline)?;
    let is_blocking = action.blocking || call.caller.waits();
    let response = api.invoke(call.payload, is_blocking).await?;
    if !is_blocking {
        // It is taken, whatever comes of it.
        return response.into_taken();
    }
    match response.status {
        // The action runs for longer than OpenWhisk keeps its caller waiting.
        StatusCode::ACCEPTED => wait_for(&api, &activation_id(&response.body)?, deadline).await,
        StatusCode::BAD_GATEWAY => failed(response),
        _ => result(response.into_taken()?),
    }
}

/// A failed action is answered with 502, and so are calls that a proxy could not pass on.
fn failed(response: HttpResponse) -> Result<FunctionAnswer, InvokeError> {
    match Activation::parse(&response.shown()) {
        Ok(activation) if !activation.is_success() => activation.into_result(),
        _ => response.into_taken(),
    }
}

/// What the record of an activation says of it.
fn result(record: FunctionAnswer) -> Result<FunctionAnswer, InvokeError> {
    let FunctionAnswer { body, held, .. } = record;
    let activation = Activation::parse(&body)?;
    drop(body);
    Ok(activation.into_result()?.in_room_of(held))
}

/// Asks for an activation until it is over. What goes wrong meanwhile does not change what comes of it.
async fn wait_for(api: &Api<'_>, id: &str, deadline: Deadline) -> Result<FunctionAnswer, InvokeError> {
    let mut looks = 0_u32;
    loop {
        looks = looks.saturating_add(1);
        let pause = POLLING.pause(looks, 1.0);
        deadline
            .bound(async {
                tokio::time::sleep(pause).await;
                Ok(())
            })
            .await?;
        let looked = match api.activation(id).await {
            Ok(response) => look(response),
            Err(error) => Err(error),
        };
        match looked {
            Ok(Some((activation, held))) => return Ok(activation.into_result()?.in_room_of(held)),
            Ok(None) => {}
            Err(error) if is_passing(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

/// The record of the activation, if it is over: there is none of one that runs.
fn look(response: HttpResponse) -> Result<Option<(Activation, Option<Held>)>, InvokeError> {
    if response.status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    let record = response.into_taken()?;
    Activation::parse(&record.body).map(|activation| Some((activation, record.held)))
}

fn is_passing(error: &InvokeError) -> bool {
    matches!(error.class(), FailureClass::Transient | FailureClass::Throttled)
}

/// The id of an activation that is under way.
fn activation_id(body: &Bytes) -> Result<String, InvokeError> {
    activation::id(body).ok_or_else(|| InvokeError::unavailable("OpenWhisk named no activation"))
}

//! A sync event from its arrival to its answer.

use anyhow::{Result, bail};
use bytes::Bytes;
use domain::configuration::Configured;
use domain::resource::{EventType, Function, Subscription};
use gateway::{Answer, Client};

use crate::events::structured;
use crate::function::FunctionProcess;
use crate::local_gateway::LocalGateway;
use crate::measured::measured_section;

/// Events before the count begins: connections are opened by then, and what is made once is there.
const WARM_UP: u32 = 20;

/// Takes an event in whose function is called over HTTP and answers.
pub(crate) fn receive(iterations: u32) -> Result<()> {
    let function = FunctionProcess::start()?;
    let local = LocalGateway::open()?;
    let provider = format!(
        r#"{{"functionId":"f","type":"http","provider":{{"url":"{}"}}}}"#,
        function.url
    );
    create::<EventType>(&local, r#"{"name":"order.created"}"#)?;
    create::<Function>(&local, &provider)?;
    create::<Subscription>(
        &local,
        r#"{"type":"sync","eventType":"order.created","functionId":"f","path":"/orders"}"#,
    )?;
    let (parts, body) = structured()?;
    let body = Bytes::from(body);
    let mut receive = || {
        let client = Client::default();
        let received = local.gateway.receive(&parts, Ok(body.clone()), &client);
        match local.runtime.block_on(received).outcome? {
            Answer::Object(_) => Ok(()),
            other => bail!("the function did not answer: {other:?}"),
        }
    };
    for _ in 0..WARM_UP {
        receive()?;
    }
    measured_section(iterations, &mut receive)
}

fn create<R: Configured>(local: &LocalGateway, body: &str) -> Result<()> {
    let resource = R::decode(&"default".into(), None, body.as_bytes())?;
    local.runtime.block_on(local.gateway.store().create(resource))?;
    Ok(())
}

//! Amazon EventBridge event buses: each event is an entry, and its detail.

use aws::Service;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use domain::resource::EventBus;

use crate::answer::FunctionAnswer;
use crate::aws::batch::Destination;
use crate::aws::event_bus::{Bus, Entry};
use crate::aws::limit;
use crate::aws::sqs::text;
use crate::call::Call;
use crate::clients::Clients;
use crate::error::InvokeError;

/// Most bytes of an entry.
const MOST_BYTES: usize = 1_000_000;
/// What an entry has in place of attributes that are not known.
const UNKNOWN: &str = "event-gateway";

/// Puts the event on the bus; gives the id that it has there.
pub(crate) async fn call(
    with: &Clients,
    bus: &EventBus,
    call: Call<'_>,
) -> Result<FunctionAnswer, InvokeError> {
    limit::check(&call.payload, MOST_BYTES, "Amazon EventBridge")?;
    let identity = with.secrets.aws(&bus.credentials).await?;
    let client = with
        .aws
        .client(Service::EventBridge, &bus.region, &identity)
        .await;
    let destination = Destination::new(&bus.region, &identity, &bus.event_bus_name);
    let entry = entry_of(bus, &call)?;
    let bus = Bus {
        client,
        name: bus.event_bus_name.clone(),
        identity,
    };
    let sent = with
        .aws
        .batches
        .eventbridge
        .send(destination, bus, entry, call.caller);
    Ok(FunctionAnswer::of(sent.await?))
}

fn entry_of(bus: &EventBus, call: &Call<'_>) -> Result<Entry, InvokeError> {
    let attribute = |path| call.event.and_then(|event| event.text_at(path));
    let given = |setting: &Option<String>, path| {
        let value = setting.clone().or_else(|| attribute(path));
        value.unwrap_or_else(|| UNKNOWN.to_owned())
    };
    Ok(Entry {
        source: given(&bus.source, "source"),
        detail_type: given(&bus.detail_type, "type"),
        detail: text(call.payload.clone())?,
        // Leap seconds, for one, are fine in an event but not there. The bus knows when it got the entry.
        time: attribute("time")
            .and_then(|time: String| DateTime::from_str(&time, Format::DateTimeWithOffset).ok()),
    })
}

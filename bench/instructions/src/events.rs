//! Reading a CloudEvent from a request, and writing its JSON.

use std::hint::black_box;

use anyhow::{Result, bail};
use domain::event::{CLOUDEVENTS_JSON, Event, EventLimits, EventStamp, Incoming, decode};
use http::Request;
use http::request::Parts;

use crate::measured::measured_section;

/// The limits of the default settings.
const LIMITS: EventLimits = EventLimits {
    max_attributes: 256,
    max_batch_events: 1000,
};

/// The data of all events here.
const DATA: &str = r#"{"order":"2f9b7c1e","customer":{"id":81734,"name":"Zoë Müller","tags":["new","eu"]},"items":[{"sku":"A-1","count":2,"price":19.9},{"sku":"B-7","count":1,"price":249.0}],"paid":true,"note":null}"#;

/// A request that carries [`DATA`] in binary mode.
fn binary() -> Result<(Parts, String)> {
    let request = Request::post("/orders")
        .header("host", "events.example.com")
        .header("content-type", "application/json")
        .header("ce-specversion", "1.0")
        .header("ce-id", "c3a1b6f0-58a4-4c3e-9a0b-6a2f3f1d9b11")
        .header("ce-source", "/shops/17")
        .header("ce-type", "order.created")
        .header("ce-time", "2026-01-01T00:00:00Z")
        .header("ce-subject", "2f9b7c1e")
        .header("ce-partition", "17");
    Ok((request.body(())?.into_parts().0, DATA.to_owned()))
}

/// A request that carries the same event in structured mode.
pub(crate) fn structured() -> Result<(Parts, String)> {
    let body = format!(
        r#"{{"specversion":"1.0","id":"c3a1b6f0-58a4-4c3e-9a0b-6a2f3f1d9b11","source":"/shops/17","type":"order.created","time":"2026-01-01T00:00:00Z","subject":"2f9b7c1e","partition":"17","datacontenttype":"application/json","data":{DATA}}}"#
    );
    structured_request(body)
}

fn structured_request(body: String) -> Result<(Parts, String)> {
    let request = Request::post("/orders")
        .header("host", "events.example.com")
        .header("content-type", CLOUDEVENTS_JSON);
    Ok((request.body(())?.into_parts().0, body))
}

/// The event of a request in structured mode with this body.
pub(crate) fn structured_event(body: String) -> Result<Event> {
    event(&structured_request(body)?)
}

/// The event of a request.
pub(crate) fn event((parts, body): &(Parts, String)) -> Result<Event> {
    // Asked for events that the gateway makes only.
    let stamp = || EventStamp {
        id: String::new(),
        time: String::new(),
    };
    match decode(parts, body.as_bytes(), LIMITS, stamp)? {
        Incoming::Event(event) => Ok(event),
        Incoming::Batch(_) | Incoming::Request(_) => bail!("the request carries no event"),
    }
}

fn count_decoding(request: &(Parts, String), iterations: u32) -> Result<()> {
    measured_section(iterations, &mut || {
        black_box(event(black_box(request))?);
        Ok(())
    })
}

/// Reads an event in binary mode.
pub(crate) fn decode_binary(iterations: u32) -> Result<()> {
    count_decoding(&binary()?, iterations)
}

/// Reads an event in structured mode.
pub(crate) fn decode_structured(iterations: u32) -> Result<()> {
    count_decoding(&structured()?, iterations)
}

/// Writes the JSON of an event.
pub(crate) fn encode(iterations: u32) -> Result<()> {
    let event = event(&structured()?)?;
    measured_section(iterations, &mut || {
        black_box(black_box(&event).to_json());
        Ok(())
    })
}

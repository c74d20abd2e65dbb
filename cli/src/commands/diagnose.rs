//! `eg diagnose`: what the process that answers has in hand at this moment.

use clap::Args;
use serde_json::Value;

use crate::failure::Failure;
use crate::kind::text_of;
use crate::output::{Format, write_value};
use crate::session::Session;
use crate::table::Table;

const PATH: &str = "/v1/diagnosis";

/// Show what the gateway has in hand: its queue, circuits, calls and connections
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  eg diagnose\n  eg diagnose -o json > diagnosis.json")]
pub(crate) struct Arguments {}

/// Lists of the answer: where they are, and the columns that are made of them.
const LISTS: [(&str, &[(&str, &str)]); 6] = [
    (
        "/queue/spaces/largest",
        &[
            ("/space", "SPACE"),
            ("/waiting/deliveries", "WAITING"),
            ("/waiting/bytes", "BYTES"),
            ("/inFlight/deliveries", "IN FLIGHT"),
            ("/oldestSeconds", "OLDEST S"),
        ],
    ),
    (
        "/queue/lanes/busiest",
        &[
            ("/space", "SPACE"),
            ("/subscriptionId", "SUBSCRIPTION"),
            ("/functionId", "FUNCTION"),
            ("/state", "STATE"),
            ("/inMemory", "NEXT"),
            ("/hasMore", "MORE"),
            ("/inFlight", "IN FLIGHT"),
            ("/oldestSeconds", "OLDEST S"),
        ],
    ),
    (
        "/circuits/worst",
        &[
            ("/space", "SPACE"),
            ("/functionId", "FUNCTION"),
            ("/state", "CIRCUIT"),
            ("/failures", "FAILURES"),
            ("/openings", "OPENINGS"),
            ("/waitSeconds", "WAIT S"),
        ],
    ),
    (
        "/calls/functions",
        &[
            ("/space", "SPACE"),
            ("/functionId", "FUNCTION"),
            ("/inFlight", "CALLS"),
        ],
    ),
    (
        "/targets/busiest",
        &[("/host", "HOST"), ("/idle", "IDLE"), ("/waiting", "WAITING")],
    ),
    (
        "/routes/latest",
        &[
            ("/space", "SPACE"),
            ("/version", "VERSION"),
            ("/ageSeconds", "AGE S"),
            ("/sealedFunctions", "SEALED"),
        ],
    ),
];

/// Single values of the answer, and what they are called.
const VALUES: [(&str, &str); 14] = [
    ("/scope", "about"),
    ("/process/version", "version"),
    ("/process/uptimeSeconds", "up for seconds"),
    ("/process/memoryBytes", "bytes of memory"),
    ("/queue/kind", "queue"),
    ("/queue/total/waiting/deliveries", "waiting deliveries"),
    ("/queue/total/waiting/bytes", "waiting bytes"),
    ("/queue/total/inFlight/deliveries", "deliveries in flight"),
    ("/queue/isDiskFull", "disk is full"),
    ("/circuits/count", "circuits in trouble"),
    ("/calls/inFlight", "calls in flight"),
    ("/connections/events/open", "connections to the Events API"),
    ("/connections/config/open", "connections to the Configuration API"),
    ("/routes/ageSeconds", "age of the routes in seconds"),
];

pub(crate) fn run(session: &mut Session<'_>) -> Result<(), Failure> {
    let text = session.get(PATH)?;
    if session.format != Format::Table {
        return write_value(session.console, session.format, &text);
    }
    let diagnosis: Value = session.read(PATH, &text)?;
    let mut values = Table::new(&["WHAT", "VALUE"]);
    for (place, name) in VALUES {
        if let Some(value) = diagnosis.pointer(place) {
            values.row([name.to_owned(), text_of(value)]);
        }
    }
    session.console.line(values)?;
    for (place, columns) in LISTS {
        let items = diagnosis.pointer(place).and_then(Value::as_array);
        let Some(items) = items.filter(|items| !items.is_empty()) else {
            continue;
        };
        let headings: Vec<_> = columns.iter().map(|(_, heading)| *heading).collect();
        let mut table = Table::new(&headings);
        for item in items {
            let cell = |(place, _): &(&str, &str)| item.pointer(place).map(text_of).unwrap_or_default();
            table.row(columns.iter().map(cell));
        }
        session.console.line(format_args!("\n{table}"))?;
    }
    Ok(())
}

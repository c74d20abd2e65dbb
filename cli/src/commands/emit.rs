//! `eg emit`: sends events to the Events API.

use std::path::PathBuf;

use clap::Args;
use http::Method;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::api::OutgoingEvent;
use crate::commands::labels::pair;
use crate::console::visible;
use crate::documents::{self, to_json};
use crate::failure::Failure;
use crate::json_text::seen;
use crate::output::{Format, write_value};
use crate::session::Session;

/// Send events: one from flags, those of a file, or one for each line of standard input
///
/// Events are CloudEvents 1.0. What a file or a line leaves out is filled in: `specversion`, an `id`, and `--source` and `--type`
/// where they are given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  eg emit --type user.created --data '{\"name\": \"Ada\"}'
  eg emit --type order.paid --source /shop --subject 42 --ext region=eu --data @order.json
  eg emit -f events.json
  cat events.jsonl | eg emit --source /import")]
pub(crate) struct Arguments {
    /// Type of the event.
    #[arg(long = "type", short = 't', value_name = "NAME")]
    event_type: Option<String>,
    /// Its source [default: eg].
    #[arg(long)]
    source: Option<String>,
    /// Its id [default: a random one].
    #[arg(long)]
    id: Option<String>,
    /// What it is about.
    #[arg(long)]
    subject: Option<String>,
    /// Its data: JSON, or else a text; `@FILE` is what a file holds.
    #[arg(long, short, value_name = "DATA")]
    data: Option<String>,
    /// An extension; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    ext: Vec<(String, String)>,
    /// File with events in JSON or YAML, or `-` for standard input.
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Path that they are sent to.
    #[arg(long, default_value = "/")]
    path: String,
    /// Method that they are sent with.
    #[arg(long, default_value = "POST")]
    method: Method,
}

pub(crate) fn run(arguments: &Arguments, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut sent = Sent::default();
    if let Some(file) = &arguments.file {
        for document in documents::read(file, session.console)? {
            let events = match document {
                serde_yaml_ng::Value::Sequence(events) => events,
                one => vec![one],
            };
            for event in events {
                let event = parsed(&to_json(&event)?)?;
                sent.add(send(arguments, event, session)?);
            }
        }
    } else if arguments.event_type.is_some() {
        // Standard input is left alone: it may be another program's, and never end.
        sent.add(send(arguments, Map::new(), session)?);
    } else if session.console.is_interactive() {
        return Err(Failure::Usage(
            "give an event: --type, a file with -f, or lines on standard input".to_owned(),
        ));
    } else {
        let mut line = String::new();
        while session
            .console
            .input()
            .read_line(&mut line)
            .map_err(Failure::Input)?
            > 0
        {
            if !line.trim().is_empty() {
                sent.add(send(arguments, parsed(&line)?, session)?);
                // Who follows a long input sees each as it is sent.
                session.console.flush()?;
            }
            line.clear();
        }
    }
    sent.result()
}

/// How many events were sent, and how many of them were not taken.
#[derive(Debug, Default)]
struct Sent {
    all: usize,
    refused: usize,
    last_refusal: Option<Failure>,
}

impl Sent {
    fn add(&mut self, outcome: Result<(), Failure>) {
        self.all += 1;
        if let Err(refusal) = outcome {
            self.refused += 1;
            self.last_refusal = Some(refusal);
        }
    }

    fn result(self) -> Result<(), Failure> {
        match (self.last_refusal, self.all) {
            (None, 0) => Err(Failure::Malformed("there was no event".to_owned())),
            (None, _) => Ok(()),
            (Some(refusal), 1) => Err(refusal),
            (Some(_), all) => Err(Failure::Partly(format!(
                "{} of {all} events were not taken",
                self.refused
            ))),
        }
    }
}

impl Arguments {
    /// The event with what it lacks.
    fn complete(&self, mut event: Map<String, Value>) -> Result<Map<String, Value>, Failure> {
        if event.contains_key("cloudEventsVersion") {
            return Ok(event);
        }
        let mut fill = |name: &str, value: Option<Value>| {
            if let (Some(value), false) = (value, event.contains_key(name)) {
                event.insert(name.to_owned(), value);
            }
        };
        fill("specversion", Some(json!("1.0")));
        fill("type", self.event_type.as_ref().map(|name| json!(name)));
        fill("source", Some(json!(self.source.as_deref().unwrap_or("eg"))));
        fill(
            "id",
            Some(json!(
                self.id
                    .clone()
                    .unwrap_or_else(|| uuid::Uuid::new_v4().to_string())
            )),
        );
        fill("subject", self.subject.as_ref().map(|subject| json!(subject)));
        for (name, value) in &self.ext {
            fill(name, Some(json!(value)));
        }
        if let Some(data) = &self.data {
            let data = match data.strip_prefix('@') {
                Some(path) => std::fs::read_to_string(path).map_err(|err| Failure::file(path, err))?,
                None => data.clone(),
            };
            fill(
                "data",
                Some(serde_json::from_str(&data).unwrap_or(Value::String(data))),
            );
        }
        if event.contains_key("type") {
            Ok(event)
        } else {
            Err(Failure::Malformed(
                "an event has no \"type\", and there is no --type".to_owned(),
            ))
        }
    }
}

fn parsed(json: &str) -> Result<Map<String, Value>, Failure> {
    serde_json::from_str(json).map_err(|err| Failure::Malformed(format!("no event: {err}")))
}

/// Sends an event. The inner result is what the gateway said of it.
fn send(
    arguments: &Arguments,
    event: Map<String, Value>,
    session: &mut Session<'_>,
) -> Result<Result<(), Failure>, Failure> {
    let event = arguments.complete(event)?;
    let text = |names: [&str; 2]| {
        names
            .iter()
            .find_map(|name| event.get(*name)?.as_str())
            .unwrap_or_default()
            .to_owned()
    };
    let (id, event_type) = (text(["id", "eventID"]), text(["type", "eventType"]));
    let slash = if arguments.path.starts_with('/') { "" } else { "/" };
    let request = OutgoingEvent {
        method: arguments.method.clone(),
        path: format!("{slash}{}", arguments.path),
        content_type: "application/cloudevents+json",
        body: Value::Object(event).to_string().into(),
    };
    let answer = session.api.event(&request)?;
    show(&answer, &id, &event_type, session)?;
    if answer
        .headers
        .get("x-event-gateway-matched")
        .is_some_and(|matched| matched == "0")
    {
        session.console.note(format_args!(
            "note: nobody subscribes to it: `eg explain --type {}` says what came nearest",
            visible(&event_type)
        ));
    }
    Ok(answer.success().map(|_| ()))
}

fn show(answer: &Answer, id: &str, event_type: &str, session: &mut Session<'_>) -> Result<(), Failure> {
    let headers = answer.notable_headers();
    if session.format != Format::Table {
        let headers: Map<String, Value> = headers
            .into_iter()
            .map(|(name, value)| (name, Value::String(value)))
            .collect();
        let body = answer.text();
        let shown = json!({
            "id": id, "type": event_type, "status": answer.status.as_u16(), "headers": headers, "body": body,
        });
        return match session.format {
            // One line an event, as they came.
            Format::Json => session.console.line(seen(&shown.to_string())),
            format => write_value(session.console, format, &json!([shown]).to_string()),
        };
    }
    session.console.line(format_args!(
        "{} {} {}",
        answer.status,
        visible(event_type),
        visible(id)
    ))?;
    for (name, value) in headers {
        session
            .console
            .line(format_args!("  {name}: {}", visible(&value)))?;
    }
    // Of a refusal the text is told as an error.
    if answer.status.is_success() && !answer.body.is_empty() {
        session.console.write_foreign(&answer.body)?;
        if !answer.body.ends_with(b"\n") {
            session.console.write("\n")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! `eg explain`: why an event reaches a subscription or not.

use std::path::PathBuf;

use clap::Args;
use http::Method;
use serde_json::{Map, Value, json};

use crate::documents::{self, to_json};
use crate::failure::Failure;
use crate::kind::text_of;
use crate::output::{Format, write_value};
use crate::session::Session;
use crate::table::Table;

/// Say which subscriptions of the space an event reaches, and why not the others; nothing is sent
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  eg explain --type user.created
  eg explain --path /hello/Ada --method GET
  eg explain -f event.json --path /signup
  eg explain -f event.json --ask authorizers -H 'Authorization: Bearer …'")]
pub(crate) struct Arguments {
    /// Type of the event [default: http.request].
    #[arg(long = "type", short = 't', value_name = "NAME", conflicts_with = "file")]
    event_type: Option<String>,
    /// File with the event in JSON or YAML, with which filters are tried.
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Path of the request that it comes in with.
    #[arg(long)]
    path: Option<String>,
    /// Method of that request.
    #[arg(long)]
    method: Option<String>,
    /// Have those asked who would be asked about the event.
    #[arg(long, value_name = "WHOM", value_parser = ["authorizers"])]
    ask: Option<String>,
    /// Header of that request, for authorizers.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE", requires = "ask")]
    headers: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut asked = Map::new();
    let texts = [
        ("eventType", &arguments.event_type),
        ("path", &arguments.path),
        ("method", &arguments.method),
        ("ask", &arguments.ask),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            asked.insert(name.to_owned(), json!(text));
        }
    }
    if arguments.ask.is_some() {
        asked.insert("headers".to_owned(), Value::Object(headers(&arguments.headers)?));
    }
    if let Some(file) = &arguments.file {
        let event = to_json(&documents::read_one(file, session.console)?)?;
        asked.insert(
            "event".to_owned(),
            serde_json::from_str(&event).unwrap_or_default(),
        );
    }
    let path = session.api.in_space("explain");
    let body = Value::Object(asked).to_string();
    let text = session.ask(Method::POST, &path, Some(body))?.text();
    if session.format != Format::Table {
        return write_value(session.console, session.format, &text);
    }
    let answer: Value = session.read(&path, &text)?;
    let asked = ["eventType", "method", "path"].map(|name| text_of(&answer[name]));
    let subscriptions = answer["subscriptions"].as_array().map_or(&[][..], Vec::as_slice);
    let reached = subscriptions.iter().filter(|one| one["matches"] == true).count();
    session.console.line(format_args!(
        "{}: {reached} of {} subscriptions are reached",
        asked.join(" "),
        subscriptions.len()
    ))?;
    if subscriptions.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&["REACHED", "TYPE", "FUNCTION", "WHY", "SUBSCRIPTION"]);
    for one in subscriptions {
        let reached = if one["matches"] == true { "yes" } else { "no" };
        let cells = ["type", "functionId"].map(|name| text_of(&one[name]));
        let [mode, function] = cells;
        table.row([
            reached.to_owned(),
            mode,
            function,
            reasons(one),
            text_of(&one["subscriptionId"]),
        ]);
    }
    session.console.line(table)
}

/// Headers from `Name: value`, by name.
fn headers(given: &[String]) -> Result<Map<String, Value>, Failure> {
    // What is given is not shown: it may be a secret.
    let split = |header: &String| {
        let parts = header.split_once(':');
        parts
            .ok_or_else(|| Failure::Usage("a header has the form 'Name: value'".to_owned()))
            .map(|(name, value)| (name.trim().to_owned(), json!(value.trim())))
    };
    given.iter().map(split).collect()
}

/// The reasons of one subscription, each with what is said besides.
fn reasons(subscription: &Value) -> String {
    let reasons = subscription["reasons"].as_array().into_iter().flatten();
    let mut said: Vec<_> = reasons.map(reason).collect();
    for condition in subscription["filters"].as_array().into_iter().flatten() {
        if condition["passes"] == false {
            let (pointer, reason) = (text_of(&condition["pointer"]), text_of(&condition["reason"]));
            said.push(format!("filter {pointer}: {reason}"));
        }
    }
    if let Some(authorizer) = subscription["authorizer"].as_str() {
        let said_of = &subscription["authorization"];
        let besides = ["outcome", "status", "error"].map(|name| text_of(&said_of[name]));
        let besides: Vec<_> = besides.into_iter().filter(|text| !text.is_empty()).collect();
        said.push(
            format!("asks {authorizer} {}", besides.join(" "))
                .trim_end()
                .to_owned(),
        );
    }
    said.join("; ")
}

fn reason(reason: &Value) -> String {
    let name = text_of(&reason["reason"]);
    let besides = reason
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(member, _)| *member != "reason");
    let besides: Vec<_> = besides
        .map(|(member, value)| format!("{member} {}", text_of(value)))
        .collect();
    if besides.is_empty() {
        name
    } else {
        format!("{name} ({})", besides.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_one_line() {
        let subscription = json!({
            "reasons": [{"reason": "path", "wanted": "/"}, {"reason": "filters"}],
            "filters": [{"pointer": "/0/exact", "passes": false, "reason": "region is us"}, {"pointer": "/1", "passes": true}],
            "authorizer": "check",
        });
        let mut answered = subscription.clone();
        answered["authorization"] = json!({"outcome": "denied", "status": 401, "error": "no token"});
        assert!(
            reasons(&answered).ends_with("; asks check denied 401 no token"),
            "{}",
            reasons(&answered)
        );
        assert_eq!(
            reasons(&subscription),
            "path (wanted /); filters; filter /0/exact: region is us; asks check"
        );
        assert_eq!(reasons(&json!({})), "");
    }
}

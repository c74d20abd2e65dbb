//! `eg keys`: keys of a space, whose secrets are shown once (docs/keys.md).

use clap::{Args, Subcommand};
use http::{Method, header};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::api::{query, segment};
use crate::commands::key_flags::{Listing, New, Revocation, Roll};
use crate::failure::Failure;
use crate::kind::text_of;
use crate::output::{Format, write_list, write_value};
use crate::session::Session;
use crate::table::Table;

/// Show, make, roll and revoke the keys of a space, or of a tenant
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The keys of this tenant, in the place of those of the space.
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) tenant: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What is done to keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the keys of the space, without their secrets
    #[command(after_help = "Examples:\n  eg keys list\n  eg keys list --label team=shop -o json")]
    List(Listing),
    /// Show one key, without its secrets
    #[command(after_help = "Examples:\n  eg keys show 3Fq0ZkT9aB")]
    Show {
        /// Id of the key.
        key_id: String,
    },
    /// Make a key and write its secret on standard output: it is not shown again
    #[command(after_help = "Examples:
  eg keys create 'web shop' --role emitter --event-type 'order.*' --path /orders
  eg keys create ci --scope config:read --scope config:write --expires-in-days 90 > ci.key
  eg keys create 'first key' --role owner --tenant acme")]
    Create(New),
    /// Give a key another secret: once for a second one that is taken too, and with --finish to end the first
    #[command(after_help = "Examples:
  eg keys roll 3Fq0ZkT9aB > new.key
  eg keys roll 3Fq0ZkT9aB --finish --overlap 3600")]
    Roll(Roll),
    /// Revoke keys: whoever holds them is refused
    #[command(after_help = "Examples:\n  eg keys revoke 3Fq0ZkT9aB\n  eg keys revoke 3Fq0ZkT9aB --yes")]
    Revoke(Revocation),
}

pub(crate) fn run(command: &Command, session: &mut Session<'_>) -> Result<(), Failure> {
    match command {
        Command::List(listing) => list(listing, session),
        Command::Show { key_id } => {
            let json = session.get(&path_of(key_id, session))?;
            write_value(session.console, session.format, &json)
        }
        Command::Create(new) => create(new, session),
        Command::Roll(roll) if roll.finish => finish_roll(roll, session),
        Command::Roll(roll) => begin_roll(&roll.key_id, session),
        Command::Revoke(revocation) => revoke(revocation, session),
    }
}

fn list(listing: &Listing, session: &mut Session<'_>) -> Result<(), Failure> {
    let labels = listing.label.iter();
    let labels: Vec<_> = labels
        .map(|(name, value)| (format!("metadata.{}", segment(name)), value))
        .collect();
    let parameters: Vec<_> = labels
        .iter()
        .map(|(name, value)| (name.as_str(), Some(value.as_str())))
        .collect();
    let path = session.api.in_space(&format!("keys{}", query(&parameters)));
    let items = session.list(&path, "keys", usize::MAX)?;
    if session.format != Format::Table {
        return write_list(session.console, session.format, &items);
    }
    if items.is_empty() {
        session.console.note("there is no key");
        return Ok(());
    }
    let mut table = Table::new(&HEADINGS);
    for item in &items {
        table.row(row(&session.read(&path, item.get())?));
    }
    session.console.line(table)
}

const HEADINGS: [&str; 7] = ["KEY", "NAME", "ALLOWS", "EVENT TYPES", "PATHS", "ENDS", "SECRETS"];

/// A key as cells.
fn row(key: &Value) -> [String; 7] {
    let text = |name: &str| text_of(&key[name]);
    let joined = |name: &str| {
        let items = key[name].as_array().into_iter().flatten();
        items.map(text_of).collect::<Vec<_>>().join(",")
    };
    let allows = if key["role"].is_null() {
        joined("scopes")
    } else {
        text("role")
    };
    let states = key["secrets"].as_array().into_iter().flatten();
    let states: Vec<_> = states.map(|secret| text_of(&secret["state"])).collect();
    [
        text("keyId"),
        text("name"),
        allows,
        joined("eventTypes"),
        joined("paths"),
        text("expiresAt"),
        states.join(","),
    ]
}

fn create(new: &New, session: &mut Session<'_>) -> Result<(), Failure> {
    let path = session.api.in_space("keys");
    let answer = session.ask(Method::POST, &path, Some(new.body()?.to_string()))?;
    hand_over(&answer, &path, "created", session)
}

/// The first step, only if it is the first: whoever repeats it by mistake does not end a secret that is used.
fn begin_roll(id: &str, session: &mut Session<'_>) -> Result<(), Failure> {
    let (key, version) = current(id, session)?;
    if has_next(&key) {
        let message = format!(
            "key {id} has a second secret already: have everybody use it, and end the first with --finish"
        );
        return Err(Failure::Usage(message));
    }
    let path = format!("{}/roll", path_of(id, session));
    let answer = session
        .api
        .configuration_if(Method::POST, &path, version.as_deref(), None)?;
    hand_over(&answer, &path, "has a second secret, and takes both", session)
}

fn finish_roll(roll: &Roll, session: &mut Session<'_>) -> Result<(), Failure> {
    let id = &roll.key_id;
    let (key, version) = current(id, session)?;
    if !has_next(&key) {
        let message = format!("key {id} has no second secret: `eg keys roll {id}` makes one");
        return Err(Failure::Usage(message));
    }
    let body = roll.overlap.map(|seconds| json!({"overlapSeconds": seconds}));
    let path = format!("{}/roll", path_of(id, session));
    let body = body.map(|body| body.to_string());
    let answer = session
        .api
        .configuration_if(Method::POST, &path, version.as_deref(), body)?;
    let text = answer.text();
    let rolled: Value = session.read(&path, &text)?;
    let secrets = rolled["secrets"].as_array().into_iter().flatten();
    let ends: Vec<_> = secrets.filter_map(|secret| secret["endsAt"].as_str()).collect();
    let sentence = match ends.last() {
        Some(end) => format!("key {id}: the second secret is the active one, the first is taken until {end}"),
        None => format!("key {id}: the second secret is the active one"),
    };
    session.done(&sentence, &text)
}

fn revoke(revocation: &Revocation, session: &mut Session<'_>) -> Result<(), Failure> {
    for id in &revocation.key_id {
        let path = path_of(id, session);
        if !revocation.yes {
            let text = session.get(&path)?;
            let key: Value = session.read(&path, &text)?;
            let name = crate::console::visible(&text_of(&key["name"]));
            if !session.console.is_interactive() {
                let message = format!("key {id} (\"{name}\") would be revoked for good: say so with --yes");
                return Err(Failure::Usage(message));
            }
            let question = format!("Revoke key {id} (\"{name}\") for good?");
            if !session.console.confirms(&question)? {
                return Err(Failure::Usage(format!("key {id} was not revoked")));
            }
        }
        session.ask(Method::DELETE, &path, None)?;
        let answer = json!({"keyId": id, "revoked": true});
        session.done(&format!("key {id} revoked"), &answer.to_string())?;
    }
    Ok(())
}

/// Writes a secret alone on standard output, so that it can go into a file or to another program, and says on standard error whose
/// it is.
fn hand_over(answer: &Answer, path: &str, what: &str, session: &mut Session<'_>) -> Result<(), Failure> {
    let text = answer.text();
    if session.format != Format::Table {
        return write_value(session.console, session.format, &text);
    }
    let issued: Value = session.read(path, &text)?;
    let (id, name) = (text_of(&issued["keyId"]), text_of(&issued["name"]));
    let secret = session.needed(path, &issued, "key")?;
    session.console.line(secret)?;
    session.console.note(format_args!(
        "key {} (\"{}\") {what}; its secret is shown only now",
        crate::console::visible(&id),
        crate::console::visible(&name)
    ));
    Ok(())
}

/// A key and the version that it has.
fn current(id: &str, session: &mut Session<'_>) -> Result<(Value, Option<String>), Failure> {
    let path = path_of(id, session);
    let answer = session.ask(Method::GET, &path, None)?;
    let tag = answer.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let version = tag.map(|tag| tag.trim_matches('"').to_owned());
    Ok((session.read(&path, &answer.text())?, version))
}

fn has_next(key: &Value) -> bool {
    let secrets = key["secrets"].as_array().into_iter().flatten();
    secrets.into_iter().any(|secret| secret["state"] == "next")
}

fn path_of(id: &str, session: &Session<'_>) -> String {
    session.api.in_space(&format!("keys/{}", segment(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_a_key_allows() {
        let key = json!({
            "keyId": "a", "name": "n", "scopes": ["events:emit", "config:read"], "eventTypes": ["a.*", "b"],
            "secrets": [{"state": "active"}, {"state": "next"}]
        });
        assert_eq!(
            row(&key),
            [
                "a",
                "n",
                "events:emit,config:read",
                "a.*,b",
                "",
                "",
                "active,next"
            ]
        );
        assert_eq!(row(&json!({"role": "emitter"}))[2], "emitter");
        assert!(has_next(&key) && !has_next(&json!({"secrets": [{"state": "active"}]})));
    }
}

//! Keys as flags: what `eg keys` takes, and the body that comes of it.

use clap::{ArgGroup, Args, ValueEnum};
use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::commands::labels::pair;
use crate::failure::Failure;

/// Which keys are shown.
#[derive(Debug, Args)]
pub(crate) struct Listing {
    /// Only those with this label; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) label: Vec<(String, String)>,
}

/// A new key.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("allows").required(true))]
pub(crate) struct New {
    /// Whose it is or what it is for.
    name: String,
    /// What its holder may do, as a name for several scopes.
    #[arg(long, value_enum, group = "allows")]
    role: Option<Role>,
    /// One thing that its holder may do; may be repeated.
    #[arg(long, value_enum, group = "allows")]
    scope: Vec<Scope>,
    /// The only event type that may be sent with it, or `order.*`; may be repeated.
    #[arg(long, value_name = "NAME")]
    event_type: Vec<String>,
    /// The only path that may be sent to with it; may be repeated.
    #[arg(long)]
    path: Vec<String>,
    /// When it ends, in RFC 3339.
    #[arg(long, value_name = "TIME", conflicts_with = "expires_in_days")]
    expires_at: Option<String>,
    /// The same in days from now.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    expires_in_days: Option<u16>,
    /// A label; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    label: Vec<(String, String)>,
}

/// Another secret.
#[derive(Debug, Args)]
pub(crate) struct Roll {
    /// Id of the key.
    pub(crate) key_id: String,
    /// Make the second secret the active one, and end the first.
    #[arg(long)]
    pub(crate) finish: bool,
    /// Seconds for which the first is taken still [default: 86400].
    #[arg(long, value_name = "SECONDS", requires = "finish",
          value_parser = clap::value_parser!(u32).range(..=2_592_000))]
    pub(crate) overlap: Option<u32>,
}

/// Keys that end.
#[derive(Debug, Args)]
pub(crate) struct Revocation {
    /// Ids of the keys.
    #[arg(required = true)]
    pub(crate) key_id: Vec<String>,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Everything, keys of owners too.
    Owner,
    /// Everything but those.
    Admin,
    /// Everything but keys and settings of the space.
    Developer,
    /// Reads everything, and decides what becomes of deliveries.
    Operator,
    /// Reads everything but events.
    Viewer,
    /// Sends events.
    Emitter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scope {
    /// Send events.
    #[value(name = "events:emit")]
    EventsEmit,
    /// Read resources and settings.
    #[value(name = "config:read")]
    ConfigRead,
    /// Create, change and delete resources.
    #[value(name = "config:write")]
    ConfigWrite,
    /// List what was attempted, waits and was given up.
    #[value(name = "deliveries:read")]
    DeliveriesRead,
    /// Read dead letters whole.
    #[value(name = "payloads:read")]
    PayloadsRead,
    /// Redrive, delete and cancel deliveries, pause and resume.
    #[value(name = "dlq:write")]
    DlqWrite,
    /// Keys, and settings of the space.
    #[value(name = "keys:admin")]
    KeysAdmin,
    /// Read who changed what.
    #[value(name = "audit:read")]
    AuditRead,
    /// Read what the space uses.
    #[value(name = "usage:read")]
    UsageRead,
}

impl New {
    /// The body of the request that makes it.
    pub(crate) fn body(&self) -> Result<Value, Failure> {
        let mut body = Map::new();
        body.insert("name".to_owned(), json!(self.name));
        if let Some(role) = self.role {
            body.insert("role".to_owned(), json!(name_of(&role)));
        }
        let lists = [
            ("scopes", self.scope.iter().map(name_of).collect()),
            ("eventTypes", self.event_type.clone()),
            ("paths", self.path.clone()),
        ];
        for (member, list) in lists {
            if !list.is_empty() {
                body.insert(member.to_owned(), json!(list));
            }
        }
        if let Some(end) = self.end()? {
            body.insert("expiresAt".to_owned(), json!(end));
        }
        if !self.label.is_empty() {
            let labels: Map<_, _> = self
                .label
                .iter()
                .map(|(name, value)| (name.clone(), json!(value)))
                .collect();
            body.insert("metadata".to_owned(), labels.into());
        }
        Ok(body.into())
    }

    fn end(&self) -> Result<Option<String>, Failure> {
        let Some(days) = self.expires_in_days else {
            return Ok(self.expires_at.clone());
        };
        let end = OffsetDateTime::now_utc() + Duration::days(days.into());
        let end = end
            .format(&Rfc3339)
            .map_err(|err| Failure::Machine(format!("the clock of this machine: {err}")))?;
        Ok(Some(end))
    }
}

/// The name of a value, which is the gateway's.
fn name_of(value: &impl ValueEnum) -> String {
    let name = value.to_possible_value();
    name.map(|name| name.get_name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Program {
        #[command(flatten)]
        new: New,
    }

    fn body(arguments: &[&str]) -> Option<Value> {
        let arguments = [&["keys", "shop"], arguments].concat();
        let program = Program::try_parse_from(arguments).ok()?;
        Some(program.new.body().unwrap())
    }

    #[test]
    fn flags_are_members_of_the_body() {
        assert_eq!(
            body(&[
                "--role",
                "emitter",
                "--event-type",
                "a.*",
                "--path",
                "/a",
                "--label",
                "n=1"
            ]),
            Some(json!({
                "name": "shop", "role": "emitter", "eventTypes": ["a.*"], "paths": ["/a"], "metadata": {"n": "1"}
            }))
        );
        assert_eq!(
            body(&[
                "--scope",
                "events:emit",
                "--scope=dlq:write",
                "--expires-at",
                "2027-01-01T00:00:00Z"
            ]),
            Some(json!({
                "name": "shop", "scopes": ["events:emit", "dlq:write"], "expiresAt": "2027-01-01T00:00:00Z"
            }))
        );
    }

    #[test]
    fn a_key_allows_something_and_ends_once() {
        assert_eq!(body(&[]), None);
        assert_eq!(body(&["--role", "emitter", "--scope", "events:emit"]), None);
        let twice = [
            "--role=viewer",
            "--expires-at=2027-01-01T00:00:00Z",
            "--expires-in-days=1",
        ];
        assert_eq!(body(&twice), None);
        let ends = body(&["--role", "viewer", "--expires-in-days", "1"]).unwrap();
        let end = OffsetDateTime::parse(ends["expiresAt"].as_str().unwrap(), &Rfc3339).unwrap();
        let left = end - OffsetDateTime::now_utc();
        assert!(left > Duration::hours(23) && left <= Duration::days(1), "{left}");
    }
}

//! Tenants as flags: what `eg tenants` takes, and the bodies that come of it.

use clap::{ArgGroup, Args};
use serde_json::{Map, Value, json};

use crate::commands::labels::pair;

/// A space of a tenant.
#[derive(Debug, Args)]
pub(crate) struct TenantSpace {
    /// Id of the tenant.
    pub(crate) tenant: String,
    /// Name of the space; with a key of the tenant, that of the tenant or one that begins with it and a hyphen.
    pub(crate) name: String,
}

/// A new tenant.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// Who it is.
    name: String,
    /// Its id, 3 to 40 small letters and digits [default: the gateway makes one].
    #[arg(long)]
    id: Option<String>,
    /// The plan of its spaces.
    #[arg(long)]
    plan: Option<String>,
    /// A label; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    label: Vec<(String, String)>,
}

/// What is changed of a tenant.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("changes").required(true).multiple(true))]
pub(crate) struct Update {
    /// Id of the tenant.
    pub(crate) tenant: String,
    /// Who it is.
    #[arg(long, group = "changes")]
    name: Option<String>,
    /// The plan of its spaces.
    #[arg(long, group = "changes")]
    plan: Option<String>,
    /// No plan.
    #[arg(long, group = "changes", conflicts_with = "plan")]
    no_plan: bool,
    /// A label to be set, or with an empty value to be removed; may be repeated.
    #[arg(long, group = "changes", value_name = "NAME=VALUE", value_parser = pair)]
    label: Vec<(String, String)>,
}

/// Tenants that something is done to which is asked about first.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Ids of the tenants.
    #[arg(required = true)]
    pub(crate) tenant: Vec<String>,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

impl New {
    /// The body of the request that makes it.
    pub(crate) fn body(&self) -> String {
        let mut body = Map::from_iter([("name".to_owned(), json!(self.name))]);
        for (member, value) in [("tenantId", &self.id), ("plan", &self.plan)] {
            if let Some(value) = value {
                body.insert(member.to_owned(), json!(value));
            }
        }
        if !self.label.is_empty() {
            let labels = self.label.iter().cloned();
            body.insert(
                "labels".to_owned(),
                labels.map(|(name, value)| (name, json!(value))).collect(),
            );
        }
        Value::from(body).to_string()
    }
}

impl Update {
    /// A merge patch.
    pub(crate) fn body(&self) -> String {
        let mut body = Map::new();
        if let Some(name) = &self.name {
            body.insert("name".to_owned(), json!(name));
        }
        if self.no_plan || self.plan.is_some() {
            body.insert("plan".to_owned(), json!(self.plan));
        }
        if !self.label.is_empty() {
            let value = |value: &String| {
                if value.is_empty() {
                    Value::Null
                } else {
                    json!(value)
                }
            };
            let labels = self.label.iter();
            let labels = labels.map(|(name, text)| (name.clone(), value(text)));
            body.insert("labels".to_owned(), labels.collect());
        }
        Value::from(body).to_string()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Making {
        #[command(flatten)]
        new: New,
    }

    #[derive(Debug, clap::Parser)]
    struct Changing {
        #[command(flatten)]
        update: Update,
    }

    #[test]
    fn flags_are_members_of_the_body() {
        let made = Making::try_parse_from(["t", "Acme", "--id=acme", "--plan=free", "--label=a=b"]).unwrap();
        let body: Value = serde_json::from_str(&made.new.body()).unwrap();
        assert_eq!(
            body,
            json!({"name": "Acme", "tenantId": "acme", "plan": "free", "labels": {"a": "b"}})
        );
        let made = Making::try_parse_from(["t", "Acme"]).unwrap();
        assert_eq!(made.new.body(), r#"{"name":"Acme"}"#);
    }

    #[test]
    fn what_is_not_named_is_not_changed() {
        let body = |flags: &[&str]| {
            let update = Changing::try_parse_from([&["t", "acme"], flags].concat()).ok()?;
            Some(update.update.body())
        };
        assert_eq!(body(&[]), None);
        assert_eq!(body(&["--plan=a", "--no-plan"]), None);
        assert_eq!(body(&["--name=A"]).unwrap(), r#"{"name":"A"}"#);
        assert_eq!(body(&["--no-plan"]).unwrap(), r#"{"plan":null}"#);
        assert_eq!(body(&["--label=a="]).unwrap(), r#"{"labels":{"a":null}}"#);
    }
}

//! What is said of a space as a whole: what it is for, and how requests to it are routed. A space without settings of its own
//! has those of the gateway.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::hook::{self, Hook, HookOwner};
use super::{InvalidCause, InvalidResource, Kind, Metadata, Resource};
use crate::ids::{Space, TenantId};
use crate::json::Object;
use crate::quota::MAX_PLAN_NAME_BYTES;
use crate::validation::{self, Violations};

mod emit_mode;
mod path_mode;
mod unmatched;

pub use emit_mode::EmitMode;
pub use path_mode::PathMode;
pub use unmatched::Unmatched;

/// Most bytes of a description.
pub const MAX_DESCRIPTION_BYTES: usize = 1024;
/// Most labels of a space.
pub const MAX_LABELS: usize = 64;
/// Most bytes of the key of a label.
pub const MAX_LABEL_KEY_BYTES: usize = 128;
/// Most bytes of the value of a label.
pub const MAX_LABEL_VALUE_BYTES: usize = 512;

/// The settings of a space. What is left out is as the gateway is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SpaceSettings {
    /// The space.
    #[schema(value_type = String)]
    pub space: Space,
    /// The tenant that it belongs to. It is that from the beginning, by `POST /v1/tenants/{tenant}/spaces`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub tenant: Option<TenantId>,
    /// What it is for, for people to read. At most 1024 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024, nullable = false)]
    pub description: Option<String>,
    /// Labels: at most 64, with keys of 128 bytes and values of 512.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub labels: Metadata,
    /// Which paths may stand side by side, and which of them a request takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub paths: Option<PathMode>,
    /// Status of the answer to a request that reaches no subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unmatched: Option<Unmatched>,
    /// Who may send events to the space: everybody, or whoever has a key of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub emit: Option<EmitMode>,
    /// The plan that its quotas are of: the name of one that the gateway is set up with. Only the holder of the access key
    /// changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, max_length = 64)]
    pub plan: Option<String>,
    /// Functions that are asked on the way of events of the space; at most 8 at each point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub hooks: Vec<Hook>,
}

impl SpaceSettings {
    /// The settings of a space that has none of its own.
    pub fn unset(space: &Space) -> Self {
        Self {
            space: space.clone(),
            tenant: None,
            description: None,
            labels: Metadata::new(),
            paths: None,
            unmatched: None,
            emit: None,
            plan: None,
            hooks: Vec::new(),
        }
    }
}

impl Resource for SpaceSettings {
    const KIND: Kind = Kind::Space;
    type Id = Space;

    fn space(&self) -> &Space {
        &self.space
    }

    fn id(&self) -> &Space {
        &self.space
    }

    fn metadata(&self) -> &Metadata {
        &self.labels
    }

    fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.labels
    }

    fn decode(space: &Space, _id: Option<&Space>, body: &[u8]) -> Result<Self, InvalidResource> {
        parse(space, body).map_err(|cause| cause.of(Kind::Space))
    }
}

/// The tag of the rule that the name of a plan breaks.
pub(super) fn broken_plan_name(name: &str) -> Option<&'static str> {
    match name.len() {
        0 => Some("min"),
        1..=MAX_PLAN_NAME_BYTES => None,
        _ => Some("max"),
    }
}

fn parse(space: &Space, body: &[u8]) -> Result<SpaceSettings, InvalidCause> {
    let object = Object::from_first_value(body)?;
    let description = object.string("description")?.filter(|text| !text.is_empty());
    let labels = object.strings("labels")?.unwrap_or_default();
    let paths = object.string("paths")?;
    let unmatched = object.integer("unmatched")?;
    let emit = object.string("emit")?;
    let plan = object.string("plan")?.map(Cow::into_owned);
    let settings = SpaceSettings {
        space: space.clone(),
        // Not the sender's to say.
        tenant: None,
        paths: paths.as_deref().and_then(PathMode::of_name),
        unmatched: unmatched.and_then(Unmatched::of_status),
        emit: emit.as_deref().and_then(EmitMode::of_name),
        plan,
        description: description.map(Cow::into_owned),
        labels,
        hooks: hook::decode(&object, HookOwner::SpaceOrType)?,
    };
    let is_long = |text: &String| text.len() > MAX_DESCRIPTION_BYTES;
    let is_oversized = |(key, value): (&String, &String)| {
        key.len() > MAX_LABEL_KEY_BYTES || value.len() > MAX_LABEL_VALUE_BYTES
    };
    let is_unread = |is_given: bool, is_read: bool, tag: &'static str| (is_given && !is_read).then_some(tag);
    let mut violations = Violations::of("Space");
    violations
        .check("Space", validation::space(space))
        .check(
            "Description",
            settings
                .description
                .as_ref()
                .is_some_and(is_long)
                .then_some("max"),
        )
        .check(
            "Labels",
            (settings.labels.len() > MAX_LABELS || settings.labels.iter().any(is_oversized)).then_some("max"),
        )
        .check(
            "Paths",
            is_unread(paths.is_some(), settings.paths.is_some(), PathMode::TAG),
        )
        .check(
            "Unmatched",
            is_unread(unmatched.is_some(), settings.unmatched.is_some(), Unmatched::TAG),
        )
        .check(
            "Emit",
            is_unread(emit.is_some(), settings.emit.is_some(), EmitMode::TAG),
        )
        .check("Plan", settings.plan.as_deref().and_then(broken_plan_name));
    violations.into_result()?;
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: &str) -> Result<SpaceSettings, String> {
        SpaceSettings::decode(&"shop".into(), None, body.as_bytes()).map_err(|err| err.to_string())
    }

    #[test]
    fn what_is_left_out_is_not_stored() {
        for (body, want) in [
            ("{}", r#"{"space":"shop"}"#),
            (
                r#"{"space":"other","description":"","labels":{},"paths":null,"unmatched":null,"plan":null}"#,
                r#"{"space":"shop"}"#,
            ),
            (
                r#"{"plan":"p","emit":"key","unmatched":404,"paths":"specific","labels":{"team":"a"},"description":"All of it"}"#,
                r#"{"space":"shop","description":"All of it","labels":{"team":"a"},"paths":"specific","unmatched":404,"emit":"key","plan":"p"}"#,
            ),
        ] {
            let settings = decode(body).unwrap();
            assert_eq!(serde_json::to_string(&settings).unwrap(), want);
            assert_eq!(serde_json::from_str::<SpaceSettings>(want).unwrap(), settings);
        }
    }

    #[test]
    fn what_breaks_a_rule_is_named() {
        let labels = |count: usize, key: usize, value: usize| {
            let label = |at: usize| format!(r#""{at:0key$}":"{}""#, "v".repeat(value));
            let labels: Vec<_> = (0..count).map(label).collect();
            format!(r#"{{"labels":{{{}}}}}"#, labels.join(","))
        };
        let description = |bytes: usize| format!(r#"{{"description":"{}"}}"#, "d".repeat(bytes));
        for (body, field) in [
            (r#"{"paths":"loose"}"#.to_owned(), "'Space.Paths'"),
            (r#"{"paths":""}"#.to_owned(), "'Space.Paths'"),
            (r#"{"emit":"none"}"#.to_owned(), "'Space.Emit'"),
            (r#"{"unmatched":500}"#.to_owned(), "'Space.Unmatched'"),
            (r#"{"plan":""}"#.to_owned(), "'Space.Plan'"),
            (
                format!(r#"{{"plan":"{}"}}"#, "p".repeat(MAX_PLAN_NAME_BYTES + 1)),
                "'Space.Plan'",
            ),
            (r#"{"unmatched":"404"}"#.to_owned(), "unmatched"),
            (description(MAX_DESCRIPTION_BYTES + 1), "'Space.Description'"),
            (labels(MAX_LABELS + 1, 1, 1), "'Space.Labels'"),
            (labels(1, MAX_LABEL_KEY_BYTES + 1, 1), "'Space.Labels'"),
            (labels(1, 1, MAX_LABEL_VALUE_BYTES + 1), "'Space.Labels'"),
        ] {
            let text = decode(&body).unwrap_err();
            assert!(text.contains(field), "{text}");
        }
        assert!(decode(&labels(MAX_LABELS, MAX_LABEL_KEY_BYTES, MAX_LABEL_VALUE_BYTES)).is_ok());
        assert!(decode(&description(MAX_DESCRIPTION_BYTES)).is_ok());
    }
}

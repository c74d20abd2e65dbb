//! Tenants of a hosted gateway: whoever spaces belong to. A gateway of one's own needs none.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::space_settings::broken_plan_name;
use super::tenant_deletion::TenantDeletion;
use super::{
    InvalidCause, InvalidResource, Kind, MAX_LABEL_KEY_BYTES, MAX_LABEL_VALUE_BYTES, MAX_LABELS, Metadata,
    Resource,
};
use crate::ids::{Space, TenantId};
use crate::json::Object;
use crate::timestamp::Timestamp;
use crate::validation::{self, Violations};

/// Most bytes of the name of a tenant.
pub const MAX_TENANT_NAME_BYTES: usize = 128;

/// Whether the spaces of a tenant take events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TenantState {
    /// They do.
    #[default]
    Active,
    /// They take none, their deliveries wait, and whoever has keys changes nothing.
    Suspended,
}

impl TenantState {
    /// Tag of a state that there is not.
    const TAG: &str = "eq=active|eq=suspended";

    /// The state of this name.
    fn of_name(name: &str) -> Option<Self> {
        match name {
            "active" => Some(Self::Active),
            "suspended" => Some(Self::Suspended),
            _ => None,
        }
    }
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Its identifier, as the place where stores keep what belongs to it.
    #[serde(rename = "tenantId", with = "identifier")]
    #[schema(value_type = String, min_length = 3, max_length = 40, pattern = "^[a-z0-9]+$")]
    pub place: Space,
    /// Who it is, for people to read. At most 128 bytes.
    #[schema(min_length = 1, max_length = 128)]
    pub name: String,
    /// The plan of its spaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, max_length = 64)]
    pub plan: Option<String>,
    /// Whether its spaces take events.
    #[serde(default)]
    #[schema(required = false)]
    pub state: TenantState,
    /// When it was made, in RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Labels: at most 64, with keys of 128 bytes and values of 512.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub labels: Metadata,
    /// The names of its spaces, in the order in which it got them.
    #[serde(default)]
    #[schema(value_type = Vec<String>, required = false)]
    pub spaces: Vec<Space>,
    /// Its deletion with everything it has, where that is asked for. It is suspended as long as it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub deletion: Option<TenantDeletion>,
}

/// Identifiers are told without what makes places of them.
mod identifier {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use crate::ids::{Space, TenantId};

    pub(super) fn serialize<S: Serializer>(place: &Space, serializer: S) -> Result<S::Ok, S::Error> {
        place.tenant().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Space, D::Error> {
        Ok(TenantId::deserialize(deserializer)?.place())
    }
}

impl Tenant {
    /// Its identifier.
    pub fn tenant_id(&self) -> TenantId {
        self.place
            .tenant()
            .unwrap_or_else(|| TenantId::from(self.place.as_str()))
    }

    /// What a change of a stored one makes of it: what is not the sender's to say stays.
    #[must_use]
    pub fn in_place_of(self, stored: &Self) -> Self {
        Self {
            place: stored.place.clone(),
            created_at: stored.created_at,
            spaces: stored.spaces.clone(),
            deletion: stored.deletion,
            ..self
        }
    }

    /// The same, suspended and to be deleted with everything it has; one that is so already stays as it is.
    #[must_use]
    pub fn to_be_deleted(&self, at: Timestamp) -> Self {
        Self {
            state: TenantState::Suspended,
            deletion: self.deletion.or_else(|| Some(TenantDeletion::at(at))),
            ..self.clone()
        }
    }

    /// The same with a space more, unless it has it already.
    #[must_use]
    pub fn with_space(&self, space: &Space) -> Self {
        let mut more = self.clone();
        if !more.spaces.contains(space) {
            more.spaces.push(space.clone());
        }
        more
    }

    /// The same without a space.
    #[must_use]
    pub fn without_space(&self, space: &Space) -> Self {
        let mut less = self.clone();
        less.spaces.retain(|its| its != space);
        less
    }
}

impl Resource for Tenant {
    const KIND: Kind = Kind::Tenant;
    type Id = Space;

    fn space(&self) -> &Space {
        &self.place
    }

    fn id(&self) -> &Space {
        &self.place
    }

    fn metadata(&self) -> &Metadata {
        &self.labels
    }

    fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.labels
    }

    /// The time of creation, the spaces and the deletion are not the sender's to say: it was made in 1970, and has none.
    fn decode(place: &Space, _id: Option<&Space>, body: &[u8]) -> Result<Self, InvalidResource> {
        parse(place, body).map_err(|cause| cause.of(Kind::Tenant))
    }
}

fn parse(place: &Space, body: &[u8]) -> Result<Tenant, InvalidCause> {
    let object = Object::from_first_value(body)?;
    let state = object.string("state")?;
    let tenant = Tenant {
        place: place.clone(),
        name: object.string_or_empty("name")?,
        plan: object.string("plan")?.map(Cow::into_owned),
        state: state
            .as_deref()
            .map_or(Some(TenantState::default()), TenantState::of_name)
            .unwrap_or_default(),
        created_at: Timestamp::of_millis(0),
        labels: object.strings("labels")?.unwrap_or_default(),
        spaces: Vec::new(),
        deletion: None,
    };
    let is_unknown = |state: Cow<'_, str>| TenantState::of_name(&state).is_none();
    let is_oversized = |(key, value): (&String, &String)| {
        key.len() > MAX_LABEL_KEY_BYTES || value.len() > MAX_LABEL_VALUE_BYTES
    };
    let mut violations = Violations::of("Tenant");
    violations
        .check("TenantID", validation::tenant(&tenant.tenant_id()))
        .check("Name", name_rule(&tenant.name))
        .check("Plan", tenant.plan.as_deref().and_then(broken_plan_name))
        .check("State", state.is_some_and(is_unknown).then_some(TenantState::TAG))
        .check(
            "Labels",
            (tenant.labels.len() > MAX_LABELS || tenant.labels.iter().any(is_oversized)).then_some("max"),
        );
    violations.into_result()?;
    Ok(tenant)
}

fn name_rule(name: &str) -> Option<&'static str> {
    validation::required(name).or((name.len() > MAX_TENANT_NAME_BYTES).then_some("max"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(id: &str, body: &str) -> Result<Tenant, String> {
        let place = TenantId::from(id).place();
        Tenant::decode(&place, None, body.as_bytes()).map_err(|err| err.to_string())
    }

    #[test]
    fn what_is_written_is_read() {
        let body = r#"{"name":"Acme","plan":"team","state":"suspended","labels":{"a":"b"},"spaces":["x"],"tenantId":"other"}"#;
        let mut tenant = decode("acme", body).unwrap();
        assert!(tenant.spaces.is_empty(), "they are not the sender's to say");
        tenant = tenant
            .with_space(&"acme-shop".into())
            .with_space(&"acme-shop".into());
        let json = serde_json::to_string(&tenant).unwrap();
        assert_eq!(
            json,
            r#"{"tenantId":"acme","name":"Acme","plan":"team","state":"suspended","createdAt":"1970-01-01T00:00:00Z","labels":{"a":"b"},"spaces":["acme-shop"]}"#
        );
        assert_eq!(serde_json::from_str::<Tenant>(&json).unwrap(), tenant);
        assert!(tenant.without_space(&"acme-shop".into()).spaces.is_empty());
        let changed = decode("acme", r#"{"name":"Acme Inc."}"#)
            .unwrap()
            .in_place_of(&tenant);
        assert_eq!((changed.state, changed.spaces.len()), (TenantState::Active, 1));
        let leaving = changed.to_be_deleted(Timestamp::of_millis(1_000));
        assert_eq!(leaving.to_be_deleted(Timestamp::of_millis(2_000)), leaving);
        let json = serde_json::to_string(&leaving).unwrap();
        assert!(
            json.contains(r#""state":"suspended""#)
                && json.contains(r#""deletion":{"at":"1970-01-01T00:00:01Z","begun":false"#)
        );
        assert_eq!(serde_json::from_str::<Tenant>(&json).unwrap(), leaving);
        assert_eq!(changed.in_place_of(&leaving).deletion, leaving.deletion);
    }

    #[test]
    fn what_breaks_a_rule_is_named() {
        let long = "x".repeat(MAX_TENANT_NAME_BYTES + 1);
        for (id, body, field) in [
            ("a-b-c", r#"{"name":"n"}"#.to_owned(), "'Tenant.TenantID'"),
            ("acme", "{}".to_owned(), "'Tenant.Name'"),
            ("acme", format!(r#"{{"name":"{long}"}}"#), "'Tenant.Name'"),
            ("acme", r#"{"name":"n","plan":""}"#.to_owned(), "'Tenant.Plan'"),
            (
                "acme",
                r#"{"name":"n","state":"gone"}"#.to_owned(),
                "'Tenant.State'",
            ),
            (
                "acme",
                format!(r#"{{"name":"n","labels":{{"{}":""}}}}"#, "k".repeat(129)),
                "'Tenant.Labels'",
            ),
        ] {
            let text = decode(id, &body).unwrap_err();
            assert!(text.contains(field), "{text}");
        }
    }
}

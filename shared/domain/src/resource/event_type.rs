//! Event types (docs/contract.md §1.4): names that subscriptions may refer to, with an optional authorizer.

use serde::{Deserialize, Serialize};

use super::hook::{self, Hook, HookOwner};
use super::{InvalidCause, InvalidResource, Kind, Metadata, Resource};
use crate::ids::{EventTypeName, FunctionId, Space};
use crate::json::Object;
use crate::validation::{self, Violations};

/// A registered event type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventType {
    /// Space it belongs to.
    #[schema(value_type = String)]
    pub space: Space,
    /// Its name.
    #[schema(value_type = String, pattern = "^[a-zA-Z0-9.\\-_]+$")]
    pub name: EventTypeName,
    /// Function asked before an event of this type is passed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub authorizer_id: Option<FunctionId>,
    /// Labels.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// Functions that are asked on the way of its events; at most 8 at each point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub hooks: Vec<Hook>,
}

impl Resource for EventType {
    const KIND: Kind = Kind::EventType;
    type Id = EventTypeName;

    fn space(&self) -> &Space {
        &self.space
    }

    fn id(&self) -> &EventTypeName {
        &self.name
    }

    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    fn decode(space: &Space, id: Option<&EventTypeName>, body: &[u8]) -> Result<Self, InvalidResource> {
        let event_type = parse(space, id, body).map_err(|cause| cause.of(Kind::EventType))?;
        Ok(event_type)
    }
}

fn parse(space: &Space, id: Option<&EventTypeName>, body: &[u8]) -> Result<EventType, InvalidCause> {
    let object = Object::from_first_value(body)?;
    let given = object.string_or_empty("name")?;
    let event_type = EventType {
        space: space.clone(),
        name: id.cloned().unwrap_or_else(|| given.into()),
        authorizer_id: object
            .string("authorizerId")?
            .map(|id| FunctionId::from(id.as_ref())),
        metadata: object.strings("metadata")?.unwrap_or_default(),
        hooks: hook::decode(&object, HookOwner::SpaceOrType)?,
    };
    // The form of the name is a rule for new event types only: older data may hold others (Q45).
    let name = event_type.name.as_str();
    let broken = if id.is_some() {
        validation::required(name)
    } else {
        validation::name(name, "eventType")
    };
    let mut violations = Violations::of("Type");
    violations
        .check("Space", validation::space(space))
        .check("Name", broken);
    violations.into_result()?;
    Ok(event_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: &str) -> Result<EventType, String> {
        EventType::decode(&"default".into(), None, body.as_bytes()).map_err(|err| err.to_string())
    }

    #[test]
    fn output_order_and_absent_members() {
        let event_type =
            decode(r#"{"metadata":{"b":"1","a":"2"},"NAME":"t","authorizerId":"f","space":"x"}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&event_type).unwrap(),
            r#"{"space":"default","name":"t","authorizerId":"f","metadata":{"a":"2","b":"1"}}"#
        );
        let plain = decode(r#"{"name":"t","metadata":{},"authorizerId":null}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&plain).unwrap(),
            r#"{"space":"default","name":"t"}"#
        );
    }

    #[test]
    fn texts() {
        let prefix = "Event Type doesn't validate. Validation error: ";
        for (body, want) in [
            ("", "EOF"),
            ("{", "unexpected EOF"),
            (
                "{}",
                "Key: 'Type.Name' Error:Field validation for 'Name' failed on the 'required' tag",
            ),
            (
                r#"{"name":"a b"}"#,
                "Key: 'Type.Name' Error:Field validation for 'Name' failed on the 'eventType' tag",
            ),
        ] {
            assert_eq!(decode(body).unwrap_err(), format!("{prefix}{want}"));
        }
    }
}

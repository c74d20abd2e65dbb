//! Functions (docs/contract.md §1.5): targets that events are sent to.

use serde::{Deserialize, Serialize};

use super::{
    AuthorizerCache, Described, InvalidCause, InvalidResource, Kind, Metadata, Provider, RateLimit, Resource,
    SecretMembers, TargetUrl, masking,
};
use crate::ids::{FunctionId, Space};
use crate::json::Object;
use crate::validation::{self, Violations};

/// A registered function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Function {
    /// Space it belongs to.
    #[schema(value_type = String)]
    pub space: Space,
    /// Its identifier.
    #[schema(value_type = String, pattern = "^[a-zA-Z0-9.\\-_]+$")]
    pub function_id: FunctionId,
    /// How it is called.
    #[serde(flatten)]
    pub provider: Provider,
    /// How many calls it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rate_limit: Option<RateLimit>,
    /// For how long what it decides as an authorizer is used again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub authorizer_cache: Option<AuthorizerCache>,
    /// What people are told of it.
    #[serde(flatten)]
    pub described: Described,
    /// Labels.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

impl Resource for Function {
    const KIND: Kind = Kind::Function;
    type Id = FunctionId;

    fn space(&self) -> &Space {
        &self.space
    }

    fn id(&self) -> &FunctionId {
        &self.function_id
    }

    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    fn decode(space: &Space, id: Option<&FunctionId>, body: &[u8]) -> Result<Self, InvalidResource> {
        parse(space, id, body).map_err(|cause| cause.of(Kind::Function))
    }

    fn secrets_mut(&mut self) -> SecretMembers<'_> {
        self.provider.secrets_mut()
    }

    fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        self.provider.urls_mut()
    }

    fn check_own_credentials(&self) -> Result<(), InvalidResource> {
        let checked = self.provider.check_own_credentials();
        checked.map_err(|err| InvalidCause::from(err).of(Kind::Function))
    }

    fn keep_masked(&mut self, stored: Option<&Self>) -> Result<(), InvalidResource> {
        masking::keep_masked(&mut self.provider, stored.map(|stored| &stored.provider))
            .map_err(|err| InvalidCause::from(err).of(Kind::Function))
    }
}

fn parse(space: &Space, id: Option<&FunctionId>, body: &[u8]) -> Result<Function, InvalidCause> {
    let object = Object::from_first_value(body)?;
    let given = object.string_or_empty("functionId")?;
    let mut violations = Violations::of("Function");
    let rate_limit = RateLimit::decode(&object, &mut violations)?;
    let metadata = object.strings("metadata")?.unwrap_or_default();
    let provider = Provider::decode(&object.string_or_empty("type")?, object.get("provider"))?;
    let described = Described::decode(&object, &mut violations)?;
    let function = Function {
        rate_limit,
        authorizer_cache: AuthorizerCache::decode(&object, &provider, &mut violations)?,
        described,
        space: space.clone(),
        function_id: id.cloned().unwrap_or_else(|| given.into()),
        metadata,
        provider,
    };
    violations.check("Space", validation::space(space)).check(
        "ID",
        validation::name(function.function_id.as_str(), "functionid"),
    );
    violations.into_result()?;
    Ok(function)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: &str) -> Result<Function, String> {
        Function::decode(&"default".into(), None, body.as_bytes()).map_err(|err| err.to_string())
    }

    #[test]
    fn wire_form_round_trips() {
        let text = r#"{"space":"default","functionId":"f","type":"awslambda","provider":{"arn":"a","region":"r","awsAccessKeyId":"K"},"metadata":{"a":"b"}}"#;
        let function = decode(text).unwrap();
        assert_eq!(serde_json::to_string(&function).unwrap(), text);
        assert_eq!(serde_json::from_str::<Function>(text).unwrap(), function);
    }

    #[test]
    fn secrets_do_not_show() {
        let function = decode(
            r#"{"functionId":"f","type":"awssqs","provider":{"queueUrl":"q","region":"r","awsAccessKeyID":"AKID","awsSecretAccessKey":"SECRET","awsSessionToken":"TOKEN"}}"#,
        )
        .unwrap();
        let shown = format!("{function:?}");
        assert!(
            !shown.contains("AKID") && !shown.contains("SECRET") && !shown.contains("TOKEN"),
            "{shown}"
        );
        assert!(shown.contains("*****"));
    }

    #[test]
    fn provider_checks_come_first() {
        let prefix = "Function doesn't validate. Validation error: ";
        for (body, want) in [
            (
                r#"{"functionId":"a/b","type":"http","provider":{}}"#,
                "missing required fields for HTTP endpoint",
            ),
            (r#"{"functionId":"a/b"}"#, "provider configuration not set"),
            (
                r#"{"functionId":"f","type":"http","provider":null}"#,
                "provider configuration not set",
            ),
            (
                r#"{"functionId":"f","type":"HTTP","provider":{}}"#,
                "provider HTTP not supported",
            ),
            (
                r#"{"functionId":"a/b","type":"http","provider":{"url":"http://x"}}"#,
                "Key: 'Function.ID' Error:Field validation for 'ID' failed on the 'functionid' tag",
            ),
        ] {
            assert_eq!(decode(body).unwrap_err(), format!("{prefix}{want}"));
        }
        let shape = decode(r#"{"functionId":"f","type":"http","provider":{"url":5}}"#).unwrap_err();
        assert!(
            shape.starts_with(&format!(
                "{prefix}unable to load function provider config: json: "
            )),
            "{shape}"
        );
    }
}

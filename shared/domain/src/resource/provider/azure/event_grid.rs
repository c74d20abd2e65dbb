//! Azure Event Grid topics and domains.

use serde::{Deserialize, Serialize};

use super::{AzureSchema, EntraCredentials};
use crate::resource::provider::{
    Destination, Members, ProviderError, ProviderSettings, ResponseMode, endpoint_url,
};
use crate::resource::{Secret, SecretMembers, TargetUrl};

/// An Event Grid topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventGridTopic {
    /// Endpoint that events are published to.
    #[schema(value_type = String, min_length = 1)]
    pub endpoint: TargetUrl,
    /// Access key of the topic, sent as `aeg-sas-key`.
    #[serde(default, skip_serializing_if = "Secret::is_empty")]
    pub access_key: Secret,
    /// Application that publishes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub entra: Option<EntraCredentials>,
    /// Input schema of the topic.
    #[serde(default, skip_serializing_if = "AzureSchema::is_default")]
    pub schema: AzureSchema,
}

impl EventGridTopic {
    fn check(&self) -> Result<(), ProviderError> {
        let invalid = |reason| {
            Err(ProviderError::Invalid {
                member: "accessKey",
                reason,
            })
        };
        match (self.access_key.is_empty(), &self.entra) {
            (true, None) => invalid("or entra must be set"),
            (false, Some(_)) => invalid("and entra exclude each other"),
            _ if !self.access_key.can_be_header() => invalid("must be printable ASCII"),
            _ => Ok(()),
        }
    }
}

impl ProviderSettings for EventGridTopic {
    fn title() -> &'static str {
        "Azure Event Grid topic"
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let endpoint = members.url("endpoint")?;
        endpoint_url::check("endpoint", &endpoint)?;
        let topic = Self {
            endpoint: endpoint.into(),
            access_key: members.secret("accessKey")?,
            entra: EntraCredentials::decode(members)?,
            schema: AzureSchema::decode(members)?,
        };
        topic.check()?;
        Ok(topic)
    }

    fn secrets_mut(&mut self) -> SecretMembers<'_> {
        let mut secrets = vec![("accessKey".into(), &mut self.access_key)];
        secrets.extend(self.entra.iter_mut().map(EntraCredentials::secret_mut));
        secrets
    }

    fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        vec![("endpoint", &mut self.endpoint)]
    }

    fn destinations(&self) -> Vec<Destination<'_>> {
        let mut destinations = vec![Destination::url("endpoint", &self.endpoint)];
        destinations.extend(self.entra.as_ref().map(EntraCredentials::destination));
        destinations
    }

    fn check_own_credentials(&self) -> Result<(), ProviderError> {
        // What it is called with is all in these settings.
        Ok(())
    }

    fn is_connector(&self) -> bool {
        true
    }

    fn timeout_seconds(&self) -> Option<u32> {
        None
    }

    fn response_mode(&self) -> Option<ResponseMode> {
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::resource::Provider;

    fn decode(text: &str) -> Result<Provider, String> {
        let raw = serde_json::from_str(text).unwrap();
        Provider::decode("azureeventgrid", Some(raw)).map_err(|err| err.to_string())
    }

    #[test]
    fn wire_form_round_trips() {
        for (text, want) in [
            (
                r#"{"endpoint":"https://t.westeurope-1.eventgrid.azure.net/api/events","accessKey":"K"}"#,
                r#"{"endpoint":"https://t.westeurope-1.eventgrid.azure.net/api/events","accessKey":"K"}"#,
            ),
            (
                r#"{"endpoint":"https://t/","schema":"eventgrid","entra":{"tenantId":"t","clientId":"c","clientSecret":"s"}}"#,
                r#"{"endpoint":"https://t/","entra":{"tenantId":"t","clientId":"c","clientSecret":"s"},"schema":"eventgrid"}"#,
            ),
        ] {
            let provider = decode(text).unwrap();
            let wire = serde_json::to_string(&provider).unwrap();
            assert_eq!(wire, format!(r#"{{"type":"azureeventgrid","provider":{want}}}"#));
            assert_eq!(serde_json::from_str::<Provider>(&wire).unwrap(), provider);
            assert!(provider.is_connector());
        }
    }

    #[test]
    fn bad_settings_are_named() {
        for (text, want) in [
            ("{}", "missing required fields for Azure Event Grid topic"),
            (r#"{"endpoint":"https://t/"}"#, "accessKey or entra must be set"),
            (
                r#"{"endpoint":"https://t/","accessKey":"K","entra":{"tenantId":"t","clientId":"c","clientSecret":"s"}}"#,
                "accessKey and entra exclude each other",
            ),
            (
                r#"{"endpoint":"https://t/","accessKey":"\u00e9"}"#,
                "accessKey must be printable ASCII",
            ),
            (
                r#"{"endpoint":"mqtt://t/","accessKey":"K"}"#,
                "endpoint must be an http or https URL with a host",
            ),
        ] {
            assert_eq!(decode(text).unwrap_err(), want, "{text}");
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let text = r#"{"endpoint":"https://t/","accessKey":"SECRET"}"#;
        let shown = format!("{:?}", decode(text).unwrap());
        assert!(!shown.contains("SECRET") && shown.contains("*****"), "{shown}");
    }
}

//! Azure Functions: HTTP with a function key or a token of Microsoft Entra.

use serde::{Deserialize, Serialize};

use super::{AzureSchema, EntraCredentials};
use crate::resource::EventFormat;
use crate::resource::provider::http_options::{ResponseMode, timeout_seconds};
use crate::resource::provider::{Destination, Members, ProviderError, ProviderSettings, endpoint_url};
use crate::resource::{Secret, SecretMembers, TargetUrl};

/// An Azure function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AzureFunction {
    /// Absolute URL.
    #[schema(value_type = String, min_length = 1)]
    pub url: TargetUrl,
    /// Function or host key, sent as `x-functions-key`.
    #[serde(default, skip_serializing_if = "Secret::is_empty")]
    pub function_key: Secret,
    /// Application that calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub entra: Option<EntraCredentials>,
    /// Schema of what is sent.
    #[serde(default, skip_serializing_if = "AzureSchema::is_default")]
    pub schema: AzureSchema,
    /// Form in which it gets events of the schema CloudEvents: structured or binary.
    #[serde(default, skip_serializing_if = "EventFormat::is_default")]
    pub format: EventFormat,
    /// What its answer to a sync call is taken for; the gateway's own choice if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub response: Option<ResponseMode>,
    /// Longest time of a call, in seconds, 1 to 900; the gateway's own if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 900, nullable = false)]
    pub timeout_seconds: Option<u32>,
}

impl AzureFunction {
    fn check(&self) -> Result<(), ProviderError> {
        let invalid = |member, reason| Err(ProviderError::Invalid { member, reason });
        if !self.function_key.can_be_header() {
            return invalid("functionKey", "must be printable ASCII");
        }
        if self.entra.as_ref().is_some_and(|entra| entra.scope.is_none()) {
            return invalid("entra.scope", "must be set");
        }
        if self.format.is_legacy() {
            return invalid("format", "must be structured or binary");
        }
        if self.schema == AzureSchema::EventGrid && !self.format.is_default() {
            return invalid("format", "must be structured where schema is eventgrid");
        }
        Ok(())
    }
}

impl ProviderSettings for AzureFunction {
    fn title() -> &'static str {
        "Azure function"
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let url = members.url("url")?;
        endpoint_url::check("url", &url)?;
        let function = Self {
            url: url.into(),
            function_key: members.secret("functionKey")?,
            entra: EntraCredentials::decode(members)?,
            schema: AzureSchema::decode(members)?,
            format: EventFormat::decode(members)?,
            response: ResponseMode::decode_whole(members)?,
            timeout_seconds: timeout_seconds(members)?,
        };
        function.check()?;
        Ok(function)
    }

    fn secrets_mut(&mut self) -> SecretMembers<'_> {
        let mut secrets = vec![("functionKey".into(), &mut self.function_key)];
        secrets.extend(self.entra.iter_mut().map(EntraCredentials::secret_mut));
        secrets
    }

    fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        vec![("url", &mut self.url)]
    }

    fn destinations(&self) -> Vec<Destination<'_>> {
        let mut destinations = vec![Destination::url("url", &self.url)];
        destinations.extend(self.entra.as_ref().map(EntraCredentials::destination));
        destinations
    }

    fn check_own_credentials(&self) -> Result<(), ProviderError> {
        // What it is called with is all in these settings.
        Ok(())
    }

    fn is_connector(&self) -> bool {
        false
    }

    fn takes_headers(&self) -> bool {
        true
    }

    fn event_format(&self) -> EventFormat {
        self.format
    }

    fn timeout_seconds(&self) -> Option<u32> {
        self.timeout_seconds
    }

    fn response_mode(&self) -> Option<ResponseMode> {
        self.response
    }
}

#[cfg(test)]
mod tests {
    use crate::resource::Provider;

    fn decode(text: &str) -> Result<Provider, String> {
        let raw = serde_json::from_str(text).unwrap();
        Provider::decode("azurefunction", Some(raw)).map_err(|err| err.to_string())
    }

    const ENTRA: &str = r#""tenantId":"t.onmicrosoft.com","clientId":"c","clientSecret":"SECRET""#;

    #[test]
    fn wire_form_round_trips() {
        for (text, want) in [
            (
                r#"{"url":"https://a.example/api/f?code=K"}"#,
                r#"{"url":"https://a.example/api/f?code=K"}"#,
            ),
            (
                r#"{"timeoutSeconds":230,"response":"raw","format":"binary","schema":"cloudevents","entra":{"authority":"https://login.microsoftonline.us/","scope":"api://f/.default","clientSecret":{"environment":"EVENT_GATEWAY_SECRET_S"},"clientId":"c","tenantId":"0b1c-2","x":1},"functionKey":"K","url":"http://a.example/","x":1}"#,
                r#"{"url":"http://a.example/","functionKey":"K","entra":{"tenantId":"0b1c-2","clientId":"c","clientSecret":{"environment":"EVENT_GATEWAY_SECRET_S"},"scope":"api://f/.default","authority":"https://login.microsoftonline.us/"},"format":"binary","response":"raw","timeoutSeconds":230}"#,
            ),
            (
                r#"{"url":"https://a.example/","schema":"eventgrid"}"#,
                r#"{"url":"https://a.example/","schema":"eventgrid"}"#,
            ),
        ] {
            let provider = decode(text).unwrap();
            let wire = serde_json::to_string(&provider).unwrap();
            assert_eq!(wire, format!(r#"{{"type":"azurefunction","provider":{want}}}"#));
            assert_eq!(serde_json::from_str::<Provider>(&wire).unwrap(), provider);
        }
    }

    #[test]
    fn bad_settings_are_named() {
        let missing = "missing required fields for Azure function";
        let entra = |scope: &str, rest: &str| {
            format!(r#"{{"url":"https://a/","entra":{{{ENTRA},"scope":"{scope}"{rest}}}}}"#)
        };
        for (text, want) in [
            ("{}".to_owned(), missing),
            (r#"{"url":"a.example"}"#.to_owned(), missing),
            (r#"{"url":"https://a/","entra":{}}"#.to_owned(), missing),
            (
                r#"{"url":"ftp://a/"}"#.to_owned(),
                "url must be an http or https URL with a host",
            ),
            (
                r#"{"url":"https://a/","functionKey":"line\nbreak"}"#.to_owned(),
                "functionKey must be printable ASCII",
            ),
            (
                r#"{"url":"https://a/","schema":"x"}"#.to_owned(),
                "schema must be cloudevents or eventgrid",
            ),
            (
                r#"{"url":"https://a/","format":"0.5"}"#.to_owned(),
                "format must be structured or binary",
            ),
            (
                r#"{"url":"https://a/","schema":"eventgrid","format":"binary"}"#.to_owned(),
                "format must be structured where schema is eventgrid",
            ),
            (
                format!(r#"{{"url":"https://a/","entra":{{{ENTRA}}}}}"#),
                "entra.scope must be set",
            ),
            (
                entra("api://f/read", ""),
                "entra.scope must be one scope that ends in /.default",
            ),
            (
                entra("a/.default b/.default", ""),
                "entra.scope must be one scope that ends in /.default",
            ),
            (
                entra("s/.default", "").replace("t.onmicrosoft.com", "../x"),
                "entra.tenantId must be the id of a tenant or one of its domains",
            ),
            (
                entra("s/.default", r#","authority":"http://login.example""#),
                "entra.authority must be an https URL without userinfo, query and fragment; http is for loopback addresses only",
            ),
        ] {
            assert_eq!(decode(&text).unwrap_err(), want, "{text}");
        }
        let local = entra("s/.default", r#","authority":"http://127.0.0.1:8080""#);
        assert!(decode(&local).is_ok());
    }

    #[test]
    fn secrets_do_not_show() {
        let text =
            format!(r#"{{"url":"https://a/","functionKey":"KEY","entra":{{{ENTRA},"scope":"s/.default"}}}}"#);
        let mut provider = decode(&text).unwrap();
        let shown = format!("{provider:?}");
        assert!(!shown.contains("SECRET") && !shown.contains("KEY"), "{shown}");
        let paths: Vec<_> = provider.secrets_mut().into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["functionKey", "entra.clientSecret"]);
    }
}

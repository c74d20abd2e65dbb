//! Apache OpenWhisk actions, and those of clouds that speak its REST API.

use serde::{Deserialize, Serialize};

use super::http_options::{ResponseMode, timeout_seconds};
use super::{Destination, Members, ProviderError, ProviderSettings, endpoint_url};
use crate::resource::{Secret, SecretMembers, TargetUrl};

/// An OpenWhisk action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenWhiskAction {
    /// Absolute URL of the API host.
    #[schema(min_length = 1)]
    pub api_host: String,
    /// Namespace; `_`, that of the credentials, without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub namespace: Option<String>,
    /// Name of the action, with that of its package before it: `package/action` or `action`.
    #[schema(min_length = 1)]
    pub action: String,
    /// Authentication key: `<uuid>:<key>`.
    #[serde(default, skip_serializing_if = "Secret::is_empty")]
    pub auth_key: Secret,
    /// API key of IBM Cloud, which a token is got with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub iam: Option<IbmIam>,
    /// Whether async deliveries wait for the activation to end, as sync calls always do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blocking: bool,
    /// What its result is taken for; the gateway's own choice if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub response: Option<ResponseMode>,
    /// Longest time of a call, in seconds, 1 to 900; the gateway's own if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 900, nullable = false)]
    pub timeout_seconds: Option<u32>,
}

/// An API key of IBM Cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IbmIam {
    /// The key.
    pub api_key: Secret,
    /// Where tokens come from; `https://iam.cloud.ibm.com/identity/token` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token_url: Option<String>,
}

/// Most characters of a name.
const LONGEST_NAME: usize = 256;

/// Whether OpenWhisk takes a text for a name: `([\w]|[\w][\w@ .-]*[\w@.-]+)`. No such name changes a path.
fn is_entity_name(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let starts_well = name.bytes().next().is_some_and(is_word);
    let mut bytes = name.bytes();
    name.len() <= LONGEST_NAME
        && starts_well
        && !name.ends_with(' ')
        && bytes.all(|byte| is_word(byte) || matches!(byte, b'@' | b' ' | b'.' | b'-'))
}

fn is_auth_key(text: &str) -> bool {
    text.contains(':') && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl OpenWhiskAction {
    fn check(&self) -> Result<(), ProviderError> {
        let invalid = |member, reason| Err(ProviderError::Invalid { member, reason });
        endpoint_url::check_base("apiHost", &self.api_host)?;
        if !self.namespace.iter().all(|name| is_entity_name(name)) {
            return invalid("namespace", "must be the name of a namespace");
        }
        let segments: Vec<_> = self.action.split('/').collect();
        if segments.len() > 2 || !segments.into_iter().all(is_entity_name) {
            return invalid(
                "action",
                "must be action or package/action, without the namespace",
            );
        }
        match (self.auth_key.is_empty(), &self.iam) {
            (true, None) => return invalid("authKey", "or iam must be set"),
            (false, Some(_)) => return invalid("authKey", "and iam exclude each other"),
            _ => {}
        }
        if let Secret::Inline(key) = &self.auth_key
            && !key.is_empty()
            && !self.auth_key.is_mask()
            && !is_auth_key(key)
        {
            return invalid("authKey", "must be of the form <uuid>:<key>");
        }
        let token_url = self.iam.as_ref().and_then(|iam| iam.token_url.as_deref());
        token_url.map_or(Ok(()), |url| {
            endpoint_url::check_token_server("iam.tokenUrl", url)
        })
    }
}

impl ProviderSettings for OpenWhiskAction {
    fn title() -> &'static str {
        "OpenWhisk action"
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let api_host = members.url("apiHost")?;
        let iam = members.inner("iam")?.map(|inner| {
            Ok(IbmIam {
                api_key: inner.required_secret("apiKey")?,
                token_url: inner.optional("tokenUrl")?,
            })
        });
        let action = Self {
            api_host,
            namespace: members.optional("namespace")?,
            action: members.required("action")?,
            auth_key: members.secret("authKey")?,
            iam: iam.transpose()?,
            blocking: members.flag("blocking")?,
            response: ResponseMode::decode_json(members)?,
            timeout_seconds: timeout_seconds(members)?,
        };
        action.check()?;
        Ok(action)
    }

    fn secrets_mut(&mut self) -> SecretMembers<'_> {
        let mut secrets = vec![("authKey".into(), &mut self.auth_key)];
        secrets.extend(
            self.iam
                .iter_mut()
                .map(|iam| ("iam.apiKey".into(), &mut iam.api_key)),
        );
        secrets
    }

    fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        Vec::new()
    }

    fn destinations(&self) -> Vec<Destination<'_>> {
        let mut destinations = vec![Destination::url("apiHost", &self.api_host)];
        if let Some(iam) = &self.iam {
            let token_url = iam.token_url.as_deref().unwrap_or_default();
            destinations.push(Destination::url("iam.tokenUrl", token_url).only("iam."));
        }
        destinations
    }

    fn check_own_credentials(&self) -> Result<(), ProviderError> {
        // What it is called with is all in these settings.
        Ok(())
    }

    fn is_connector(&self) -> bool {
        false
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
        Provider::decode("openwhisk", Some(raw)).map_err(|err| err.to_string())
    }

    fn with(members: &str) -> String {
        format!(r#"{{"apiHost":"https://h","action":"hello",{members}}}"#)
    }

    #[test]
    fn wire_form_round_trips() {
        for text in [
            r#"{"apiHost":"http://localhost:3233","action":"hello","authKey":"u:k"}"#,
            r#"{"apiHost":"https://us-south.functions.cloud.ibm.com/","namespace":"0b1c-2","action":"demo/hello","iam":{"apiKey":"K","tokenUrl":"https://iam.test.cloud.ibm.com/identity/token"},"blocking":true,"response":"proxy","timeoutSeconds":60}"#,
            r#"{"apiHost":"https://h","namespace":"me@x.com_dev","action":"hello","authKey":{"file":"k"}}"#,
            // A mask stands for the stored key.
            r#"{"apiHost":"https://h","action":"hello","authKey":"*****"}"#,
        ] {
            let provider = decode(text).unwrap();
            let wire = serde_json::to_string(&provider).unwrap();
            assert_eq!(wire, format!(r#"{{"type":"openwhisk","provider":{text}}}"#));
            assert_eq!(serde_json::from_str::<Provider>(&wire).unwrap(), provider);
        }
    }

    #[test]
    fn bad_settings_are_named() {
        let missing = "missing required fields for OpenWhisk action";
        let api_host =
            "apiHost must be an http or https URL with a host and without userinfo, query and fragment";
        let auth_key = "authKey must be of the form <uuid>:<key>";
        for (text, want) in [
            ("{}".to_owned(), missing),
            (r#"{"apiHost":"https://h"}"#.to_owned(), missing),
            (r#"{"action":"a"}"#.to_owned(), missing),
            (with(r#""iam":{}"#), missing),
            (
                r#"{"apiHost":"localhost:3233","action":"a"}"#.to_owned(),
                api_host,
            ),
            (r#"{"apiHost":"https://u:p@h","action":"a"}"#.to_owned(), api_host),
            (with(r#""namespace":"""#), "authKey or iam must be set"),
            (
                with(r#""authKey":"u:k","iam":{"apiKey":"K"}"#),
                "authKey and iam exclude each other",
            ),
            (with(r#""authKey":"key""#), auth_key),
            (with(r#""authKey":"u:k\n""#), auth_key),
            (
                with(r#""authKey":"u:k","namespace":"a/b""#),
                "namespace must be the name of a namespace",
            ),
            (
                with(r#""iam":{"apiKey":"K","tokenUrl":"http://iam.example/"}"#),
                "iam.tokenUrl must be an https URL without userinfo, query and fragment; http is for loopback addresses only",
            ),
        ] {
            assert_eq!(decode(&text).unwrap_err(), want, "{text}");
        }
    }

    #[test]
    fn names_of_actions() {
        let longest = "a".repeat(256);
        let longer = "a".repeat(257);
        for (action, ok) in [
            ("hello", true),
            ("pkg/hello", true),
            ("my action@1.0-x", true),
            ("_a/_b", true),
            (&longest, true),
            (&longer, false),
            ("/guest/hello", false),
            ("ns/pkg/hello", false),
            ("pkg/", false),
            ("/hello", false),
            ("..", false),
            ("a/..", false),
            (".a", false),
            ("a ", false),
            ("a?b", false),
            ("a%2fb", false),
            ("h\u{e9}", false),
        ] {
            let text = serde_json::json!({"apiHost": "https://h", "action": action, "authKey": "u:k"});
            let error = decode(&text.to_string()).err();
            let want = "action must be action or package/action, without the namespace";
            assert_eq!(error.as_deref(), (!ok).then_some(want), "{action}");
        }
    }

    #[test]
    fn secrets_do_not_show() {
        for secrets in [r#""authKey":"u:SECRET""#, r#""iam":{"apiKey":"SECRET"}"#] {
            let shown = format!("{:?}", decode(&with(secrets)).unwrap());
            assert!(!shown.contains("SECRET") && shown.contains("*****"), "{shown}");
        }
    }
}

//! Google Cloud Pub/Sub topics.

use serde::{Deserialize, Serialize};

use super::GoogleCredentials;
use super::credentials::is_pubsub_url;
use crate::resource::provider::{
    Destination, Members, ProviderError, ProviderSettings, ResponseMode, endpoint_url,
};
use crate::resource::{SecretMembers, TargetUrl};

/// A Pub/Sub topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PubSubTopic {
    /// Name of the topic: `projects/<project>/topics/<topic>`.
    #[schema(min_length = 1)]
    pub topic: String,
    /// Who publishes.
    #[serde(default, skip_serializing_if = "GoogleCredentials::is_default")]
    pub credentials: GoogleCredentials,
    /// Path of the ordering key in the event, such as `data.customer.id`; none without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ordering_key: Option<String>,
    /// Where the API is: https, or a loopback address; `https://pubsub.googleapis.com` without it. Only a service
    /// account's key can be used elsewhere than at Google.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub endpoint: Option<String>,
}

impl PubSubTopic {
    fn check(&self) -> Result<(), ProviderError> {
        let invalid = |member, reason| Err(ProviderError::Invalid { member, reason });
        if !is_topic(&self.topic) {
            return invalid("topic", "must be of the form projects/<project>/topics/<topic>");
        }
        let Some(endpoint) = &self.endpoint else {
            return Ok(());
        };
        // The endpoint sees an access token, which is good for every topic that its owner may publish to.
        if self.credentials.is_own_identity() && !is_pubsub_url(endpoint) {
            return invalid(
                "endpoint",
                "must be https://pubsub.googleapis.com, or that of a region, unless the credentials are a service \
                 account's key",
            );
        }
        endpoint_url::check_token_server("endpoint", endpoint)
    }
}

impl ProviderSettings for PubSubTopic {
    fn title() -> &'static str {
        "Google Pub/Sub topic"
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let topic = Self {
            topic: members.required("topic")?,
            credentials: GoogleCredentials::decode(members)?,
            ordering_key: members.event_path("orderingKey")?,
            endpoint: members.optional("endpoint")?,
        };
        topic.check()?;
        Ok(topic)
    }

    fn secrets_mut(&mut self) -> SecretMembers<'_> {
        self.credentials.secrets_mut()
    }

    fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        Vec::new()
    }

    fn destinations(&self) -> Vec<Destination<'_>> {
        let endpoint = self.endpoint.as_deref().unwrap_or_default();
        vec![Destination::url("endpoint", endpoint)]
    }

    fn check_own_credentials(&self) -> Result<(), ProviderError> {
        self.credentials.check_not_own_identity()
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

fn is_topic(name: &str) -> bool {
    let is_id = |id: &str, known: &[u8]| {
        id.starts_with(|c: char| c.is_ascii_alphabetic())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || known.contains(&byte))
    };
    let segments: Vec<_> = name.split('/').collect();
    match segments[..] {
        ["projects", project, "topics", topic] => {
            is_id(project, b"-.:") && is_id(topic, b"-._~+%") && (3..=255).contains(&topic.len())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Provider;

    fn topic(members: &str) -> Result<PubSubTopic, String> {
        let provider = format!("{{{members}}}");
        let raw = serde_json::from_str(&provider).unwrap();
        match Provider::decode("googlepubsub", Some(raw)) {
            Ok(Provider::GooglePubSub(topic)) => Ok(topic),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn topics() {
        for (name, ok) in [
            ("projects/p-1/topics/orders", true),
            ("projects/example.com:p/topics/a.b_c~d+e%f", true),
            ("orders", false),
            ("projects/p/topics/ab", false),
            ("projects/p/topics/1ab", false),
            ("projects/p/topics/a/b", false),
            ("projects/../topics/abc", false),
            ("projects/p/subscriptions/abc", false),
            ("projects/p/topics/abc?x", false),
            ("/projects/p/topics/abc", false),
        ] {
            assert_eq!(topic(&format!(r#""topic":"{name}""#)).is_ok(), ok, "{name}");
        }
        assert!(topic("").unwrap_err().starts_with("missing required fields"));
    }

    #[test]
    fn tokens_of_the_gateway_stay_with_google() {
        let key = r#""credentials":{"type":"serviceAccount","key":{"file":"k"}},"#;
        for (credentials, endpoint, ok) in [
            ("", "https://pubsub.googleapis.com", true),
            ("", "https://pubsub.googleapis.com/", true),
            ("", "https://europe-west1-pubsub.googleapis.com", true),
            ("", "https://pubsub.europe-west1.rep.googleapis.com", true),
            ("", "https://evil.example", false),
            ("", "http://pubsub.googleapis.com", false),
            ("", "http://127.0.0.1:8085", false),
            ("", "https://pubsub.googleapis.com/x", false),
            (key, "https://evil.example", true),
            (key, "http://127.0.0.1:8085", true),
            (key, "http://evil.example", false),
            (key, "https://pubsub.googleapis.com?x", false),
        ] {
            let members = format!(r#"{credentials}"topic":"projects/p/topics/abc","endpoint":"{endpoint}""#);
            let result = topic(&members);
            assert_eq!(result.is_ok(), ok, "{members}: {result:?}");
            assert!(result.is_ok_and(|topic| topic.endpoint.is_some()) || !ok);
        }
    }

    #[test]
    fn ordering_keys_are_paths() {
        let with = |path: &str| {
            topic(&format!(
                r#""topic":"projects/p/topics/abc","orderingKey":"{path}""#
            ))
        };
        assert_eq!(with("data.a").unwrap().ordering_key.as_deref(), Some("data.a"));
        assert_eq!(with("").unwrap().ordering_key, None);
        assert!(with("nothing.a").unwrap_err().starts_with("orderingKey"));
    }
}

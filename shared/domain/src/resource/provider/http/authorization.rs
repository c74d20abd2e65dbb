//! How calls of an HTTP endpoint prove who makes them.

use serde::{Deserialize, Serialize};

use super::headers;
use crate::resource::provider::{Destination, Members, ProviderError, endpoint_url};
use crate::resource::{Secret, TargetUrl};

/// Credentials of calls, by their kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum HttpAuthorization {
    /// `Authorization: Bearer …` (RFC 6750).
    Bearer {
        /// The token.
        token: Secret,
    },
    /// `Authorization: Basic …` (RFC 7617).
    Basic {
        /// User name; must not hold a colon.
        username: String,
        /// Password.
        #[serde(default, skip_serializing_if = "Secret::is_empty")]
        password: Secret,
    },
    /// A key in a header or in the query.
    ApiKey {
        /// Name of the header or query parameter.
        name: String,
        /// The key.
        value: Secret,
        /// Where it goes.
        #[serde(default, rename = "in", skip_serializing_if = "ApiKeyPlace::is_default")]
        place: ApiKeyPlace,
    },
    /// A token of an authorization server, by client credentials (RFC 6749, section 4.4).
    // Not `rename_all_fields` for all of them, which the schema would not know of.
    #[serde(rename = "oauth2ClientCredentials", rename_all = "camelCase")]
    OAuth2ClientCredentials {
        /// Token endpoint.
        #[schema(value_type = String)]
        token_url: TargetUrl,
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: Secret,
        /// Scopes that are asked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scopes: Vec<String>,
        /// Audience that is asked for, where the server wants one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        audience: Option<String>,
        /// How the client authenticates to the server.
        #[serde(default, skip_serializing_if = "ClientAuthentication::is_default")]
        client_authentication: ClientAuthentication,
    },
}

/// Where an API key goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ApiKeyPlace {
    /// A header.
    #[default]
    Header,
    /// A parameter of the query.
    Query,
}

/// How a client authenticates at a token endpoint (RFC 6749, section 2.3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuthentication {
    /// HTTP Basic authentication.
    #[default]
    Basic,
    /// Members of the form that is posted.
    Body,
}

const PLACES: [(&str, ApiKeyPlace); 2] = [("header", ApiKeyPlace::Header), ("query", ApiKeyPlace::Query)];

const AUTHENTICATIONS: [(&str, ClientAuthentication); 2] = [
    ("basic", ClientAuthentication::Basic),
    ("body", ClientAuthentication::Body),
];

impl ApiKeyPlace {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl ClientAuthentication {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl HttpAuthorization {
    pub(super) fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let authorization = Self::read(members)?;
        authorization.check().map_err(|reason| ProviderError::Invalid {
            member: "authorization",
            reason,
        })?;
        if let Self::OAuth2ClientCredentials { token_url, .. } = &authorization {
            endpoint_url::check_token_endpoint("authorization.tokenUrl", token_url)?;
        }
        Ok(authorization)
    }

    fn read(members: &Members<'_>) -> Result<Self, ProviderError> {
        match members.text("type")?.as_str() {
            "bearer" => Ok(Self::Bearer {
                token: members.required_secret("token")?,
            }),
            "basic" => Ok(Self::Basic {
                username: members.required("username")?,
                password: members.secret("password")?,
            }),
            "apiKey" => Ok(Self::ApiKey {
                name: members.required("name")?,
                value: members.required_secret("value")?,
                place: members
                    .word("in", &PLACES, "must be header or query")?
                    .unwrap_or_default(),
            }),
            "oauth2ClientCredentials" => Ok(Self::OAuth2ClientCredentials {
                token_url: members.required("tokenUrl")?.into(),
                client_id: members.required("clientId")?,
                client_secret: members.required_secret("clientSecret")?,
                scopes: members.list("scopes")?,
                audience: members.optional("audience")?,
                client_authentication: members
                    .word("clientAuthentication", &AUTHENTICATIONS, "must be basic or body")?
                    .unwrap_or_default(),
            }),
            _ => Err(ProviderError::Invalid {
                member: "authorization",
                reason: "must have one of the types bearer, basic, apiKey and oauth2ClientCredentials",
            }),
        }
    }

    /// What is wrong, if anything is.
    fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::Bearer { token } if !headers::may_be_value(token) => {
                Err("must have a token of visible ASCII characters")
            }
            Self::Basic { username, .. } if username.contains(':') || username.contains(char::is_control) => {
                Err("must have a username without colons and control characters")
            }
            Self::ApiKey {
                name,
                place: ApiKeyPlace::Header,
                ..
            } if !headers::is_free(name) => Err("must name a header that the gateway does not set itself"),
            Self::ApiKey {
                value,
                place: ApiKeyPlace::Header,
                ..
            } if !headers::may_be_value(value) => Err("must have a value of visible ASCII characters"),
            Self::OAuth2ClientCredentials { scopes, .. } if !scopes.iter().all(|scope| is_scope(scope)) => {
                Err("must have scopes of visible ASCII characters without blanks, quotes and backslashes")
            }
            Self::Bearer { .. }
            | Self::Basic { .. }
            | Self::ApiKey { .. }
            | Self::OAuth2ClientCredentials { .. } => Ok(()),
        }
    }

    /// Name of the header that it sets.
    pub(super) fn header(&self) -> Option<&str> {
        match self {
            Self::Bearer { .. } | Self::Basic { .. } | Self::OAuth2ClientCredentials { .. } => {
                Some("authorization")
            }
            Self::ApiKey { name, place, .. } => (*place == ApiKeyPlace::Header).then_some(name),
        }
    }

    /// Name of the parameter that it adds to the query.
    pub(super) fn parameter(&self) -> Option<&str> {
        match self {
            Self::ApiKey { name, place, .. } => (*place == ApiKeyPlace::Query).then_some(name),
            Self::Bearer { .. } | Self::Basic { .. } | Self::OAuth2ClientCredentials { .. } => None,
        }
    }

    pub(super) fn url_mut(&mut self) -> Option<&mut TargetUrl> {
        match self {
            Self::OAuth2ClientCredentials { token_url, .. } => Some(token_url),
            Self::Bearer { .. } | Self::Basic { .. } | Self::ApiKey { .. } => None,
        }
    }

    /// Where the credentials go besides to the function.
    pub(super) fn destinations(&self) -> Vec<Destination<'_>> {
        let destinations = match self {
            Self::Bearer { .. } | Self::Basic { .. } => vec![],
            // A server may show what it finds in another place.
            Self::ApiKey { name, place, .. } => vec![
                Destination::new("authorization.name", name),
                Destination::new(
                    "authorization.in",
                    match place {
                        ApiKeyPlace::Header => "header",
                        ApiKeyPlace::Query => "query",
                    },
                ),
            ],
            Self::OAuth2ClientCredentials { token_url, .. } => {
                vec![Destination::url("authorization.tokenUrl", token_url)]
            }
        };
        destinations
            .into_iter()
            .map(|destination| destination.only("authorization."))
            .collect()
    }

    pub(super) fn secrets_mut(&mut self) -> Vec<(&'static str, &mut Secret)> {
        match self {
            Self::Bearer { token } => vec![("authorization.token", token)],
            Self::Basic { password, .. } => vec![("authorization.password", password)],
            Self::ApiKey { value, .. } => vec![("authorization.value", value)],
            Self::OAuth2ClientCredentials { client_secret, .. } => {
                vec![("authorization.clientSecret", client_secret)]
            }
        }
    }
}

/// A scope token (RFC 6749, section 3.3).
fn is_scope(scope: &str) -> bool {
    !scope.is_empty()
        && scope
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'))
}

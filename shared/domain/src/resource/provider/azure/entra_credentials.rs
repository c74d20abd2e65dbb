//! Applications of Microsoft Entra, which calls to Azure are made as.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::resource::Secret;
use crate::resource::provider::{Destination, Members, ProviderError, endpoint_url};

/// An application of Microsoft Entra and its client secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntraCredentials {
    /// Tenant: its id or a domain of it.
    pub tenant_id: String,
    /// Id of the application.
    pub client_id: String,
    /// Client secret of the application.
    pub client_secret: Secret,
    /// Scope of the token: `<application id URI>/.default`. Only for Event Grid it can be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scope: Option<String>,
    /// Where tokens come from; `https://login.microsoftonline.com` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub authority: Option<String>,
}

impl EntraCredentials {
    /// Reads the member `entra`.
    pub(super) fn decode(members: &Members<'_>) -> Result<Option<Self>, ProviderError> {
        let Some(inner) = members.inner("entra")? else {
            return Ok(None);
        };
        let credentials = Self {
            tenant_id: inner.required("tenantId")?,
            client_id: inner.required("clientId")?,
            client_secret: inner.required_secret("clientSecret")?,
            scope: inner.optional("scope")?,
            authority: inner.optional("authority")?,
        };
        credentials.check()?;
        Ok(Some(credentials))
    }

    /// Checks what Entra would refuse at every call.
    fn check(&self) -> Result<(), ProviderError> {
        let invalid = |member, reason| Err(ProviderError::Invalid { member, reason });
        // It becomes a segment of the path.
        let is_tenant = |text: &str| {
            let mut bytes = text.bytes();
            bytes.all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-') && !text.starts_with('.')
        };
        if !is_tenant(&self.tenant_id) {
            return invalid(
                "entra.tenantId",
                "must be the id of a tenant or one of its domains",
            );
        }
        if let Some(scope) = &self.scope
            && (!scope.ends_with("/.default") || scope.contains(char::is_whitespace))
        {
            return invalid("entra.scope", "must be one scope that ends in /.default");
        }
        match &self.authority {
            Some(authority) => endpoint_url::check_token_server("entra.authority", authority),
            None => Ok(()),
        }
    }

    pub(super) fn destination(&self) -> Destination<'_> {
        let authority = self.authority.as_deref().unwrap_or_default();
        Destination::url("entra.authority", authority).only("entra.")
    }

    pub(super) fn secret_mut(&mut self) -> (Cow<'static, str>, &mut Secret) {
        ("entra.clientSecret".into(), &mut self.client_secret)
    }
}

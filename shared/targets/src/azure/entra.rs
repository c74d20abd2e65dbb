//! Access tokens of Microsoft Entra, for applications that call without a user.

use std::sync::Arc;

use domain::resource::{ClientAuthentication, EntraCredentials};

use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::oauth2::{self, ClientCredentials};
use crate::tokens::Bearer;

/// The cloud that is meant unless another one is named.
const AUTHORITY: &str = "https://login.microsoftonline.com";

/// The token of an application.
pub(crate) async fn token(
    with: &Arc<Clients>,
    credentials: &EntraCredentials,
    scope: &str,
    deadline: Deadline,
) -> Result<Bearer, InvokeError> {
    let client_secret = deadline
        .bound(with.secrets.text(&credentials.client_secret))
        .await?;
    let request = ClientCredentials {
        token_url: &token_url(credentials),
        client_id: &credentials.client_id,
        client_secret: &client_secret,
        scopes: &[scope.to_owned()],
        audience: None,
        authentication: ClientAuthentication::Body,
    };
    let (key, text) = oauth2::client_credentials(with, &request, deadline).await?;
    Ok(Bearer { key, text })
}

fn token_url(credentials: &EntraCredentials) -> String {
    let authority = credentials.authority.as_deref().unwrap_or(AUTHORITY);
    let authority = authority.trim_end_matches('/');
    format!("{authority}/{}/oauth2/v2.0/token", credentials.tenant_id)
}

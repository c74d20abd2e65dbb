//! Calls that a token proves who makes them.

use std::sync::Arc;

use domain::resource::{EntraCredentials, IbmIam};
use http::StatusCode;
use http::header::AUTHORIZATION;

use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::http::{HttpRequest, HttpResponse, secret_value};
use crate::tokens::Bearer;
use crate::{azure, openwhisk};

/// Where the tokens of a call come from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TokenSource<'a> {
    /// Microsoft Entra.
    Entra {
        credentials: &'a EntraCredentials,
        /// What the token is for.
        scope: &'a str,
    },
    /// Identity and access management of IBM Cloud.
    IbmIam(&'a IbmIam),
}

impl TokenSource<'_> {
    /// A kept token, or a new one.
    async fn token(self, with: &Arc<Clients>, deadline: Deadline) -> Result<Bearer, InvokeError> {
        match self {
            Self::Entra { credentials, scope } => {
                azure::entra_token(with, credentials, scope, deadline).await
            }
            Self::IbmIam(iam) => openwhisk::ibm_token(with, iam, deadline).await,
        }
    }

    /// Sends a request with a token. A token that is refused may have been withdrawn before its end: then the request
    /// is sent once more with a new one. The answer does not show the tokens.
    pub(crate) async fn exchange(
        self,
        with: &Arc<Clients>,
        request: HttpRequest,
        deadline: Deadline,
    ) -> Result<HttpResponse, InvokeError> {
        let (response, bearer) = self.exchange_once(with, request.clone(), deadline).await?;
        if response.status == StatusCode::UNAUTHORIZED && with.tokens.forget(&bearer.key, &bearer.text) {
            let (response, _) = self.exchange_once(with, request, deadline).await?;
            return Ok(response);
        }
        Ok(response)
    }

    async fn exchange_once(
        self,
        with: &Arc<Clients>,
        mut request: HttpRequest,
        deadline: Deadline,
    ) -> Result<(HttpResponse, Bearer), InvokeError> {
        let bearer = self.token(with, deadline).await?;
        let authorization = secret_value(AUTHORIZATION.as_str(), &format!("Bearer {}", bearer.text))?;
        request.headers.insert(AUTHORIZATION, authorization);
        let response = with.http.exchange(request, deadline).await?;
        Ok((response.hiding(&[&bearer.text]), bearer))
    }
}

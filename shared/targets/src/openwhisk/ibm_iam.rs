//! Access tokens of IBM Cloud, which API keys are exchanged for.

use std::sync::Arc;

use bytes::Bytes;
use domain::resource::IbmIam;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method};
use url::form_urlencoded;

use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::http::HttpRequest;
use crate::oauth2;
use crate::tokens::{Bearer, TokenKey};

/// The public cloud.
const TOKEN_URL: &str = "https://iam.cloud.ibm.com/identity/token";
const GRANT_TYPE: &str = "urn:ibm:params:oauth:grant-type:apikey";
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The token of an API key: a kept one, or one that is asked for now.
pub(crate) async fn token(
    with: &Arc<Clients>,
    iam: &IbmIam,
    deadline: Deadline,
) -> Result<Bearer, InvokeError> {
    let url = iam.token_url.as_deref().unwrap_or(TOKEN_URL);
    let api_key = deadline.bound(with.secrets.text(&iam.api_key)).await?;
    let key = TokenKey::of(&["ibm", url, &api_key]);
    let asking = || oauth2::fetch(Arc::clone(with), request(url, &api_key));
    let text = deadline.bound(with.tokens.get(&key, asking)).await?;
    Ok(Bearer { key, text })
}

fn request(url: &str, api_key: &str) -> HttpRequest {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", GRANT_TYPE)
        .append_pair("apikey", api_key)
        .finish();
    HttpRequest {
        url: url.into(),
        query: None,
        method: Method::POST,
        headers: HeaderMap::from_iter([(CONTENT_TYPE, FORM), (ACCEPT, JSON)]),
        body: Bytes::from(form),
    }
}

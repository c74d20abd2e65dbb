//! The request by which AWS tells who made it, signed but not sent: Google sends it.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

/// Binds the signature to the provider that the identity is shown to. Nobody can show it to another one.
const TARGET: &str = "x-goog-cloud-target-resource";

/// Why the request cannot be signed. The cause would show what is signed.
#[derive(Debug, thiserror::Error)]
#[error("the AWS identity of the gateway cannot be signed for Google")]
pub(super) struct SigningError;

#[derive(Serialize)]
struct Request<'r> {
    url: &'r str,
    method: &'static str,
    headers: Vec<Header<'r>>,
}

#[derive(Serialize)]
struct Header<'r> {
    key: &'r str,
    value: &'r str,
}

/// The subject token: the signed request as percent-encoded JSON.
pub(super) fn signed(
    region: &str,
    credentials: &Credentials,
    audience: &str,
) -> Result<String, SigningError> {
    let domain = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let host = format!("sts.{region}.{domain}");
    let url = format!("https://{host}/?Action=GetCallerIdentity&Version=2011-06-15");
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("sts")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| SigningError)?
        .into();
    let given = [("host", host.as_str()), (TARGET, audience)];
    let request = SignableRequest::new("POST", url.as_str(), given.into_iter(), SignableBody::empty())
        .map_err(|_| SigningError)?;
    let (added, _) = sign(request, &parameters).map_err(|_| SigningError)?.into_parts();
    let headers = given
        .into_iter()
        .chain(added.headers())
        .map(|(key, value)| Header { key, value })
        .collect();
    let request = Request {
        url: &url,
        method: "POST",
        headers,
    };
    let json = serde_json::to_string(&request).map_err(|_| SigningError)?;
    Ok(utf8_percent_encode(&json, NON_ALPHANUMERIC).to_string())
}

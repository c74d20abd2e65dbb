//! Configurations of workload identity federation from AWS: the files that
//! `gcloud iam workload-identity-pools create-cred-config --aws` writes.

use serde::Deserialize;

use super::google_url;
use crate::resource::ProviderError;

const MEMBER: &str = "credentials.configuration";
const AWS_REQUEST: &str = "urn:ietf:params:aws:token-type:aws4_request";
/// What the audience of a provider of identities begins with.
const AUDIENCE_PREFIX: &str = "//iam.googleapis.com/";
/// Where STS is asked who made a request. Nothing else of AWS is ever signed for Google.
const CALLER_IDENTITY_URLS: [&str; 2] = [
    "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
    "https://sts.{region}.amazonaws.com.cn?Action=GetCallerIdentity&Version=2011-06-15",
];
const IMPERSONATION_PREFIX: &str = "/v1/projects/-/serviceAccounts/";
const ACCESS_TOKEN_SUFFIX: &str = ":generateAccessToken";
const ID_TOKEN_SUFFIX: &str = ":generateIdToken";

/// How the gateway's AWS identity becomes one of Google's. Its URLs are Google's own: whoever else got the signed
/// request that is sent there could pass for the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsFederation {
    /// The provider of a workload identity pool that AWS identities are shown to.
    pub audience: String,
    /// Google's Security Token Service.
    pub token_url: String,
    /// `generateAccessToken` of the service account that is stood in for, if there is one.
    pub impersonation_url: Option<String>,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "type")]
    kind: String,
    audience: String,
    subject_token_type: String,
    token_url: String,
    service_account_impersonation_url: Option<String>,
    credential_source: Source,
}

#[derive(Deserialize)]
struct Source {
    environment_id: Option<String>,
    regional_cred_verification_url: Option<String>,
}

impl AwsFederation {
    /// Reads a configuration file. Errors repeat none of it.
    pub fn parse(text: &str) -> Result<Self, ProviderError> {
        let file: File = serde_json::from_str(text).map_err(|_| {
            invalid(
                "must be the JSON of a credential configuration: type, audience, subject_token_type, token_url, \
                 credential_source",
            )
        })?;
        file.check()?;
        Ok(Self {
            audience: file.audience,
            token_url: file.token_url,
            impersonation_url: file.service_account_impersonation_url,
        })
    }

    /// `generateIdToken` of the service account.
    pub fn id_token_url(&self) -> Option<String> {
        let account = self.impersonation_url.as_deref()?;
        Some(account.strip_suffix(ACCESS_TOKEN_SUFFIX)?.to_owned() + ID_TOKEN_SUFFIX)
    }
}

impl File {
    fn check(&self) -> Result<(), ProviderError> {
        let source = &self.credential_source;
        let from_aws = self.subject_token_type == AWS_REQUEST
            && source.environment_id.as_deref() == Some("aws1")
            && source
                .regional_cred_verification_url
                .as_deref()
                .is_none_or(|url| CALLER_IDENTITY_URLS.contains(&url));
        let pool = self.audience.strip_prefix(AUDIENCE_PREFIX);
        let account = self.service_account_impersonation_url.as_deref();
        for (holds, reason) in [
            (
                self.kind == "external_account",
                "must have the type external_account",
            ),
            (
                from_aws,
                "must be one for AWS: environment_id aws1, GetCallerIdentity of the region's STS",
            ),
            (
                pool.is_some_and(|pool| !pool.is_empty() && pool.bytes().all(|byte| byte.is_ascii_graphic())),
                "must have an audience that begins with //iam.googleapis.com/",
            ),
            (
                google_url::path_of("sts", &self.token_url) == Some("/v1/token"),
                "must have a token_url that is https://sts.googleapis.com/v1/token, or that of a region",
            ),
            (
                account.is_none_or(is_impersonation),
                "must have a service_account_impersonation_url of https://iamcredentials.googleapis.com that ends with \
                 :generateAccessToken",
            ),
        ] {
            if !holds {
                return Err(invalid(reason));
            }
        }
        Ok(())
    }
}

fn invalid(reason: &'static str) -> ProviderError {
    ProviderError::Invalid {
        member: MEMBER,
        reason,
    }
}

fn is_impersonation(url: &str) -> bool {
    let account = google_url::path_of("iamcredentials", url)
        .and_then(|path| path.strip_prefix(IMPERSONATION_PREFIX))
        .and_then(|path| path.strip_suffix(ACCESS_TOKEN_SUFFIX));
    account.is_some_and(|account| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"@.-_".contains(&byte);
        !account.is_empty() && !account.starts_with('.') && account.bytes().all(known)
    })
}

#[cfg(test)]
mod tests;

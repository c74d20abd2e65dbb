//! Roles that calls are made as, in this or another account. The SDK's own provider logs what STS answers, and STS
//! repeats signed headers to those who sign wrongly; so this one asks STS itself and keeps its errors clean.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_sts::operation::assume_role::AssumeRoleOutput;
use domain::retry::FailureClass;
use tokio::time::Instant;

use super::failure::AwsFailure;
use super::{AwsError, AwsIdentity};

/// Name of the sessions, to be found in the logs of the account that the role is in.
const SESSION_NAME: &str = "event-gateway";

/// For how long a refusal is believed. The cache of the SDK keeps none, and has whoever waits ask one after another.
const REFUSED_FOR: Duration = Duration::from_secs(5);

/// Gets credentials of a role from STS, for an hour at a time.
#[derive(Debug)]
pub(super) struct AssumedRole {
    sts: aws_sdk_sts::Client,
    identity: AwsIdentity,
    /// The last refusal, and until when it is believed.
    refusal: Mutex<Option<(AwsError, Instant)>>,
}

impl AssumedRole {
    /// `source` is the configuration that STS is asked with: the region and who wants to be the role.
    pub(super) fn new(source: &SdkConfig, identity: AwsIdentity) -> Self {
        // What is cached are the credentials of the role.
        let source = source.to_builder().identity_cache(IdentityCache::no_cache());
        Self {
            sts: aws_sdk_sts::Client::new(&source.build()),
            identity,
            refusal: Mutex::default(),
        }
    }

    fn refusal(&self) -> Option<AwsError> {
        let refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        let (error, until) = refusal.as_ref()?;
        (Instant::now() < *until).then(|| error.clone())
    }

    /// Notes what STS answered, unless the next try may do better.
    fn note(&self, error: &AwsError) {
        if error.class() != FailureClass::Transient {
            let until = Instant::now() + REFUSED_FOR;
            *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some((error.clone(), until));
        }
    }

    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        if let Some(error) = self.refusal() {
            return Err(CredentialsError::provider_error(error));
        }
        let AwsIdentity {
            role_arn,
            external_id,
            ..
        } = &self.identity;
        let assume = self
            .sts
            .assume_role()
            .role_arn(role_arn)
            .role_session_name(SESSION_NAME)
            .set_external_id(Some(external_id.clone()).filter(|id| !id.is_empty()));
        match assume.send().await {
            Ok(assumed) => of_answer(assumed),
            Err(error) => Err(match AwsFailure::of_source(error, &self.identity) {
                AwsFailure::Answer(error) => {
                    let error = error.of_role();
                    self.note(&error);
                    CredentialsError::provider_error(error)
                }
                AwsFailure::Other { source, .. } => CredentialsError::provider_error(source),
            }),
        }
    }
}

fn of_answer(assumed: AssumeRoleOutput) -> Result<Credentials, CredentialsError> {
    let given = assumed
        .credentials
        .ok_or_else(|| CredentialsError::unhandled("STS gave no credentials"))?;
    let expiry = given
        .expiration
        .try_into()
        .map_err(|_| CredentialsError::unhandled("STS gave no time at which the credentials expire"))?;
    Ok(Credentials::new(
        given.access_key_id,
        given.secret_access_key,
        Some(given.session_token),
        Some(expiry),
        "role",
    ))
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

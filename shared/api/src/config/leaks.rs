//! Keys that somebody found in public and reports in the form of GitHub's secret scanning: those that open something are deleted.
//! Whoever reports needs no key, but has to sign with one of those at the URL that the operator names.

use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clocks::epoch_millis;
use domain::api_key::PresentedKey;
use domain::audit::{Actor, Author};
use domain::resource::ApiKey;
use domain::routing::RoutingTable;
use gateway::ErrorChain;
use http::StatusCode;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::if_there;

use super::ConfigApi;
use super::parameters::InvalidRequest;
use super::telling::telling;
use crate::body::{self, BodyLimits};
use crate::error::{ApiError, json_line};

/// Where keys are reported.
pub(super) const PATH: &str = "/v1/leaked-keys";

/// Names the key that a report is signed with.
const KEY_ID: &str = "github-public-key-identifier";
/// The signature of the body, in base64.
const SIGNATURE: &str = "github-public-key-signature";

/// Most bytes of either of them.
const MOST_HEADER_BYTES: usize = 256;

/// Most bytes of a report: it is read before it is known who sent it.
const MOST_BYTES: usize = 64 * 1024;

/// Most finds of a report. Each is looked for in all spaces.
const MOST_FINDS: usize = 100;

/// Something that was found.
#[derive(Deserialize)]
struct Find {
    token: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    url: Option<String>,
    source: Option<String>,
}

/// What it is, without the token itself.
#[derive(Debug, Serialize)]
struct Judgement {
    /// SHA-256 of the token, in base64.
    token_hash: String,
    token_type: String,
    label: Label,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Label {
    /// It opened something until now.
    TruePositive,
    /// It opens nothing.
    FalsePositive,
}

impl ConfigApi {
    /// Deletes the keys of a report, and says which of the finds were some.
    pub(super) async fn leaked_keys(&self, parts: &Parts, body: Body) -> Result<Response, ApiError> {
        let reporters = self.leak_reports.as_ref().ok_or_else(ApiError::nothing_there)?;
        let header = |name: &str| {
            let value = parts.headers.get(name)?.to_str().ok()?;
            (value.len() <= MOST_HEADER_BYTES).then_some(value)
        };
        let (Some(id), Some(signature)) = (header(KEY_ID), header(SIGNATURE)) else {
            return Err(ApiError::unauthorized());
        };
        let signature = STANDARD.decode(signature).map_err(|_| ApiError::unauthorized())?;
        // Before anything is read of strangers.
        let unasked = |error| ApiError::unreadable_report_keys(&error);
        if !reporters.knows(id).await.map_err(unasked)? {
            return Err(ApiError::unauthorized());
        }
        let limits = BodyLimits {
            bytes: self.limits.bytes.min(MOST_BYTES),
            ..self.limits
        };
        let body = body::read(parts, body, limits).await?;
        let is_signed = reporters.have_signed(id, &signature, &body).await;
        if !is_signed.map_err(unasked)? {
            return Err(ApiError::unauthorized());
        }
        let finds: Vec<Find> = serde_json::from_slice(&body).map_err(|_| InvalidRequest::Finds)?;
        if finds.len() > MOST_FINDS {
            return Err(InvalidRequest::TooManyFinds { limit: MOST_FINDS }.into());
        }
        let mut judgements = Vec::with_capacity(finds.len());
        let mut table = None;
        for find in finds {
            let label = match PresentedKey::parse(find.token.trim()) {
                None => Label::FalsePositive,
                Some(presented) => {
                    if table.is_none() {
                        table = Some(self.store.newest_routing_table().await?);
                    }
                    let table: Option<&RoutingTable> = table.as_deref();
                    let key = table.and_then(|table| table.key_opened_by(&presented, epoch_millis()));
                    match key {
                        Some(key) => self.revoke_leaked(key, &find, parts).await?,
                        None => Label::FalsePositive,
                    }
                }
            };
            judgements.push(Judgement {
                token_hash: STANDARD.encode(Sha256::digest(&find.token)),
                token_type: find.kind.unwrap_or_default(),
                label,
            });
        }
        Ok(json_line(StatusCode::OK, &judgements))
    }

    /// Deletes a key. One that somebody else deletes at the same time was a key all the same.
    async fn revoke_leaked(&self, key: &ApiKey, find: &Find, parts: &Parts) -> Result<Label, ApiError> {
        let (made, telling) = match &self.changes {
            Some(changes) => {
                let (made, telling) = telling(changes, Actor::Gateway, parts);
                (Some(made), Some(telling))
            }
            None => (None, None),
        };
        let author = Author {
            operation: Some("key.leaked".to_owned()),
            made,
            ..Author::gateway()
        };
        let (space, key_id) = (&key.space, &key.key_id);
        let deleted = self
            .store
            .on_behalf_of(author)
            .delete::<ApiKey>(space, key_id)
            .await;
        match if_there(deleted) {
            Ok(Some(_)) => tracing::warn!(
                %space, keyId = %key_id, name = key.name, url = find.url, source = find.source,
                "A key was found in public and is deleted."
            ),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%space, keyId = %key_id, error = %ErrorChain(&error), "A key was found in public and could not be deleted.");
                return Err(error.into());
            }
        }
        if let Some(telling) = telling {
            telling.finish().await;
        }
        Ok(Label::TruePositive)
    }
}

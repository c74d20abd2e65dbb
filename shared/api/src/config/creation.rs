//! When resources were created: shown to those who ask for it, and taken from those who put back what was shown. Which of
//! two routes is the first depends on it, so that a copy of a configuration has to have it.

use std::collections::BTreeMap;

use axum::response::Response;
use domain::configuration::{Configured, Stored, created_from};
use domain::event::query_pairs;
use domain::ids::Space;
use domain::json::Object;
use domain::resource::{CREATED_AT, Kind, MetadataFilter};
use http::StatusCode;
use http::request::Parts;
use offload::off_runtime_for;
use serde::Serialize;

use super::etag::with_etag;
use super::secrets::SecretRules;
use super::{ConfigApi, openapi};
use crate::error::{ApiError, json_answer, json_bytes, json_line};

/// A resource with the time of its creation.
#[derive(Serialize)]
pub(super) struct Dated<R> {
    #[serde(flatten)]
    resource: R,
    #[serde(rename = "createdAt")]
    created_at: String,
}

/// Whether a request is about the time of creation as well: by the query parameter of that name.
pub(super) fn is_wanted(parts: &Parts) -> bool {
    let mut pairs = query_pairs(parts.uri.query().unwrap_or_default());
    pairs.any(|(name, value)| name == CREATED_AT && value == "true")
}

/// The place in the order of creation that a new resource brings along.
pub(super) fn given(kind: Kind, parts: &Parts, body: &[u8]) -> Result<Option<u64>, ApiError> {
    if !is_wanted(parts) {
        return Ok(None);
    }
    of_object(kind, &Object::from_first_value(body).unwrap_or_default())
}

/// The place in the order of creation that a resource says.
pub(super) fn of_object(kind: Kind, object: &Object<'_>) -> Result<Option<u64>, ApiError> {
    let refused = |reason: &str| {
        let title = kind.title();
        ApiError::invalid(format!(
            "{title} doesn't validate. Validation error: {CREATED_AT} {reason}"
        ))
    };
    let Some(text) = object.string(CREATED_AT).map_err(|_| refused("must be a text"))? else {
        return Ok(None);
    };
    let created = created_from(&text).ok_or_else(|| refused("must be a time in RFC 3339, since 1970"))?;
    Ok(Some(created))
}

/// A resource as it is shown with the time of its creation.
pub(super) fn dated<R: Configured>(stored: &Stored<R>, secrets: &SecretRules) -> Dated<R> {
    Dated {
        resource: secrets.shown(&*stored.resource).into_owned(),
        created_at: stored.created_at(),
    }
}

impl ConfigApi {
    /// A list whose resources have the times of their creation.
    pub(super) async fn list_dated<R: Configured>(
        &self,
        space: &Space,
        filter: &MetadataFilter,
    ) -> Result<Response, ApiError> {
        let resources = self.store.list_stored::<R>(space, filter).await?;
        let secrets = self.secrets.clone();
        let render = move || {
            let shown: Vec<_> = resources.iter().map(|stored| dated(stored, &secrets)).collect();
            json_bytes(&BTreeMap::from([(openapi::collection(R::KIND), shown)]))
        };
        Ok(json_answer(
            StatusCode::OK,
            off_runtime_for(space.as_str(), render).await,
        ))
    }

    /// One resource with the time of its creation. The tag is that of the resource alone.
    pub(super) async fn get_dated<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
    ) -> Result<Response, ApiError> {
        let stored = self.store.get_stored::<R>(space, id).await?;
        let shown = dated(&stored, &self.secrets);
        Ok(with_etag(json_line(StatusCode::OK, &shown), &shown.resource))
    }
}

//! The schemas of a space as an xRegistry 1.0-rc4 document that other registries take in: read only, all in one.
//!
//! It is what `?doc&inline=*,modelsource` of an xRegistry server gives: references lead into the document. A space is a
//! schema group, an event type with a schema is a schema, and its versions are versions. `view.rs` has the same entity by entity.

use axum::response::Response;
use domain::access::Scope;
use domain::ids::Space;
use domain::resource::{EventType, MetadataFilter};
use http::request::Parts;
use http::{Method, StatusCode};
use offload::off_runtime_for;

use super::ConfigApi;
use super::endpoint::{Action, Endpoint, Subject};
use super::openapi::blocks::{any_object, in_space, ok, with_errors};
use super::parameters::Query;
use crate::error::{ApiError, json_answer, json_bytes};

mod document;
mod entities;
mod format;
mod place;
mod view;

use document::Registry;
pub(super) use view::SUBJECT as VIEW;

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[Endpoint {
        path: &["xregistry", "export"],
        actions: &[Action {
            method: Method::GET,
            labels: ("xregistry", "get"),
            scope: Scope::ConfigRead,
            answer: |api, asked| Box::pin(api.xregistry(asked.space, asked.parts)),
            describe: || {
                let get = in_space(
                    "exportXRegistry",
                    "The schemas as an xRegistry document",
                    "catalog",
                );
                let document = ok("The document.", Some(("application/json", any_object())));
                with_errors(get.response("200", document), &["400"])
            },
        }],
    }],
    schemas: |_| {},
};

impl ConfigApi {
    async fn xregistry(&self, space: &Space, parts: &Parts) -> Result<Response, ApiError> {
        Query::of(parts, &[])?;
        let all = MetadataFilter::default();
        let (event_types, settings) = tokio::try_join!(
            self.store.list_stored::<EventType>(space, &all),
            self.settings_or_unset(space),
        )?;
        let own = space.clone();
        let render = move || json_bytes(&Registry::of(&own, settings.description, &event_types));
        let made = off_runtime_for(space.as_str(), render);
        Ok(json_answer(StatusCode::OK, made.await))
    }
}

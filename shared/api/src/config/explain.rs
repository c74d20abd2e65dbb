//! Why an event reaches the subscriptions that it reaches, and why it does not reach the others.

use axum::body::Body;
use axum::response::Response;
use domain::explain::{ExplainRequest, Explanation, SpaceResources};
use domain::ids::Space;
use domain::resource::{EventType, Function, MetadataFilter, Subscription};
use http::StatusCode;
use http::request::Parts;

use super::{ConfigApi, InvalidRequest};
use crate::body;
use crate::error::{ApiError, json_line};

impl ConfigApi {
    pub(super) async fn explain(
        &self,
        space: &Space,
        parts: &Parts,
        body: Body,
    ) -> Result<Response, ApiError> {
        let body = body::read(parts, body, self.limits).await?;
        let request = ExplainRequest::decode(&body).map_err(InvalidRequest::from)?;
        let all = MetadataFilter::default();
        let (subscriptions, event_types, functions) = tokio::try_join!(
            self.store.list::<Subscription>(space, &all),
            self.store.list::<EventType>(space, &all),
            self.store.list::<Function>(space, &all),
        )?;
        let resources = SpaceResources {
            subscriptions: &subscriptions,
            event_types: &event_types,
            functions: &functions,
            paths: self.store.rules().paths,
        };
        Ok(json_line(StatusCode::OK, &Explanation::of(request, resources)))
    }
}

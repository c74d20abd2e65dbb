//! PUT, PATCH and DELETE of a resource. What is changed is the resource as it is when the store makes the change, so that
//! nothing comes between what `If-Match` and a patch were checked against and what is written.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use domain::configuration::{ConfigurationError, Configured};
use domain::ids::Space;
use domain::resource::Kind;
use domain::unknown_members::UnknownMembers;
use http::StatusCode;
use http::request::Parts;
use store::{StoreError, Written};

use super::etag::Precondition;
use super::merge_patch::MergePatch;
use super::schemas::SchemaCheck;
use super::unknown_members::{check_doubts, check_members, log_ignored, refused, with_warnings};
use super::{ConfigApi, no_content, own_destination, transforms, with_version};
use crate::body;
use crate::error::ApiError;
use crate::health::refuse_shadowed;

impl ConfigApi {
    /// Replaces a resource whole.
    pub(super) async fn replace<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        parts: &Parts,
        body: Body,
    ) -> Result<Response, ApiError> {
        let body = body::read(parts, body, self.limits).await?;
        let resource = self
            .secrets
            .decode::<R>(space, Some(id), &body)
            .await
            .map_err(|error| self.unreadable(R::KIND, true, &body, error))?;
        let ignored = self.ignored_members(R::KIND, space, parts, &body)?;
        own_destination::check(&resource, &self.own)?;
        transforms::check(&resource, &self.transforms)?;
        // Before it is looked for: what could never be written is told as such.
        self.store.rules().check_path(&resource)?;
        let is_strict = self.is_strict(parts)?;
        let checked = Box::pin(self.check_schema(space, &resource)).await?;
        let precondition = Precondition::of(parts);
        let secrets = self.secrets.clone();
        let replace = move |stored: &R| {
            precondition.check(stored, &secrets)?;
            checked.still_holds(stored)?;
            let mut kept = resource.clone();
            kept.keep_masked(Some(stored))?;
            check_doubts(&kept, Some(stored), is_strict)?;
            Ok(kept)
        };
        let revised = self.revise(space, id, (parts, &body), replace).await?;
        Ok(self.revised(&revised, &ignored))
    }

    /// Changes what a merge patch names.
    pub(super) async fn patch<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        parts: &Parts,
        body: Body,
    ) -> Result<Response, ApiError> {
        let body = body::read(parts, body, self.limits).await?;
        let patch = MergePatch::read(&body)?;
        let is_strict = self.is_strict(parts)?;
        // Before it is looked for: what no such resource has is told as such.
        check_members(
            R::KIND,
            &UnknownMembers::of_patch(R::KIND, &body, None),
            is_strict,
        )
        .map_err(refused)?;
        own_destination::check_patch::<R>(&patch, &self.own)?;
        let checked = Box::pin(self.check_schema_of_patch::<R>(space, id, &patch)).await?;
        let precondition = Precondition::of(parts);
        let (secrets, of_space, of_id) = (self.secrets.clone(), space.clone(), id.clone());
        let (given, health, limits) = (body.clone(), self.health.clone(), self.transforms);
        let amend = move |stored: &R| {
            precondition.check(stored, &secrets)?;
            checked.still_holds(stored)?;
            let whole = patch.applied_to(&*secrets.shown(stored));
            let mut resource = secrets.decode_update::<R>(&of_space, &of_id, &whole)?;
            // What the stored type does not have is known only here.
            let unknown = UnknownMembers::of_patch(R::KIND, &given, Some(&whole));
            check_members(R::KIND, &unknown, is_strict)?;
            resource.keep_masked(Some(stored))?;
            check_doubts(&resource, Some(stored), is_strict)?;
            transforms::check(&resource, &limits)?;
            // One that is there already stays as it is.
            if resource.moves(stored) {
                refuse_shadowed(&health, &resource)?;
            }
            resource.renamed(stored)
        };
        let amended = self.store.relocate(space, id, amend).await;
        let revised = self.written(space, (parts, &body), amended).await?;
        let whole = serde_json::to_vec(&*revised.value).ok();
        let ignored = UnknownMembers::of_patch(R::KIND, &body, whole.as_deref());
        log_ignored(R::KIND, space, &ignored);
        Ok(self.revised(&revised, &ignored))
    }

    /// Checks the schema that a patch makes of the one that is stored.
    async fn check_schema_of_patch<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        patch: &MergePatch,
    ) -> Result<SchemaCheck, ApiError> {
        if R::KIND != Kind::EventType {
            return Ok(SchemaCheck::default());
        }
        let stored = self.store.get::<R>(space, id).await?;
        let patched = self
            .secrets
            .decode_update::<R>(space, id, &patch.applied_to(&*stored))?;
        self.check_schema(space, &patched).await
    }

    async fn revise<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        asked: (&Parts, &[u8]),
        revise: impl Fn(&R) -> Result<R, ConfigurationError> + Send + Sync + 'static,
    ) -> Result<Written<Arc<R>>, ApiError> {
        let revised = self.store.revise(space, id, revise).await;
        self.written(space, asked, revised).await
    }

    /// What a change made, or what its client is told instead.
    async fn written<R: Configured>(
        &self,
        space: &Space,
        asked: (&Parts, &[u8]),
        revised: Result<Written<Arc<R>>, StoreError>,
    ) -> Result<Written<Arc<R>>, ApiError> {
        let revised = match revised {
            Ok(revised) => revised,
            // Boxed: what hardly any request needs is not carried by all of them.
            Err(error) => return Err(Box::pin(self.unstorable(R::KIND, space, asked, error)).await),
        };
        tracing::debug!(%space, id = %revised.value.id(), "{} updated.", R::KIND.title());
        Ok(revised)
    }

    /// The answer to a change.
    fn revised<R: Configured>(&self, revised: &Written<Arc<R>>, ignored: &UnknownMembers) -> Response {
        let answer = self.answer_with(StatusCode::OK, &*revised.value);
        let answer = with_version(answer, revised.version.clone());
        with_warnings(answer, ignored, &*revised.value)
    }

    /// Removes a resource.
    pub(super) async fn remove<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        parts: &Parts,
    ) -> Result<Response, ApiError> {
        let precondition = Precondition::of(parts);
        let removed = if precondition.is_given() {
            let secrets = self.secrets.clone();
            let check = move |stored: &R| precondition.check(stored, &secrets);
            self.store.delete_checked(space, id, check).await?
        } else {
            self.store.delete::<R>(space, id).await?
        };
        tracing::debug!(%space, %id, "{} deleted.", R::KIND.title());
        Ok(with_version(no_content(), removed.version))
    }
}

//! All that is wrong with a document, each with its place.

use std::borrow::Cow;

use axum::response::Response;
use domain::configuration::PlanError;
use domain::refusal::Refusal;
use http::StatusCode;
use serde::Serialize;

use super::places::place;
use crate::error::{ApiError, json_line};

/// Most problems that are told of.
pub(super) const MOST_PROBLEMS: usize = 100;

/// What is wrong with a document.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
#[schema(as = ApplyErrors)]
pub(super) struct Problems {
    /// In the order of the document, 100 at most.
    errors: Vec<Problem>,
    /// The status of the first one.
    #[serde(skip)]
    #[schema(ignore)]
    status: Option<StatusCode>,
}

/// What is wrong with a resource of a document.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ApplyError)]
struct Problem {
    /// For people to read, beginning with the place of the resource in the document.
    message: String,
    /// Path of the member in the document, such as `functions[3].provider.url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    field: Option<String>,
    /// The rule that it breaks, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rule: Option<String>,
    /// What would be right, for people to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    hint: Option<String>,
}

impl Problems {
    pub(super) fn len(&self) -> usize {
        self.errors.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// One more; without a place it is about what the document does not have.
    pub(super) fn add(&mut self, place: Option<&str>, error: ApiError) {
        if self.len() >= MOST_PROBLEMS {
            return;
        }
        let (status, message, refusal) = error.into_parts();
        // One that is wrong in itself counts more than what is another's.
        let is_worse = status != StatusCode::CONFLICT;
        if self.status.is_none() || is_worse {
            self.status = Some(status);
        }
        let Refusal {
            field, rule, hint, ..
        } = refusal.unwrap_or_default();
        let field = match (place, field) {
            (Some(place), Some(field)) => Some(format!("{place}.{field}")),
            (place, _) => place.map(str::to_owned),
        };
        self.errors.push(Problem {
            message: place.map_or_else(|| message.clone(), |place| format!("{place}: {message}")),
            field,
            rule: rule.map(str::to_owned),
            hint: hint.map(Cow::into_owned),
        });
    }

    /// Those of a plan.
    pub(super) fn extend(&mut self, errors: Vec<PlanError>) {
        for PlanError { kind, at, error, .. } in errors {
            let place = at.map(|at| place(kind, at));
            self.add(place.as_deref(), error.into());
        }
    }

    /// The answer to such a document.
    pub(super) fn into_response(self) -> Response {
        json_line(self.status.unwrap_or(StatusCode::BAD_REQUEST), &self)
    }
}

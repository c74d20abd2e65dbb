//! Who changed what of a space: the records of its changes, as they are kept.

use axum::response::Response;
use domain::access::Scope;
use domain::audit::AuditRecord;
use domain::ids::Space;
use http::request::Parts;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::openapi::{ObjectBuilder, Type};

use super::ConfigApi;
use super::endpoint::{Action, Endpoint, Subject};
use super::openapi::blocks::{add_schema, in_space, json, limit, query_parameter, with_errors};
use super::parameters::{InvalidRequest, Query};
use crate::error::{ApiError, json_line};

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[Endpoint {
        path: &["audit"],
        actions: &[Action {
            method: Method::GET,
            labels: ("audit", "list"),
            scope: Scope::AuditRead,
            answer: |api, asked| Box::pin(api.list_audit(asked.space, asked.parts)),
            describe: || {
                let version = ObjectBuilder::new()
                    .schema_type(Type::Integer)
                    .minimum(Some(1))
                    .build();
                let list = in_space("listAudit", "Changes of a space, the newest first", "audit")
                    .parameter(limit())
                    .parameter(query_parameter(
                        "before",
                        "Only those that led to versions before this one: what the page before says as `next`.",
                        version,
                    ))
                    .response("200", json("The records.", "AuditList"));
                with_errors(list, &["400", "403"])
            },
        }],
    }],
    schemas: add_schema::<AuditList>,
};

/// Records of the changes of a space, the newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AuditList {
    /// Not more than asked for, and about a megabyte.
    records: Vec<SealedAuditRecord>,
    /// What `before` has to be for the next page, if there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

/// A record with its hash.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SealedAuditRecord {
    /// The record, in the form of RFC 8785.
    #[schema(value_type = AuditRecord)]
    record: Box<RawValue>,
    /// SHA-256 of the record in that form, in hexadecimal digits.
    hash: String,
}

impl ConfigApi {
    async fn list_audit(&self, space: &Space, parts: &Parts) -> Result<Response, ApiError> {
        let query = Query::of(parts, &["limit", "before"])?;
        let before = query.get("before").map(|text| match text.parse() {
            Ok(0) | Err(_) => Err(InvalidRequest::Before),
            Ok(before) => Ok(before),
        });
        let page = self
            .store
            .audit(space, before.transpose()?, query.limit()?)
            .await?;
        let last = page.records.last().filter(|_| page.has_more);
        let next = last.map(|record| record.version.to_string());
        let mut records = Vec::with_capacity(page.records.len());
        for kept in page.records {
            records.push(SealedAuditRecord {
                record: RawValue::from_string(kept.text)
                    .map_err(|_| ApiError::unreadable_audit(kept.version))?,
                hash: kept.hash,
            });
        }
        Ok(json_line(StatusCode::OK, &AuditList { records, next }))
    }
}

//! Versions of the schemas of event types: reading them, adding one that goes with those before it, and removing one. And
//! schemas that are made of events, which nobody adopts but who sends them back.

use axum::body::Body;
use axum::response::Response;
use domain::access::Scope;
use domain::configuration::ConfigurationError;
use domain::ids::{EventTypeName, Space};
use domain::json::Json;
use domain::resource::EventType;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use utoipa::openapi::path::OperationBuilder;
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{ContentBuilder, Required};

use super::endpoint::{Action, Endpoint, Subject};
use super::openapi::blocks::{
    add_schema, in_space, json, json_body, json_schema, ok, path_parameter, with_errors, writable_space,
};
use super::{ConfigApi, InvalidRequest, no_content, with_version};
use crate::body;
use crate::error::{ApiError, FaultErrors, json_answer, json_line};

mod check;
mod infer;

pub(super) use check::{SchemaCheck, check_newest, check_restored};

/// What a schema is served as.
pub(super) const MEDIA_TYPE: &str = "application/schema+json";

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[
        Endpoint {
            path: &["schemas", "infer"],
            actions: &[Action {
                method: Method::POST,
                labels: ("schema", "infer"),
                scope: Scope::ConfigRead,
                answer: |api, asked| Box::pin(api.infer_schema(asked)),
                describe: || {
                    let infer = in_space("inferSchema", "A schema made of events", "schemas")
                        .request_body(Some(json_body("SchemaSamples", Required::True)))
                        .response("200", json("The schema. It is not stored.", "InferredSchema"));
                    with_errors(infer, &["400", "403", "404", "408", "413", "501"])
                },
            }],
        },
        Endpoint {
            path: &["schemas", "{id}", "versions"],
            actions: &[
                Action {
                    method: Method::GET,
                    labels: ("schema", "list"),
                    scope: Scope::ConfigRead,
                    answer: |api, asked| {
                        Box::pin(async move {
                            api.list_versions(asked.space, &asked.id.into(), asked.parts)
                                .await
                        })
                    },
                    describe: || {
                        let list = of_type("listSchemaVersions", "Versions of the schema of an event type")
                            .response(
                                "200",
                                json("The versions, the newest first.", "SchemaVersionList"),
                            );
                        with_errors(list, &["404"])
                    },
                },
                Action {
                    method: Method::POST,
                    labels: ("schema", "create"),
                    scope: Scope::ConfigWrite,
                    answer: |api, asked| {
                        Box::pin(async move {
                            api.add_version(asked.space, &asked.id.into(), asked.parts, asked.body)
                                .await
                        })
                    },
                    describe: || {
                        let content = || ContentBuilder::new().schema(Some(json_schema())).build();
                        let schema = RequestBodyBuilder::new()
                            .description(Some("A JSON Schema."))
                            .content("application/json", content())
                            .content(MEDIA_TYPE, content())
                            .required(Some(Required::True))
                            .build();
                        let add = of_type("addSchemaVersion", "A new version of the schema of an event type")
                            .parameter(writable_space())
                            .request_body(Some(schema))
                            .response(
                                "200",
                                json("It says the same as the newest version.", "SchemaVersionSummary"),
                            )
                            .response("201", json("It is the newest version.", "SchemaVersionSummary"))
                            .response("409", json("It does not go with those before it.", "FaultErrors"));
                        with_errors(add, &["400", "404", "408", "413"])
                    },
                },
            ],
        },
        Endpoint {
            path: &["schemas", "{id}", "versions", "{version}"],
            actions: &[
                Action {
                    method: Method::GET,
                    labels: ("schema", "get"),
                    scope: Scope::ConfigRead,
                    answer: |api, asked| {
                        Box::pin(
                            async move { api.get_version(asked.space, &asked.id.into(), asked.parts).await },
                        )
                    },
                    describe: || {
                        let get = of_version("getSchemaVersion", "A version of the schema of an event type")
                            .response("200", ok("The schema.", Some((MEDIA_TYPE, json_schema()))));
                        with_errors(get, &["404"])
                    },
                },
                Action {
                    method: Method::DELETE,
                    labels: ("schema", "delete"),
                    scope: Scope::ConfigWrite,
                    answer: |api, asked| {
                        Box::pin(async move {
                            api.remove_version(asked.space, &asked.id.into(), asked.parts)
                                .await
                        })
                    },
                    describe: || {
                        let delete = of_version("deleteSchemaVersion", "Remove a version of a schema")
                            .response("204", ok("It is gone.", None));
                        with_errors(delete, &["404"])
                    },
                },
            ],
        },
    ],
    schemas: |components| {
        add_schema::<SchemaVersionList>(components);
        add_schema::<FaultErrors>(components);
        add_schema::<infer::SchemaSamples>(components);
        add_schema::<infer::InferredSchema>(components);
    },
};

fn of_type(id: &str, summary: &str) -> OperationBuilder {
    in_space(id, summary, "schemas").parameter(path_parameter("id", "Name of the event type."))
}

fn of_version(id: &str, summary: &str) -> OperationBuilder {
    of_type(id, summary).parameter(path_parameter("version", "Number of the version, or `latest`."))
}

/// Versions of the schema of an event type.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SchemaVersionList {
    /// The newest first.
    versions: Vec<SchemaVersionSummary>,
}

/// A version of a schema.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SchemaVersionSummary {
    /// Its number.
    version: u32,
    /// Where it is served: what events name as their `dataschema`.
    url: String,
    /// Bytes of its text.
    bytes: usize,
}

impl SchemaVersionSummary {
    fn of(event_type: &EventType, (version, schema): (u32, &Json), parts: &Parts) -> Self {
        Self {
            version,
            url: format!(
                "{}/v1/spaces/{}/schemas/{}/versions/{version}",
                base(parts),
                event_type.space,
                event_type.name
            ),
            bytes: schema.get().len(),
        }
    }
}

/// The address that a client asks under; nothing where it does not say.
pub(super) fn base(parts: &Parts) -> String {
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("host").or_else(|| parts.uri.authority().map(http::uri::Authority::as_str));
    let scheme = text("x-forwarded-proto")
        .filter(|proto| *proto == "https")
        .unwrap_or("http");
    host.map(|host| format!("{scheme}://{host}")).unwrap_or_default()
}

/// The version that a path names: the last segment that says anything.
fn version(parts: &Parts) -> &str {
    parts
        .uri
        .path()
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default()
}

fn find<'t>(event_type: &'t EventType, version: &str) -> Result<(u32, &'t Json), ApiError> {
    let found = match version {
        "latest" => event_type.newest_schema(),
        number => event_type
            .schema_versions()
            .find(|(known, _)| known.to_string() == number),
    };
    found.ok_or_else(|| ApiError::no_schema_version(event_type.name.as_str(), version))
}

impl ConfigApi {
    async fn list_versions(
        &self,
        space: &Space,
        id: &EventTypeName,
        parts: &Parts,
    ) -> Result<Response, ApiError> {
        let event_type = self.store.get::<EventType>(space, id).await?;
        let versions = event_type.schema_versions().rev();
        let versions = versions
            .map(|version| SchemaVersionSummary::of(&event_type, version, parts))
            .collect();
        Ok(json_line(StatusCode::OK, &SchemaVersionList { versions }))
    }

    async fn get_version(
        &self,
        space: &Space,
        id: &EventTypeName,
        parts: &Parts,
    ) -> Result<Response, ApiError> {
        let event_type = self.store.get::<EventType>(space, id).await?;
        let (_, schema) = find(&event_type, version(parts))?;
        let text = format!("{}\n", schema.get());
        let mut answer = json_answer(StatusCode::OK, text.into());
        let media_type = HeaderValue::from_static(MEDIA_TYPE);
        answer.headers_mut().insert(header::CONTENT_TYPE, media_type);
        Ok(answer)
    }

    async fn add_version(
        &self,
        space: &Space,
        id: &EventTypeName,
        parts: &Parts,
        body: Body,
    ) -> Result<Response, ApiError> {
        let body = body::read(parts, body, self.limits).await?;
        let schema = serde_json::from_slice::<Json>(&body).map_err(|err| {
            ApiError::from(InvalidRequest::from(domain::json::JsonError::Syntax {
                found: String::new(),
                line: err.line(),
                column: err.column(),
            }))
        })?;
        let stored = self.store.get::<EventType>(space, id).await?;
        let next = stored.with_schema(schema.clone());
        if next.schema_version == stored.schema_version {
            let newest = find(&stored, "latest")?;
            return Ok(json_line(
                StatusCode::OK,
                &SchemaVersionSummary::of(&stored, newest, parts),
            ));
        }
        let checked = self.check_schema_of(Some(&stored), next).await?;
        let add = move |now: &EventType| {
            checked.still_holds(now)?;
            Ok(now.with_schema(schema.clone()))
        };
        let written = self.store.revise(space, id, add).await?;
        let newest = find(&written.value, "latest")?;
        tracing::debug!(%space, id = %written.value.name, version = newest.0, "Schema version created.");
        let answer = json_line(
            StatusCode::CREATED,
            &SchemaVersionSummary::of(&written.value, newest, parts),
        );
        Ok(with_version(answer, written.version))
    }

    async fn remove_version(
        &self,
        space: &Space,
        id: &EventTypeName,
        parts: &Parts,
    ) -> Result<Response, ApiError> {
        let stored = self.store.get::<EventType>(space, id).await?;
        let (version, _) = find(&stored, version(parts))?;
        let remove = move |now: &EventType| {
            let without = now.without_schema(version);
            without.ok_or_else(|| ConfigurationError::SchemaChanged(now.name.clone()))
        };
        let written = self.store.revise(space, id, remove).await?;
        tracing::debug!(%space, id = %written.value.name, version, "Schema version deleted.");
        Ok(with_version(no_content(), written.version))
    }
}

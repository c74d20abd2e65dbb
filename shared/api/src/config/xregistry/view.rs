//! The same schemas by the HTTP API of xRegistry, read only: entity by entity, collections in pages, and schemas as they were
//! sent. What an xRegistry server may leave out is left out: flags, filters, and all that changes something.

use std::collections::BTreeMap;

use axum::response::Response;
use domain::access::Scope;
use domain::configuration::Stored;
use domain::resource::{EventType, MetadataFilter};
use http::header::{CONTENT_LOCATION, CONTENT_TYPE, LINK};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use offload::off_runtime;
use serde_json::{Map, Value, json};
use utoipa::openapi::ContentBuilder;
use utoipa::openapi::path::OperationBuilder;

use super::document::{listed, model};
use super::entities::Registry;
use super::place::{Page, Place};
use crate::config::ConfigApi;
use crate::config::endpoint::{Action, Endpoint, EndpointRequest, Subject};
use crate::config::openapi::blocks::{
    any_object, in_space, json_schema, limit, next_page, ok, path_parameter, with_errors,
};
use crate::config::schemas::{MEDIA_TYPE, base};
use crate::error::{ApiError, json_answer, json_bytes};

macro_rules! endpoints {
    ($($path:expr, $operation:literal, $id:literal, $summary:literal;)*) => {
        &[$(Endpoint {
            path: &$path,
            actions: &[Action {
                method: Method::GET,
                labels: ("xregistry", $operation),
                scope: Scope::ConfigRead,
                answer: |api, asked| Box::pin(api.xregistry_view(asked)),
                describe: || described($id, $summary, &$path),
            }],
        }),*]
    };
}

pub(in crate::config) static SUBJECT: Subject = Subject {
    endpoints: endpoints! {
        ["xregistry"], "get", "getXRegistry", "The registry of the schemas";
        ["xregistry", "capabilities"], "get", "getXRegistryCapabilities", "What the registry can do";
        ["xregistry", "modelsource"], "get", "getXRegistryModel", "What the registry holds";
        ["xregistry", "schemagroups"], "list", "listXRegistryGroups", "The groups: the space";
        ["xregistry", "schemagroups", "{schemagroupid}"], "get", "getXRegistryGroup", "A group";
        ["xregistry", "schemagroups", "{schemagroupid}", "schemas"], "list", "listXRegistrySchemas", "The schemas of a group";
        ["xregistry", "schemagroups", "{schemagroupid}", "schemas", "{schemaid}"], "get", "getXRegistrySchema", "A schema as it was sent, or with `$details` what is known of it";
        ["xregistry", "schemagroups", "{schemagroupid}", "schemas", "{schemaid}", "meta"], "get", "getXRegistryMeta", "What the versions of a schema have in common";
        ["xregistry", "schemagroups", "{schemagroupid}", "schemas", "{schemaid}", "versions"], "list", "listXRegistryVersions", "The versions of a schema";
        ["xregistry", "schemagroups", "{schemagroupid}", "schemas", "{schemaid}", "versions", "{versionid}"], "get", "getXRegistryVersion", "A version of a schema as it was sent, or with `$details` what is known of it";
    },
    schemas: |_| {},
};

fn described(id: &str, summary: &str, path: &[&str]) -> OperationBuilder {
    let mut get = in_space(id, summary, "catalog");
    for (segment, description) in [
        ("{schemagroupid}", "Name of the space."),
        ("{schemaid}", "Name of an event type."),
        ("{versionid}", "Number of a version."),
    ] {
        if path.contains(&segment) {
            get = get.parameter(path_parameter(segment.trim_matches(['{', '}']), description));
        }
    }
    let is_paged = matches!(path.last(), Some(&("schemas" | "versions")));
    if is_paged {
        get = get.parameter(limit()).parameter(next_page());
    }
    let mut answer = ok("What was asked for.", Some(("application/json", any_object())));
    if matches!(path.last(), Some(&("{schemaid}" | "{versionid}"))) {
        let schema = ContentBuilder::new().schema(Some(json_schema())).build();
        answer = answer.content(MEDIA_TYPE, schema);
    }
    let errors: &[&str] = if is_paged { &["400", "404"] } else { &["404"] };
    with_errors(get.response("200", answer), errors)
}

impl ConfigApi {
    async fn xregistry_view(&self, asked: EndpointRequest<'_>) -> Result<Response, ApiError> {
        let EndpointRequest { space, parts, .. } = asked;
        let place = Place::of(parts.uri.path())?;
        let page = Page::of(parts)?;
        let all = MetadataFilter::default();
        let (event_types, settings) = tokio::try_join!(
            self.store.list_stored::<EventType>(space, &all),
            self.settings_or_unset(space),
        )?;
        let base = format!("{}/v1/spaces/{space}/xregistry", base(parts));
        let space = space.clone();
        off_runtime(move || {
            let schemas: BTreeMap<&str, &Stored<EventType>> = listed(&event_types)
                .map(|stored| (stored.resource.name.as_str(), stored))
                .collect();
            Registry {
                base: &base,
                space: space.as_str(),
                description: settings.description.as_deref(),
                schemas,
            }
            .answer(&place, &page)
        })
        .await
    }
}

impl Registry<'_> {
    fn answer(&self, place: &Place, page: &Page) -> Result<Response, ApiError> {
        let entity = |value: &Map<String, Value>| json_answer(StatusCode::OK, json_bytes(value));
        Ok(match place {
            Place::Registry => entity(&self.registry()),
            Place::Capabilities => entity(&capabilities()),
            Place::Model => json_answer(StatusCode::OK, json_bytes(&model())),
            Place::Groups => {
                let groups = self.groups().map(|group| (group.to_owned(), self.group().into()));
                entity(&groups.collect())
            }
            Place::Group(group) => {
                self.known_group(group)?;
                entity(&self.group())
            }
            Place::Schemas(group) => {
                self.known_group(group)?;
                let names = self.schemas.keys().copied();
                let (names, next) = page.of_all(names, |name| (*name).to_owned());
                let schemas = names.into_iter().filter_map(|name| self.schemas.get(name));
                let schemas = schemas.map(|stored| {
                    let details = self.schema(stored, true);
                    (stored.resource.name.to_string(), details.into())
                });
                let answer = entity(&schemas.collect());
                let url = format!("{}{}/schemas", self.base, self.group_xid());
                with_link(answer, &url, page, next, self.schemas.len())
            }
            Place::Schema {
                group,
                schema,
                details,
            } => {
                let stored = self.known_schema(group, schema)?;
                let attributes = self.schema(stored, *details);
                if *details {
                    return Ok(entity(&attributes));
                }
                let newest = stored.resource.newest_schema();
                let (version, text) = newest.ok_or_else(|| no_version(schema, "latest"))?;
                let location = format!("{}{}/versions/{version}", self.base, self.schema_xid(schema));
                document(text.get(), &attributes, &location)
            }
            Place::Meta { group, schema } => entity(&self.meta(self.known_schema(group, schema)?)),
            Place::Versions { group, schema } => {
                let event_type = &self.known_schema(group, schema)?.resource;
                let numbers: Vec<u32> = event_type.schema_versions().map(|(number, _)| number).collect();
                let count = numbers.len();
                // In the order of their numbers, which ten digits keep where texts are compared.
                let (numbers, next) = page.of_all(numbers.into_iter(), |number| format!("{number:010}"));
                let versions = numbers.into_iter().filter_map(|number| {
                    let stored = self.schemas.get(schema.as_str())?;
                    Some((number.to_string(), self.version(stored, number, true)?.into()))
                });
                let answer = entity(&versions.collect());
                let url = format!("{}{}/versions", self.base, self.schema_xid(schema));
                with_link(answer, &url, page, next, count)
            }
            Place::Version {
                group,
                schema,
                version,
                details,
            } => {
                let stored = self.known_schema(group, schema)?;
                let missing = || no_version(schema, version);
                let mut all = stored.resource.schema_versions();
                let (number, text) = all
                    .find(|(number, _)| number.to_string() == *version)
                    .ok_or_else(missing)?;
                let attributes = self.version(stored, number, *details).ok_or_else(missing)?;
                if *details {
                    return Ok(entity(&attributes));
                }
                let location = format!("{}{}/versions/{number}", self.base, self.schema_xid(schema));
                document(text.get(), &attributes, &location)
            }
        })
    }
}

fn no_version(schema: &str, version: &str) -> ApiError {
    ApiError::no_schema_version(schema, version)
}

/// What of the API there is.
fn capabilities() -> Map<String, Value> {
    let capabilities = json!({
        "available": ["/capabilities", "/export", "/modelsource"],
        "flags": [],
        "ignores": [],
        "mutable": [],
        "pagination": true,
        "shortself": false,
        "specversions": ["1.0-rc4"],
    });
    match capabilities {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// An answer with the place of the next page, and how many entities all pages have.
fn with_link(mut answer: Response, url: &str, page: &Page, next: Option<String>, count: usize) -> Response {
    let Some(next) = next else { return answer };
    let link = format!("<{url}?limit={}&next={next}>;rel=next;count={count}", page.limit);
    if let Ok(link) = HeaderValue::try_from(link) {
        answer.headers_mut().insert(LINK, link);
    }
    answer
}

/// A schema as it was sent, with what is known of it in headers.
fn document(text: &str, attributes: &Map<String, Value>, location: &str) -> Response {
    let mut answer = json_answer(StatusCode::OK, format!("{text}\n").into());
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    if let Ok(location) = HeaderValue::try_from(location) {
        headers.insert(CONTENT_LOCATION, location);
    }
    for (name, text) in attributes
        .iter()
        .flat_map(|(name, value)| as_headers(name, value))
    {
        let name = HeaderName::try_from(format!("xregistry-{name}"));
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(text)) {
            headers.insert(name, value);
        }
    }
    answer
}

/// Characters that a header cannot have as they are.
const ESCAPED: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'%');

/// The headers of an attribute: one, or one for each label.
fn as_headers(name: &str, value: &Value) -> Vec<(String, String)> {
    let escaped = |text: &str| percent_encoding::utf8_percent_encode(text, ESCAPED).to_string();
    match value {
        // The media type is a header already.
        _ if name == "contenttype" => Vec::new(),
        Value::Object(labels) => labels
            .iter()
            .filter_map(|(key, value)| Some((format!("{name}.{key}"), escaped(value.as_str()?))))
            .collect(),
        Value::String(text) => vec![(name.to_owned(), escaped(text))],
        other => vec![(name.to_owned(), other.to_string())],
    }
}

//! What there is in a space and who uses it: event types and functions with their subscribers, found by words.

use std::collections::HashMap;
use std::sync::Arc;

use axum::response::Response;
use domain::access::Scope;
use domain::ids::Space;
use domain::resource::{EventType, Function, MetadataFilter, Subscription, SubscriptionType, Validation};
use http::request::Parts;
use http::{Method, StatusCode};
use offload::off_runtime_for;
use serde::Serialize;

use super::ConfigApi;
use super::endpoint::{Action, Endpoint, Subject};
use super::openapi::blocks::{add_schema, filter, in_space, json, limit, next_page, with_errors};
use super::parameters::Query;
use crate::error::{ApiError, json_answer, json_bytes};

mod words;

use words::Words;

/// Most subscriptions that an entry lists.
const MOST_SUBSCRIPTIONS: usize = 50;

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[Endpoint {
        path: &["catalog"],
        actions: &[Action {
            method: Method::GET,
            labels: ("catalog", "list"),
            scope: Scope::ConfigRead,
            answer: |api, asked| Box::pin(api.catalog(asked.space, asked.parts)),
            describe: || {
                let list = in_space("listCatalog", "What there is, and who uses it", "catalog")
                    .parameter(filter(
                        "q",
                        "Only what has all of these words in its name, description, owner, tags or labels.",
                    ))
                    .parameter(limit())
                    .parameter(next_page())
                    .response("200", json("A page of entries.", "Catalog"));
                with_errors(list, &["400"])
            },
        }],
    }],
    schemas: add_schema::<Catalog>,
};

/// What there is in a space.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Catalog {
    /// Event types, then functions, each in the order of their names.
    entries: Vec<CatalogEntry>,
    /// Where to go on, if there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

/// An event type or a function.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct CatalogEntry {
    kind: CatalogKind,
    /// Name of the event type, or identifier of the function.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    /// Newest version of the schema of an event type.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    schema_version: Option<u32>,
    /// What becomes of events of the type that do not fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    validation: Option<Validation>,
    /// Type of the provider of a function.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    provider: Option<&'static str>,
    /// Who subscribes to the event type, or what the function subscribes to: the first 50.
    subscriptions: Vec<CatalogSubscription>,
    /// How many subscriptions there are.
    subscription_count: usize,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
enum CatalogKind {
    EventType,
    Function,
}

/// Who gets what, from where.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct CatalogSubscription {
    subscription_id: String,
    #[serde(rename = "type")]
    kind: SubscriptionType,
    event_type: String,
    function_id: String,
    method: String,
    path: String,
}

/// The resources of a space.
struct Resources {
    event_types: Vec<Arc<EventType>>,
    functions: Vec<Arc<Function>>,
    subscriptions: Vec<Arc<Subscription>>,
}

impl ConfigApi {
    async fn catalog(&self, space: &Space, parts: &Parts) -> Result<Response, ApiError> {
        let query = Query::of(parts, &["q", "limit", "next"])?;
        let (words, limit) = (Words::of(query.get("q").unwrap_or_default()), query.limit()?);
        let next = query.get("next").map(str::to_owned);
        let all = MetadataFilter::default();
        let (event_types, functions, subscriptions) = tokio::try_join!(
            self.store.list::<EventType>(space, &all),
            self.store.list::<Function>(space, &all),
            self.store.list::<Subscription>(space, &all),
        )?;
        let resources = Resources {
            event_types,
            functions,
            subscriptions,
        };
        let page = move || json_bytes(&resources.page(&words, limit, next.as_deref()));
        let body = off_runtime_for(space.as_str(), page);
        Ok(json_answer(StatusCode::OK, body.await))
    }
}

impl Resources {
    fn page(&self, words: &Words, limit: usize, after: Option<&str>) -> Catalog {
        // Lists are in descending order.
        let types = self
            .event_types
            .iter()
            .rev()
            .map(|one| (format!("eventType/{}", one.name), Entry::EventType(one)));
        let functions = self
            .functions
            .iter()
            .rev()
            .map(|one| (format!("function/{}", one.function_id), Entry::Function(one)));
        let mut found = types
            .chain(functions)
            .filter(|(place, _)| after.is_none_or(|after| place.as_str() > after))
            .filter(|(_, entry)| entry.has(words));
        let page: Vec<_> = found.by_ref().take(limit).collect();
        let next = found.next().and(page.last()).map(|(place, _)| place.clone());
        let by_type = grouped(&self.subscriptions, |subscription| {
            subscription.event_type.as_str()
        });
        let by_function = grouped(&self.subscriptions, |subscription| {
            subscription.function_id.as_str()
        });
        let entries = page.iter().map(|(_, entry)| match entry {
            Entry::EventType(event_type) => of_type(event_type, &by_type),
            Entry::Function(function) => of_function(function, &by_function),
        });
        Catalog {
            entries: entries.collect(),
            next,
        }
    }
}

#[derive(Clone, Copy)]
enum Entry<'r> {
    EventType(&'r EventType),
    Function(&'r Function),
}

impl Entry<'_> {
    fn has(self, words: &Words) -> bool {
        let (id, described, metadata) = match self {
            Self::EventType(event_type) => (
                event_type.name.as_str(),
                &event_type.described,
                &event_type.metadata,
            ),
            Self::Function(function) => (
                function.function_id.as_str(),
                &function.described,
                &function.metadata,
            ),
        };
        let texts = [
            Some(id),
            described.description.as_deref(),
            described.owner.as_deref(),
        ];
        let labels = metadata
            .iter()
            .flat_map(|(key, value)| [key.as_str(), value.as_str()]);
        words.are_in(
            texts
                .into_iter()
                .flatten()
                .chain(described.tags.iter().map(String::as_str))
                .chain(labels),
        )
    }
}

type Grouped<'r> = HashMap<&'r str, Vec<&'r Subscription>>;

fn grouped<'r>(all: &'r [Arc<Subscription>], key: impl Fn(&'r Subscription) -> &'r str) -> Grouped<'r> {
    let mut groups = Grouped::new();
    for subscription in all.iter().rev() {
        groups.entry(key(subscription)).or_default().push(subscription);
    }
    groups
}

/// Subscriptions to an event type, to all that begin like it, and to all.
fn subscribers<'r>(name: &str, by_type: &Grouped<'r>) -> Vec<&'r Subscription> {
    let patterns = name
        .match_indices('.')
        .map(|(at, _)| format!("{}*", &name[..=at]));
    let names = patterns.chain([name.to_owned(), "*".to_owned()]);
    names
        .filter_map(|name| by_type.get(name.as_str()))
        .flatten()
        .copied()
        .collect()
}

fn of_type(event_type: &EventType, by_type: &Grouped<'_>) -> CatalogEntry {
    let subscriptions = subscribers(event_type.name.as_str(), by_type);
    CatalogEntry {
        kind: CatalogKind::EventType,
        id: event_type.name.to_string(),
        description: event_type.described.description.clone(),
        owner: event_type.described.owner.clone(),
        tags: event_type.described.tags.clone(),
        schema_version: event_type.schema_version,
        validation: Some(event_type.validation),
        provider: None,
        subscriptions: listed(&subscriptions),
        subscription_count: subscriptions.len(),
    }
}

fn of_function(function: &Function, by_function: &Grouped<'_>) -> CatalogEntry {
    let subscriptions = by_function
        .get(function.function_id.as_str())
        .map(Vec::as_slice)
        .unwrap_or_default();
    CatalogEntry {
        kind: CatalogKind::Function,
        id: function.function_id.to_string(),
        description: function.described.description.clone(),
        owner: function.described.owner.clone(),
        tags: function.described.tags.clone(),
        schema_version: None,
        validation: None,
        provider: Some(function.provider.type_name()),
        subscriptions: listed(subscriptions),
        subscription_count: subscriptions.len(),
    }
}

fn listed(subscriptions: &[&Subscription]) -> Vec<CatalogSubscription> {
    let first = subscriptions.iter().take(MOST_SUBSCRIPTIONS);
    let listed = first.map(|subscription| CatalogSubscription {
        subscription_id: subscription.subscription_id.to_string(),
        kind: subscription.r#type,
        event_type: subscription.event_type.to_string(),
        function_id: subscription.function_id.to_string(),
        method: subscription.method.clone(),
        path: subscription.path.clone(),
    });
    listed.collect()
}

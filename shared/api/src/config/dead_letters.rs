//! Dead letters of a space: looking at them, deleting them, queueing them again.

use axum::body::Body;
use axum::response::Response;
use domain::access::Scope;
use domain::dead_letter::{DeadLetter, DeadLetterPage, DeadLetterSelection, DeadLetterSummary};
use domain::ids::{DeliveryId, Space, SubscriptionId};
use http::request::Parts;
use http::{Method, StatusCode};
use serde::Serialize;
use utoipa::openapi::Required;
use utoipa::openapi::path::OperationBuilder;

use super::endpoint::{Action, Endpoint, Subject};
use super::openapi::blocks::{
    add_schema, all, filter, in_space, json, json_body, limit, next_page, of_subscription as subscription,
    ok, path_parameter, with_errors,
};
use super::parameters::{InvalidRequest, MAX_LIMIT, Query};
use super::selectors::{Known, Selectors};
use super::{ConfigApi, no_content};
use crate::body;
use crate::error::{ApiError, json_line};

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[
        Endpoint {
            path: &["deadletters"],
            actions: &[
                Action {
                    method: Method::GET,
                    labels: ("deadletter", "list"),
                    scope: Scope::DeliveriesRead,
                    answer: |api, asked| Box::pin(api.list_dead_letters(asked.space, asked.parts)),
                    describe: || {
                        let list = in_space("listDeadLetters", "Dead letters, the oldest first", TAG)
                            .parameter(subscription())
                            .parameter(limit())
                            .parameter(next_page())
                            .parameter(filter(
                                "events",
                                "`false` leaves the events out, `true`, the default, does not.",
                            ))
                            .response("200", json("A page of them.", "DeadLetterList"));
                        with_errors(list, &["400", "503"])
                    },
                },
                Action {
                    method: Method::DELETE,
                    labels: ("deadletter", "delete"),
                    scope: Scope::DlqWrite,
                    answer: |api, asked| {
                        Box::pin(api.purge_dead_letters(asked.space, asked.parts, asked.body))
                    },
                    describe: || {
                        let summary = "Delete one dead letter, those of a subscription, or all";
                        let purge = selected(in_space("purgeDeadLetters", summary, TAG))
                            .response("200", json("They are gone.", "DeletedDeadLetters"));
                        with_errors(purge, &["400", "404", "408", "413", "503"])
                    },
                },
            ],
        },
        Endpoint {
            path: &["deadletters", "redrive"],
            actions: &[Action {
                method: Method::POST,
                labels: ("deadletter", "redrive"),
                scope: Scope::DlqWrite,
                answer: |api, asked| Box::pin(api.redrive(asked.space, asked.parts, asked.body)),
                describe: || {
                    let summary = "Queue dead letters again, the oldest first";
                    let redrive = selected(in_space("redriveDeadLetters", summary, TAG))
                        .parameter(limit())
                        .request_body(Some(json_body("Redrive", Required::False)))
                        .response("200", json("They are queued.", "RedrivenDeadLetters"));
                    with_errors(redrive, &["400", "404", "408", "413", "503"])
                },
            }],
        },
        Endpoint {
            path: &["deadletters", "{deliveryId}"],
            actions: &[
                Action {
                    method: Method::GET,
                    labels: ("deadletter", "get"),
                    scope: Scope::PayloadsRead,
                    answer: |api, asked| {
                        Box::pin(async move { api.get_dead_letter(asked.space, &asked.id.into()).await })
                    },
                    describe: || {
                        let get = in_space("getDeadLetter", "One dead letter", TAG)
                            .parameter(path_parameter("deliveryId", "Identifier of the delivery."))
                            .response("200", json("The dead letter.", "DeadLetter"));
                        with_errors(get, &["404", "503"])
                    },
                },
                Action {
                    method: Method::DELETE,
                    labels: ("deadletter", "delete"),
                    scope: Scope::DlqWrite,
                    answer: |api, asked| Box::pin(api.delete_dead_letter(asked.space, asked.id.into())),
                    describe: || {
                        let delete = in_space("deleteDeadLetter", "Delete one dead letter", TAG)
                            .parameter(path_parameter("deliveryId", "Identifier of the delivery."))
                            .response("204", ok("It is gone.", None));
                        with_errors(delete, &["404", "503"])
                    },
                },
            ],
        },
    ],
    schemas: |components| {
        add_schema::<DeadLetterList>(components);
        add_schema::<DeletedDeadLetters>(components);
        add_schema::<Redrive>(components);
        add_schema::<RedrivenDeadLetters>(components);
    },
};

const TAG: &str = "deadLetters";

/// What dead letters are selected by, besides all of them.
const SELECTORS: &[&str] = &["deliveryId", "subscriptionId"];

/// What both of deleting and queueing again take in the query; a body says the same.
fn selected(operation: OperationBuilder) -> OperationBuilder {
    operation
        .parameter(filter("deliveryId", "Only this one."))
        .parameter(subscription())
        .parameter(all())
}

/// Dead letters, the oldest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeadLetterList {
    /// Not more than asked for; there can be fewer although more follow.
    dead_letters: Vec<ListedDeadLetter>,
    /// Value of the query parameter `next` that asks for those that follow; absent when none do.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// How many dead letters of the space were dropped, because they were too old or too many, since all of the space
    /// were last deleted; absent when none were.
    #[serde(skip_serializing_if = "is_zero")]
    dropped: u64,
}

/// A dead letter as a list shows it: whole, or without its event.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(super) enum ListedDeadLetter {
    /// With its event.
    Whole(Box<DeadLetter>),
    /// Without.
    Summary(Box<DeadLetterSummary>),
}

/// How many dead letters were deleted.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct DeletedDeadLetters {
    /// How many.
    deleted: usize,
}

/// Which dead letters are to be queued again: a single one, those of a subscription, or all. One of these has to be
/// said, here or in the query.
#[derive(Debug, utoipa::ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it only describes what selectors are read from")]
pub(super) struct Redrive {
    /// A single one.
    #[schema(min_length = 1)]
    delivery_id: Option<String>,
    /// Dead letters of a subscription.
    #[schema(min_length = 1)]
    subscription_id: Option<String>,
    /// `true` means all of the space.
    all: Option<bool>,
    /// At most so many, the oldest first; 1000 by default and at most.
    #[schema(minimum = 1)]
    limit: Option<usize>,
}

/// How many dead letters were queued again.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RedrivenDeadLetters {
    /// How many.
    redriven: usize,
    /// Whether there may be more: then ask again.
    more: bool,
}

/// The dead letters that a request selects; it has to say so in one way.
fn selection(selectors: &Selectors) -> Result<DeadLetterSelection, InvalidRequest> {
    match (selectors.get("deliveryId"), selectors.get("subscriptionId")) {
        (Some(_), Some(_)) => Err(InvalidRequest::Exclusive("deliveryId", "subscriptionId")),
        _ if !selectors.is_decided() => Err(InvalidRequest::AllOrOne),
        (Some(id), None) => Ok(DeadLetterSelection::One(id.into())),
        (None, Some(id)) => Ok(DeadLetterSelection::OfSubscription(id.into())),
        (None, None) => Ok(DeadLetterSelection::All),
    }
}

impl DeadLetterList {
    fn of<T>(page: DeadLetterPage<T>, show: impl Fn(T) -> ListedDeadLetter) -> Self {
        Self {
            dead_letters: page.dead_letters.into_iter().map(show).collect(),
            next: page.next,
            dropped: page.dropped,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands on references")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl ConfigApi {
    async fn list_dead_letters(&self, space: &Space, parts: &Parts) -> Result<Response, ApiError> {
        let query = Query::of(parts, &["subscriptionId", "limit", "next", "events"])?;
        let subscription = query.get("subscriptionId").map(SubscriptionId::from);
        let (subscription, limit, after) = (subscription.as_ref(), query.limit()?, query.get("next"));
        let list = if query.flag("events", true)? {
            let page = self.dead_letters.list(space, subscription, limit, after).await?;
            DeadLetterList::of(page, |letter| ListedDeadLetter::Whole(Box::new(letter)))
        } else {
            let page = self
                .dead_letters
                .summaries(space, subscription, limit, after)
                .await?;
            DeadLetterList::of(page, |letter| ListedDeadLetter::Summary(Box::new(letter)))
        };
        Ok(json_line(StatusCode::OK, &list))
    }

    async fn get_dead_letter(&self, space: &Space, id: &DeliveryId) -> Result<Response, ApiError> {
        let found = self.dead_letters.get(space, id).await?;
        let dead_letter = found.ok_or_else(|| ApiError::no_dead_letter(id))?;
        Ok(json_line(StatusCode::OK, &dead_letter))
    }

    async fn delete_dead_letter(&self, space: &Space, id: DeliveryId) -> Result<Response, ApiError> {
        let one = DeadLetterSelection::One(id.clone());
        if self.dead_letters.purge(space, &one).await? == 0 {
            return Err(ApiError::no_dead_letter(&id));
        }
        tracing::debug!(%space, %id, "Dead letter deleted.");
        Ok(no_content())
    }

    async fn purge_dead_letters(
        &self,
        space: &Space,
        parts: &Parts,
        body: Body,
    ) -> Result<Response, ApiError> {
        let body = body::read(parts, body, self.limits).await?;
        let known = Known {
            texts: SELECTORS,
            limit: false,
        };
        let selection = selection(&Selectors::read(parts, &body, known)?)?;
        let deleted = self.dead_letters.purge(space, &selection).await?;
        if let DeadLetterSelection::One(id) = &selection
            && deleted == 0
        {
            return Err(ApiError::no_dead_letter(id));
        }
        tracing::info!(%space, deleted, "Dead letters deleted.");
        Ok(json_line(StatusCode::OK, &DeletedDeadLetters { deleted }))
    }

    async fn redrive(&self, space: &Space, parts: &Parts, body: Body) -> Result<Response, ApiError> {
        let body = body::read(parts, body, self.limits).await?;
        let known = Known {
            texts: SELECTORS,
            limit: true,
        };
        let selectors = Selectors::read(parts, &body, known)?;
        let selection = selection(&selectors)?;
        let limit = selectors.limit().unwrap_or(MAX_LIMIT).min(MAX_LIMIT);
        let redriven = self.dead_letters.redrive(space, &selection, limit).await?;
        let mut more = redriven.more;
        if let DeadLetterSelection::One(id) = &selection {
            if redriven.count == 0 {
                return Err(ApiError::no_dead_letter(id));
            }
            // With a limit of one the queue cannot know.
            more = false;
        }
        tracing::info!(%space, redriven = redriven.count, "Dead letters queued again.");
        let redriven = redriven.count;
        Ok(json_line(StatusCode::OK, &RedrivenDeadLetters { redriven, more }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_those_of_a_subscription_or_all_have_to_be_said() {
        let decode = |body: &str| {
            let (parts, ()) = http::Request::get("/").body(()).unwrap().into_parts();
            let known = Known {
                texts: SELECTORS,
                limit: true,
            };
            let read = Selectors::read(&parts, body.as_bytes(), known);
            read.and_then(|selectors| selection(&selectors))
                .map_err(|err| err.to_string())
        };
        for (body, want) in [
            (r#"{"all":true,"limit":3}"#, DeadLetterSelection::All),
            (
                r#"{"deliveryId":"d","limit":5000}"#,
                DeadLetterSelection::One("d".into()),
            ),
            (
                r#"{"SubscriptionID":"s","limit":1}"#,
                DeadLetterSelection::OfSubscription("s".into()),
            ),
        ] {
            assert_eq!(decode(body), Ok(want), "{body}");
        }
        for (body, want) in [
            ("", "\"all\": true"),
            ("{}", "\"all\": true"),
            (r#"{"limit":1}"#, "\"all\": true"),
            (r#"{"deliveryId":"d","all":true}"#, "instead of them"),
            (r#"{"deliveryId":"d","subscriptionId":"s"}"#, "exclude each other"),
            (r#"{"functionId":"f"}"#, "member \"functionId\" is not known"),
        ] {
            let text = decode(body).unwrap_err();
            assert!(text.contains(want), "{body}: {text}");
        }
    }

    #[test]
    fn the_last_page_names_no_next() {
        let list = |next, dropped| DeadLetterList {
            dead_letters: Vec::new(),
            next,
            dropped,
        };
        let json = |list| serde_json::to_string(&list).unwrap();
        assert_eq!(json(list(None, 0)), r#"{"deadLetters":[]}"#);
        assert_eq!(
            json(list(Some("n".to_owned()), 7)),
            r#"{"deadLetters":[],"next":"n","dropped":7}"#
        );
    }
}

//! Keys of a space: made, shown, rolled and deleted. The secret of a key is shown in the answer that made it and never again.

use axum::body::Body;
use axum::response::Response;
use clocks::epoch_millis;
use domain::access::Scope;
use domain::api_key::{ID_LENGTH, SECRET_LENGTH, SecretDigest, key_text};
use domain::ids::{KeyId, Space};
use domain::resource::{ApiKey, Kind, Resource as _};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use utoipa::openapi::Required;
use utoipa::openapi::path::OperationBuilder;

use super::caller::Caller;
use super::endpoint::{Action, Endpoint, EndpointRequest, Subject};
use super::etag::{Precondition, with_etag};
use super::openapi::blocks::{
    add_schema, if_match, in_space, json, json_body, ok, path_parameter, with_errors,
};
use super::openapi::{add_input_schema, field_validation};
use super::parameters::{self, InvalidRequest, filter};
use super::random::digits;
use super::unknown_members::with_warnings;
use super::{ConfigApi, no_content, with_version};
use crate::body;
use crate::error::{ApiError, json_line};

/// Seconds for which a secret is taken once another has its place, unless the request says.
const DEFAULT_OVERLAP_SECONDS: u64 = 24 * 60 * 60;

/// Most that a request may say.
const MAX_OVERLAP_SECONDS: u64 = 30 * 24 * 60 * 60;

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[
        Endpoint {
            path: &["keys"],
            actions: &[
                Action {
                    method: Method::GET,
                    labels: ("key", "list"),
                    scope: Scope::KeysAdmin,
                    answer: |api, asked| Box::pin(api.list_keys(asked.space, asked.parts)),
                    describe: || {
                        let list = in_space("listKeys", "The keys of a space", "keys");
                        with_errors(list.response("200", json("The keys.", "KeyList")), &["403"])
                    },
                },
                Action {
                    method: Method::POST,
                    labels: ("key", "create"),
                    scope: Scope::KeysAdmin,
                    answer: |api, asked| {
                        Box::pin(api.create_key(asked.space, asked.caller, asked.parts, asked.body))
                    },
                    describe: || {
                        let create = in_space("createKey", "A new key", "keys")
                            .parameter(field_validation())
                            .request_body(Some(json_body("NewKey", Required::True)))
                            .response("201", json("The key, which is shown only now.", "IssuedKey"));
                        with_errors(create, &["400", "403", "413"])
                    },
                },
            ],
        },
        Endpoint {
            path: &["keys", "{id}"],
            actions: &[
                Action {
                    method: Method::GET,
                    labels: ("key", "get"),
                    scope: Scope::KeysAdmin,
                    answer: |api, asked| {
                        Box::pin(async move { api.get_key(asked.space, &asked.id.into()).await })
                    },
                    describe: || {
                        let get = of_key("getKey", "One key").response("200", json("The key.", "ApiKey"));
                        with_errors(get, &["403", "404"])
                    },
                },
                Action {
                    method: Method::DELETE,
                    labels: ("key", "delete"),
                    scope: Scope::KeysAdmin,
                    answer: |api, asked| {
                        Box::pin(async move {
                            let id = asked.id.into();
                            api.delete_key(asked.space, &id, asked.caller, asked.parts).await
                        })
                    },
                    describe: || {
                        let delete = of_key("deleteKey", "Revoke a key")
                            .parameter(if_match())
                            .response("204", ok("It is gone.", None));
                        with_errors(delete, &["403", "404", "412"])
                    },
                },
            ],
        },
        Endpoint {
            path: &["keys", "{id}", "roll"],
            actions: &[Action {
                method: Method::POST,
                labels: ("key", "roll"),
                scope: Scope::KeysAdmin,
                answer: |api, asked| Box::pin(async move { api.roll_key(asked).await }),
                describe: || {
                    let roll = of_key("rollKey", "Give a key another secret, in two steps")
                        .parameter(if_match())
                        .request_body(Some(json_body("KeyRoll", Required::False)))
                        .response(
                            "200",
                            json("The key, and a new secret if it got one.", "IssuedKey"),
                        );
                    with_errors(roll, &["400", "403", "404", "412", "413"])
                },
            }],
        },
    ],
    schemas: |components| {
        add_schema::<ApiKey>(components);
        add_schema::<KeyList>(components);
        add_schema::<IssuedKey>(components);
        add_schema::<KeyRoll>(components);
        add_input_schema::<ApiKey>("NewKey", components);
    },
};

fn of_key(id: &str, summary: &str) -> OperationBuilder {
    in_space(id, summary, "keys").parameter(path_parameter("id", "Identifier of the key."))
}

/// The keys of a space.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct KeyList {
    /// In descending order of their ids.
    keys: Vec<ApiKey>,
}

/// A key in the answer that made it, or one of its secrets.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct IssuedKey {
    #[serde(flatten)]
    shown: ApiKey,
    /// What clients send. It is not kept, and not shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    key: Option<String>,
}

/// How a key is rolled.
#[derive(Debug, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyRoll {
    /// In the second step: for how many seconds the secret that was active is taken; 86400 by default, 2592000 at most.
    #[schema(minimum = 0, maximum = 2_592_000)]
    overlap_seconds: Option<u64>,
}

impl KeyRoll {
    fn decode(body: &[u8]) -> Result<Self, InvalidRequest> {
        let object = parameters::object_or_nothing(body)?;
        if let Some((name, _)) = object
            .members()
            .find(|(name, _)| !name.eq_ignore_ascii_case("overlapSeconds"))
        {
            let name = name.to_owned();
            return Err(InvalidRequest::UnknownMember { name });
        }
        let overlap_seconds = match object.integer("overlapSeconds")? {
            None => None,
            Some(seconds) => match u64::try_from(seconds) {
                Ok(seconds) if seconds <= MAX_OVERLAP_SECONDS => Some(seconds),
                _ => {
                    return Err(InvalidRequest::Overlap {
                        limit: MAX_OVERLAP_SECONDS,
                    });
                }
            },
        };
        Ok(Self { overlap_seconds })
    }

    fn overlap_millis(&self) -> u64 {
        self.overlap_seconds.unwrap_or(DEFAULT_OVERLAP_SECONDS) * 1000
    }
}

/// An answer with a secret, which nobody between must keep.
fn issued(status: StatusCode, stored: &ApiKey, key: Option<String>) -> Response {
    let shown = stored.shown();
    let mut response = with_etag(
        json_line(
            status,
            &IssuedKey {
                shown: shown.clone(),
                key,
            },
        ),
        &shown,
    );
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl ConfigApi {
    async fn list_keys(&self, space: &Space, parts: &Parts) -> Result<Response, ApiError> {
        let keys = self.store.list::<ApiKey>(space, &filter(parts)).await?;
        let keys = keys.iter().map(|key| key.shown()).collect();
        Ok(json_line(StatusCode::OK, &KeyList { keys }))
    }

    async fn get_key(&self, space: &Space, id: &KeyId) -> Result<Response, ApiError> {
        let shown = self.store.get::<ApiKey>(space, id).await?.shown();
        Ok(with_etag(json_line(StatusCode::OK, &shown), &shown))
    }

    async fn create_key(
        &self,
        space: &Space,
        caller: &Caller,
        parts: &Parts,
        body: Body,
    ) -> Result<Response, ApiError> {
        let body = body::read(parts, body, self.limits).await?;
        let id = KeyId::from(digits::<ID_LENGTH>()?);
        let key = ApiKey::decode(space, Some(&id), &body)
            .map_err(|error| self.unreadable(Kind::Key, false, &body, error.into()))?;
        let ignored = self.ignored_members(Kind::Key, space, parts, &body)?;
        caller.check_may_issue(&key)?;
        let now = epoch_millis();
        if key.expires_at.is_some_and(|end| end.millis() <= now) {
            let title = Kind::Key.title();
            return Err(ApiError::invalid(format!(
                "{title} doesn't validate. Validation error: expiresAt is in the past"
            )));
        }
        let secret = digits::<SECRET_LENGTH>()?;
        let key = key.with_secret(SecretDigest::of(&secret), now);
        let created = self.store.create(key).await?;
        tracing::debug!(%space, %id, "Key created.");
        let answer = issued(StatusCode::CREATED, &created.value, Some(key_text(&id, &secret)));
        Ok(with_warnings(
            with_version(answer, created.version),
            &ignored,
            &*created.value,
        ))
    }

    async fn delete_key(
        &self,
        space: &Space,
        id: &KeyId,
        caller: &Caller,
        parts: &Parts,
    ) -> Result<Response, ApiError> {
        // What a key allows never changes, so that this holds until it is gone.
        let stored = self.store.get::<ApiKey>(space, id).await?;
        caller.check_covers(&stored)?;
        let (precondition, secrets) = (Precondition::of(parts), self.secrets.clone());
        let check = move |stored: &ApiKey| precondition.check(&stored.shown(), &secrets);
        let removed = self.store.delete_checked(space, id, check).await?;
        tracing::debug!(%space, %id, "Key deleted.");
        Ok(with_version(no_content(), removed.version))
    }

    async fn roll_key(&self, asked: EndpointRequest<'_>) -> Result<Response, ApiError> {
        let (space, id) = (asked.space, KeyId::from(asked.id));
        let overlap =
            KeyRoll::decode(&body::read(asked.parts, asked.body, self.limits).await?)?.overlap_millis();
        let stored = self.store.get::<ApiKey>(space, &id).await?;
        asked.caller.check_may_issue(&stored)?;
        let secret = digits::<SECRET_LENGTH>()?;
        let (digest, now) = (SecretDigest::of(&secret), epoch_millis());
        let (precondition, secrets) = (Precondition::of(asked.parts), self.secrets.clone());
        let roll = move |stored: &ApiKey| {
            precondition.check(&stored.shown(), &secrets)?;
            Ok(stored.rolled(digest, now, overlap))
        };
        let rolled = self.store.revise(space, &id, roll).await?;
        tracing::debug!(%space, %id, "Key rolled.");
        // The second step takes no new secret.
        let key = rolled.value.has_secret(&digest).then(|| key_text(&id, &secret));
        Ok(with_version(
            issued(StatusCode::OK, &rolled.value, key),
            rolled.version,
        ))
    }
}

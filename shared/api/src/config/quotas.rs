//! Quotas of a space: what it may have and do, how much of that is left, and which plan says so.

use axum::response::Response;
use domain::access::Scope;
use domain::configuration::Snapshot;
use domain::ids::Space;
use domain::quota::{Quota, QuotaPlan, QuotaRate};
use domain::resource::{ApiKey, Cors, EventType, Function, Kind, Subscription};
use http::request::Parts;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::Number;

use super::ConfigApi;
use super::endpoint::{Action, Endpoint, Subject};
use super::openapi::blocks::{add_schema, in_space, json, with_errors};
use super::parameters::Query;
use crate::error::{ApiError, json_line};

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[Endpoint {
        path: &["quotas"],
        actions: &[Action {
            method: Method::GET,
            labels: ("quota", "list"),
            scope: Scope::ConfigRead,
            answer: |api, asked| Box::pin(api.list_quotas(asked.space, asked.parts)),
            describe: || {
                let list = in_space("listQuotas", "What a space may have and do", "spaces");
                with_errors(list.response("200", json("Its quotas.", "QuotaList")), &["400"])
            },
        }],
    }],
    schemas: |components| add_schema::<QuotaList>(components),
};

/// The quotas of a space.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct QuotaList {
    /// The space.
    #[schema(value_type = String)]
    space: Space,
    /// The plan that it is on; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    plan: Option<&'static str>,
    /// All that is bounded, or would be by a plan.
    quotas: Vec<QuotaStatus>,
}

/// A quota of a space.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = QuotaStatus)]
pub(super) struct QuotaStatus {
    /// Its name.
    quota: &'static str,
    /// How many there may be, of a rate in a second; absent where there is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, nullable = false)]
    limit: Option<Number>,
    /// Of a rate: how many at once after a while without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    burst: Option<u32>,
    /// Of a rate: the seconds that `limit` is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    window_seconds: Option<u32>,
    /// How many there are, where that is known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    used: Option<usize>,
    /// How many more there may be now. Of a rate: how many are not leased by any process.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    remaining: Option<usize>,
    /// The plan that says so; absent where it is a setting of the gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    plan: Option<&'static str>,
}

impl QuotaStatus {
    fn unlimited(quota: Quota) -> Self {
        Self {
            quota: quota.name(),
            limit: None,
            burst: None,
            window_seconds: None,
            used: None,
            remaining: None,
            plan: None,
        }
    }

    /// Of what is counted one by one: a plan has the last word, where it has one.
    fn counted(
        quota: Quota,
        (planned, bound): (Option<(&'static str, usize)>, Option<usize>),
        used: Option<usize>,
    ) -> Self {
        let limit = planned.map(|(_, limit)| limit).or(bound);
        Self {
            limit: limit.map(|limit| (limit as u64).into()),
            used,
            remaining: limit.zip(used).map(|(limit, used)| limit.saturating_sub(used)),
            plan: planned.map(|(name, _)| name),
            ..Self::unlimited(quota)
        }
    }

    fn rated(quota: Quota, plan: &'static str, rate: QuotaRate, remaining: u32) -> Self {
        Self {
            limit: Number::from_f64(rate.per_second()),
            burst: Some(rate.burst()),
            window_seconds: Some(1),
            remaining: usize::try_from(remaining).ok(),
            plan: Some(plan),
            ..Self::unlimited(quota)
        }
    }
}

impl ConfigApi {
    async fn list_quotas(&self, space: &Space, parts: &Parts) -> Result<Response, ApiError> {
        Query::of(parts, &[])?;
        let state = self.store.space_state(space).await?;
        let plan = self.store.rules().plan(state.snapshot.settings());
        let mut quotas = Vec::with_capacity(Quota::ALL.len());
        for quota in Quota::ALL {
            let rate = plan.and_then(|(name, plan)| Some((name, plan.rate(quota)?)));
            quotas.push(match rate {
                Some((name, rate)) => {
                    let left = self.store.tokens_left(space, quota, rate.fill_rate()).await?;
                    QuotaStatus::rated(quota, name, rate, left)
                }
                None => self.counted((space, &state.snapshot), quota, plan),
            });
        }
        let list = QuotaList {
            space: space.clone(),
            plan: plan.map(|(name, _)| name),
            quotas,
        };
        Ok(json_line(StatusCode::OK, &list))
    }

    fn counted(
        &self,
        (space, snapshot): (&Space, &Snapshot),
        quota: Quota,
        plan: Option<(&'static str, &'static QuotaPlan)>,
    ) -> QuotaStatus {
        let planned = plan.and_then(|(name, plan)| Some((name, plan.count(quota)?)));
        let rules = self.store.rules();
        let bound = |kind: Kind| rules.bound_of(kind);
        let (bound, used) = match quota {
            Quota::Events | Quota::Deliveries => (None, None),
            // What a space has of the room without a plan depends on the others.
            Quota::Waiting => (None, self.queue.waiting_of(space)),
            Quota::SyncCalls => (self.max_sync_calls_per_space, None),
            Quota::EventTypes => (bound(Kind::EventType), Some(snapshot.count::<EventType>())),
            Quota::Functions => (bound(Kind::Function), Some(snapshot.count::<Function>())),
            Quota::Subscriptions => (bound(Kind::Subscription), Some(snapshot.count::<Subscription>())),
            Quota::Cors => (bound(Kind::Cors), Some(snapshot.count::<Cors>())),
            Quota::Keys => (bound(Kind::Key), Some(snapshot.count::<ApiKey>())),
            // Nobody is made to wait for it where it does not matter.
            Quota::ConfigurationBytes => (None, planned.map(|_| snapshot.bytes())),
        };
        QuotaStatus::counted(quota, (planned, bound), used)
    }
}

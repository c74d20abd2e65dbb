//! What a space uses, by the hour or the day.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use clocks::epoch_millis;
use domain::access::Scope;
use domain::ids::Space;
use domain::timestamp::Timestamp;
use domain::usage::{HOUR_MILLIS, UsageCounts};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use utoipa::openapi::path::OperationBuilder;
use utoipa::openapi::{ContentBuilder, ObjectBuilder, Type};

use super::ConfigApi;
use super::endpoint::{Action, Endpoint, Subject};
use super::openapi::blocks::{add_schema, filter, in_space, json, query_parameter, text, with_errors};
use super::parameters::Query;
use crate::error::{ApiError, json_line};

mod csv;
mod period;

use csv::wants_csv;
use period::{Granularity, Period};

pub(super) static SUBJECT: Subject = Subject {
    endpoints: &[Endpoint {
        path: &["usage"],
        actions: &[Action {
            method: Method::GET,
            labels: ("usage", "list"),
            scope: Scope::UsageRead,
            answer: |api, asked| Box::pin(api.list_usage(asked.space, asked.parts)),
            describe,
        }],
    }],
    schemas: add_schema::<UsageReport>,
};

fn describe() -> OperationBuilder {
    let granularity = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["hour", "day"]))
        .build();
    let csv = ContentBuilder::new().schema(Some(text())).build();
    let report = json("What it used.", "UsageReport").content("text/csv", csv);
    let list = in_space("listUsage", "What a space used, by the hour or the day", "spaces")
        .parameter(filter(
            "from",
            "A time or date in the first period; a day or 30 days before the last one unless given.",
        ))
        .parameter(filter(
            "to",
            "The end, which rounds up to that of a period; now unless given.",
        ))
        .parameter(query_parameter(
            "granularity",
            "Length of a period, in UTC: `day` unless given.",
            granularity,
        ))
        .response("200", report);
    with_errors(list, &["400", "501"])
}

/// What a space used.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct UsageReport {
    /// The space.
    #[schema(value_type = String)]
    space: Space,
    /// Length of a period.
    granularity: Granularity,
    /// Begin of the first period.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// End of the last one.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// The periods in which something was used, in their order.
    usage: Vec<UsagePeriod>,
    /// All of them together.
    total: UsageCounts,
}

/// What a space used in a period.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct UsagePeriod {
    /// Begin of the period.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// What it used.
    #[serde(flatten)]
    counts: UsageCounts,
}

impl ConfigApi {
    async fn list_usage(&self, space: &Space, parts: &Parts) -> Result<Response, ApiError> {
        let query = Query::of(parts, &["from", "to", "granularity"])?;
        let Period { granularity, hours } = Period::of(&query, epoch_millis())?;
        let usage = self.usage.as_ref().ok_or_else(ApiError::usage_uncounted)?;
        // What this process has counted until now is in the answer. Others write theirs when it is time.
        usage.flush().await;
        let mut total = UsageCounts::default();
        let mut by_start = BTreeMap::<u64, UsageCounts>::new();
        for (hour, counts) in self.store.usage(space, hours.clone()).await? {
            total += counts;
            *by_start.entry(granularity.start(hour)).or_default() += counts;
        }
        let usage = by_start.into_iter().filter(|(_, counts)| !counts.is_zero());
        let usage = usage.map(|(hour, counts)| UsagePeriod {
            start: begin(hour),
            counts,
        });
        let report = UsageReport {
            space: space.clone(),
            granularity,
            from: begin(hours.start),
            to: begin(hours.end),
            usage: usage.collect(),
            total,
        };
        let mut response = if wants_csv(&parts.headers) {
            let media_type = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
            let periods = report.usage.iter();
            let lines = csv::lines(periods.map(|period| (period.start, period.counts)));
            ([(header::CONTENT_TYPE, media_type)], lines).into_response()
        } else {
            json_line(StatusCode::OK, &report)
        };
        let vary = HeaderValue::from_static("Accept");
        response.headers_mut().append(header::VARY, vary);
        Ok(response)
    }
}

fn begin(hour: u64) -> Timestamp {
    Timestamp::of_millis(hour.saturating_mul(HOUR_MILLIS))
}

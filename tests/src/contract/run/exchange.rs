//! Requests of a step and the judgement of their answers.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{Differences, Run, TIMEOUT, fault, no_differences};
use crate::{
    client::{Answer, Api, ExchangeError, Request},
    contract::{expectations, matching::lookup, metrics, request, step::Step},
};

/// How long counters may lag behind what they count, and how often they are looked at.
const METRICS_DEADLINE: Duration = Duration::from_secs(4);
const METRICS_INTERVAL: Duration = Duration::from_millis(50);

/// Redirects that `follow` follows.
const MAX_REDIRECTS: usize = 3;

impl Run<'_> {
    /// Sends the request of a step, if it has one, and checks what comes back.
    pub(super) async fn exchange(&mut self, step: &Step) -> Result<(), Differences> {
        let limit = step
            .request
            .timeout
            .map_or(Ok(TIMEOUT), Duration::try_from_secs_f64)
            .map_err(|e| fault(&e))?;
        let began = Instant::now();
        if let Some(bytes) = &step.request.wire {
            let api = if step.r#in.as_deref() == Some("config") {
                Api::Config
            } else {
                Api::Events
            };
            let exchanged = self.host.send_raw(api, bytes.as_bytes(), limit).await;
            return self.judge(step, api, exchanged, began.elapsed());
        }
        let Some((api, request)) = request::build(&step.request, &self.environment).map_err(|e| fault(&e))?
        else {
            return Ok(());
        };
        self.note_space(api, &request);
        let Some(times) = step.request.parallel else {
            let exchanged = self.send(api, &request, limit, step.request.follow).await;
            return self.judge(step, api, exchanged, began.elapsed());
        };
        let sent = (0..times).map(|_| self.host.send(api, &request, limit));
        let answers = futures::future::try_join_all(sent).await.map_err(|e| fault(&e))?;
        let refused = answers.iter().filter(|answer| answer.status >= 400).count();
        self.environment.save("nok", (answers.len() - refused).into());
        self.environment.save("nbad", refused.into());
        no_differences(expectations::check_parallel(&step.expect, &answers))
    }

    async fn send(
        &self,
        api: Api,
        request: &Request,
        limit: Duration,
        follow: bool,
    ) -> Result<Answer, ExchangeError> {
        let mut answer = self.host.send(api, request, limit).await?;
        for _ in 0..if follow { MAX_REDIRECTS } else { 0 } {
            let location = answer
                .header_values("Location")
                .first()
                .and_then(|location| location.parse::<http::Uri>().ok());
            let (301 | 302 | 307 | 308, Some(location)) = (answer.status, location) else {
                break;
            };
            let target = location
                .path_and_query()
                .map_or("/", http::uri::PathAndQuery::as_str)
                .to_owned();
            answer = self
                .host
                .send(
                    api,
                    &Request {
                        target,
                        ..request.clone()
                    },
                    limit,
                )
                .await?;
        }
        Ok(answer)
    }

    fn judge(
        &mut self,
        step: &Step,
        api: Api,
        exchanged: Result<Answer, ExchangeError>,
        took: Duration,
    ) -> Result<(), Differences> {
        let answer = match exchanged {
            Err(ExchangeError::Closed) if step.expect.closed => return Ok(()),
            Ok(answer) if step.expect.closed => {
                return Err(vec![format!(
                    "expected the connection to be closed, got {}",
                    answer.status
                )]);
            }
            exchanged => exchanged.map_err(|e| fault(&e))?,
        };
        no_differences(expectations::check(&step.expect, api, &answer, took))?;
        let body = answer.json().unwrap_or_default();
        for (name, path) in &step.save {
            let value = lookup(&body, path).ok_or_else(|| vec![format!("answer has no {path:?} to save")])?;
            self.environment.save(name, value);
        }
        Ok(())
    }

    pub(super) async fn poll_metrics(&self, expected: &BTreeMap<String, Value>) -> Result<(), Differences> {
        let deadline = Instant::now() + METRICS_DEADLINE;
        loop {
            let page = self.get("/v1/metrics").await?.text();
            let differences = metrics::check(expected, &page);
            if differences.is_empty() || Instant::now() > deadline {
                return no_differences(differences);
            }
            tokio::time::sleep(METRICS_INTERVAL).await;
        }
    }

    /// Reads from the Configuration API.
    pub(super) async fn get(&self, target: &str) -> Result<Answer, Differences> {
        let request = Request {
            method: "GET".to_owned(),
            target: target.to_owned(),
            ..Request::default()
        };
        self.host
            .send(Api::Config, &request, TIMEOUT)
            .await
            .map_err(|e| fault(&e))
    }
}

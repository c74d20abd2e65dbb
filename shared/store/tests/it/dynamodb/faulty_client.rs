//! Clients whose calls fail as planned: before the database has seen them, or after it has done what they ask for.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

use super::config;

/// What happens to a call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// The table has no capacity left.
    Throttled,
    /// The service fails.
    Unavailable,
    /// The transaction is canceled for a reason.
    Canceled(&'static str),
    /// The database never sees it, and no answer comes.
    TimedOut,
    /// The database does it, and its answer is lost.
    AnswerLost,
}

/// The faults to come, by name of the operation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan(Arc<Mutex<VecDeque<(&'static str, Fault)>>>);

impl Plan {
    /// Has the next calls of an operation that are not planned for yet fail so, one each.
    pub(crate) fn add(&self, operation: &'static str, faults: impl IntoIterator<Item = Fault>) {
        let faults = faults.into_iter().map(|fault| (operation, fault));
        self.0.lock().unwrap().extend(faults);
    }

    /// Whether everything that was planned has happened.
    pub(crate) fn is_done(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }

    /// Drops what has not happened yet.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    fn next(&self, target: &str) -> Option<Fault> {
        let mut faults = self.0.lock().unwrap();
        let at = faults
            .iter()
            .position(|(operation, _)| target.ends_with(&format!(".{operation}")))?;
        faults.remove(at).map(|(_, fault)| fault)
    }
}

/// A client of the database at an endpoint whose calls follow a plan.
pub(crate) fn faulty_client(endpoint: &str, plan: &Plan) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let plan = plan.clone();
    let faulty = http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Connector {
            sound: http.http_connector(settings, components),
            plan: plan.clone(),
        })
    });
    // What the SDK repeats by itself, it repeats at once.
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    Client::from_conf(config(endpoint).http_client(faulty).retry_config(retries).build())
}

#[derive(Debug)]
struct Connector {
    sound: SharedHttpConnector,
    plan: Plan,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let timeout = || ConnectorError::timeout("no answer".into());
        match self.plan.next(target) {
            None => self.sound.call(request),
            Some(Fault::TimedOut) => HttpConnectorFuture::ready(Err(timeout())),
            Some(Fault::AnswerLost) => {
                let call = self.sound.call(request);
                HttpConnectorFuture::new(async move {
                    assert!(call.await.unwrap().status().is_success());
                    Err(timeout())
                })
            }
            Some(Fault::Throttled) => failed(400, "ProvisionedThroughputExceededException", ""),
            Some(Fault::Unavailable) => failed(500, "InternalServerError", ""),
            Some(Fault::Canceled(code)) => {
                let reasons = format!(r#","CancellationReasons":[{{"Code":"{code}"}},{{"Code":"None"}}]"#);
                failed(400, "TransactionCanceledException", &reasons)
            }
        }
    }
}

fn failed(status: u16, error: &str, members: &str) -> HttpConnectorFuture {
    let body =
        format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{error}","message":"planned"{members}}}"#);
    let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
    HttpConnectorFuture::ready(Ok(response))
}

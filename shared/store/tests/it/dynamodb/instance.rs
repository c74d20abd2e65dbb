//! Stores whose time can be shifted, whose way to the database can fail, and whose calls are counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, ConfigBag, Credentials, Intercept, Region, RuntimeComponents,
};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodbstreams::Client as StreamsClient;
use domain::routing::RoutingTable;
use domain::space_version::SpaceVersion;
use store::{DynamoDb, DynamoDbSettings, Store, StoreError};

use super::shift::Shift;
use super::{TestTable, config};

/// Far more than a test takes: what has to happen earlier happens because the clock is shifted, or never.
pub(crate) const HOUR: Duration = Duration::from_hours(1);

/// A store as one of another process.
pub(crate) struct Instance {
    /// The handle that only embedded and other stores have in common.
    pub(crate) store: Store,
    /// The handle itself.
    pub(crate) dynamodb: DynamoDb,
    /// Its clocks.
    pub(crate) shift: Arc<Shift>,
    /// How often it sent a query: one for the versions, one for the items of each space that it reads.
    queries: Arc<AtomicUsize>,
}

impl Instance {
    /// One that confirms its routes alongside after an hour and before it serves after two.
    pub(crate) fn new(table: &TestTable) -> Self {
        Self::at(table, &table.endpoint, HOUR, 2 * HOUR)
    }

    /// One that reaches the table through another endpoint, with other bounds.
    pub(crate) fn at(
        table: &TestTable,
        endpoint: &str,
        revalidate_after: Duration,
        max_staleness: Duration,
    ) -> Self {
        let queries = Arc::new(AtomicUsize::new(0));
        let client = Client::from_conf(
            config(endpoint)
                .interceptor(QueryCounter(queries.clone()))
                .build(),
        );
        let settings = DynamoDbSettings {
            revalidate_after,
            max_staleness,
            ..table.settings()
        };
        let shift = Arc::new(Shift::default());
        let dynamodb = DynamoDb::with_clock(client, settings, shift.clock());
        Self {
            store: Store::DynamoDb(dynamodb.clone()),
            dynamodb,
            shift,
            queries,
        }
    }

    /// The routes of a request that begins now.
    pub(crate) async fn routes(&self) -> Result<Arc<RoutingTable>, StoreError> {
        self.store.routing_table(&[]).await
    }

    /// The routes of a request that has to see a write.
    pub(crate) async fn routes_since(&self, version: SpaceVersion) -> Result<Arc<RoutingTable>, StoreError> {
        self.store.routing_table(&[version]).await
    }

    /// How many queries were sent.
    pub(crate) fn queries(&self) -> usize {
        self.queries.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
struct QueryCounter(Arc<AtomicUsize>);

impl Intercept for QueryCounter {
    fn name(&self) -> &'static str {
        "QueryCounter"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let target = context
            .request()
            .headers()
            .get("x-amz-target")
            .unwrap_or_default();
        if target.ends_with(".Query") {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// A client of the streams of a database.
pub(crate) fn streams(endpoint: &str) -> StreamsClient {
    let config = aws_sdk_dynamodbstreams::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    StreamsClient::from_conf(config)
}

/// Waits until something is so. Fails when it is not for long, with what was waited for.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(tokio::time::Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

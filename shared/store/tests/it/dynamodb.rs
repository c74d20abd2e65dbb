//! The store in DynamoDB, and tables to try it on.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    StreamSpecification, StreamViewType,
};
use domain::configuration::SpaceRules;
use store::{AuditLimits, DynamoDb, DynamoDbSettings, Store};

mod buckets;
mod dead_letter_faults;
mod dead_letter_garbage;
mod dead_letters;
mod deduplication;
mod encryption;
mod faults;
mod faulty_client;
pub(crate) mod instance;
mod keys;
mod kms_peer;
mod limits;
mod link;
mod publisher;
mod races;
mod replacement;
mod routes;
mod sealed_functions;
mod shift;
mod snapshot_figures;
mod staleness;
mod stream_tail;
mod world;

/// Where another DynamoDB than that of the test process is, such as AWS's own DynamoDB Local.
const ENDPOINT: &str = "EVENT_GATEWAY_TEST_DYNAMODB_ENDPOINT";

/// A table of one test, as the template of the deployment makes it.
pub(crate) struct TestTable {
    /// A client of the database that it is in.
    pub(crate) client: Client,
    /// Where the database is.
    pub(crate) endpoint: String,
    /// Its name.
    pub(crate) name: String,
}

impl TestTable {
    /// Makes a table: in a database of its own in this process, unless the environment names another database.
    pub(crate) async fn create() -> Self {
        let endpoint = match std::env::var(ENDPOINT) {
            Ok(endpoint) => endpoint,
            Err(_) => start_database().await,
        };
        let table = Self {
            client: client(&endpoint),
            endpoint,
            name: format!("event-gateway-test-{:016x}", fastrand::u64(..)),
        };
        table.create_table().await;
        table
    }

    /// A store in the table, with the usual settings. Each is as one of another process.
    pub(crate) fn store(&self) -> Store {
        Store::DynamoDb(DynamoDb::new(self.client.clone(), self.settings()))
    }

    /// The usual settings: the bound of an event function, and time enough for any race.
    pub(crate) fn settings(&self) -> DynamoDbSettings {
        DynamoDbSettings {
            pauses_by_request: false,
            table: self.name.clone(),
            revalidate_after: Duration::from_secs(1),
            max_staleness: Duration::from_secs(2),
            write_timeout: Duration::from_mins(1),
            kms: None,
            rules: SpaceRules::default(),
            dead_letter_max_age: None,
            audit: Some(AuditLimits::USUAL),
            usage_age: store::USUAL_USAGE_AGE,
        }
    }

    /// Writes an item that no store would write.
    pub(crate) async fn put(&self, attributes: impl IntoIterator<Item = (&str, AttributeValue)>) {
        let item = attributes
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        let put = self.client.put_item().table_name(&self.name);
        put.set_item(Some(item.collect())).send().await.unwrap();
    }

    /// One attribute of an item.
    pub(crate) async fn attribute(&self, pk: &str, sk: &str, name: &str) -> Option<AttributeValue> {
        let get = self.client.get_item().table_name(&self.name);
        let get = get.key("pk", text(pk)).key("sk", text(sk));
        let item = get.consistent_read(true).send().await.unwrap().item?;
        item.get(name).cloned()
    }

    /// All items of some partitions.
    pub(crate) async fn items(&self, partitions: &[&str]) -> Vec<HashMap<String, AttributeValue>> {
        let mut items = Vec::new();
        for partition in partitions {
            let query = self.client.query().table_name(&self.name).consistent_read(true);
            let query = query
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", text(*partition));
            let mut pages = query.into_paginator().items().send();
            while let Some(item) = pages.next().await {
                items.push(item.unwrap());
            }
        }
        items
    }

    /// Removes one item.
    pub(crate) async fn remove_item(&self, pk: &str, sk: &str) {
        let delete = self.client.delete_item().table_name(&self.name);
        let delete = delete.key("pk", text(pk)).key("sk", text(sk));
        delete.send().await.unwrap();
    }

    /// Removes all items of some partitions.
    pub(crate) async fn remove(&self, partitions: &[&str]) {
        for mut item in self.items(partitions).await {
            item.retain(|name, _| name == "pk" || name == "sk");
            let delete = self.client.delete_item().table_name(&self.name);
            delete.set_key(Some(item)).send().await.unwrap();
        }
    }

    /// Removes the table.
    pub(crate) async fn delete(self) {
        let delete = self.client.delete_table().table_name(&self.name);
        delete.send().await.unwrap();
    }

    async fn create_table(&self) {
        let key = |name: &str, kind: KeyType| {
            KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(kind)
                .build()
                .unwrap()
        };
        let attribute = |name: &str| {
            AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .unwrap()
        };
        let stream = StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(StreamViewType::NewImage)
            .build()
            .unwrap();
        self.client
            .create_table()
            .table_name(&self.name)
            .key_schema(key("pk", KeyType::Hash))
            .key_schema(key("sk", KeyType::Range))
            .attribute_definitions(attribute("pk"))
            .attribute_definitions(attribute("sk"))
            .billing_mode(BillingMode::PayPerRequest)
            .stream_specification(stream)
            .send()
            .await
            .unwrap();
    }
}

/// A text attribute.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(crate) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Starts a database in this process; it ends with the test's runtime.
async fn start_database() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let database = dynoxide::Database::memory().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    format!("http://{address}")
}

fn client(endpoint: &str) -> Client {
    Client::from_conf(config(endpoint).build())
}

fn config(endpoint: &str) -> aws_sdk_dynamodb::config::Builder {
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
}

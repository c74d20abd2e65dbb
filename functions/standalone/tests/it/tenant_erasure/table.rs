//! A table of DynamoDB, in a database in the memory of the process, and a look at all that is in it.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use domain::configuration::SpaceRules;
use store::{AuditLimits, DynamoDb, DynamoDbSettings};

const NAME: &str = "event-gateway";

/// A table.
pub(super) struct TestTable(Client);

impl TestTable {
    /// Makes an empty one.
    pub(super) async fn create() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let database = dynoxide::Database::memory().unwrap();
        tokio::spawn(dynoxide::server::serve_on(listener, database));
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(format!("http://{address}"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        let table = Self(Client::from_conf(config.build()));
        table.create_in_database().await;
        table
    }

    async fn create_in_database(&self) {
        let mut call = self
            .0
            .create_table()
            .table_name(NAME)
            .billing_mode(BillingMode::PayPerRequest);
        for (name, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
            let key = KeySchemaElement::builder().attribute_name(name).key_type(kind);
            let attribute = AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S);
            call = call
                .key_schema(key.build().unwrap())
                .attribute_definitions(attribute.build().unwrap());
        }
        call.send().await.unwrap();
    }

    /// A store in it, as one of a process of its own.
    pub(super) fn store(&self) -> DynamoDb {
        let settings = DynamoDbSettings {
            pauses_by_request: false,
            table: NAME.to_owned(),
            revalidate_after: Duration::from_secs(1),
            max_staleness: Duration::from_secs(2),
            write_timeout: Duration::from_mins(1),
            kms: None,
            rules: SpaceRules::default(),
            dead_letter_max_age: None,
            audit: Some(AuditLimits::USUAL),
            usage_age: store::USUAL_USAGE_AGE,
        };
        DynamoDb::new(self.0.clone(), settings)
    }

    /// The items that name one of these anywhere: all but the records of changes, and what those go on from who make or follow
    /// changes, which is the number of the last one and that one itself.
    pub(super) async fn items_of(&self, names: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        let mut items = self.0.scan().table_name(NAME).into_paginator().items().send();
        while let Some(item) = items.next().await {
            let item = item.unwrap();
            let text = |name: &str| item[name].as_s().unwrap().clone();
            let (pk, sk) = (text("pk"), text("sk"));
            if pk.starts_with("AUDIT#") || pk == "VERSIONS" || sk == "CHANGE" {
                continue;
            }
            let shown = format!("{item:?}");
            let is_of_a_name =
                |character: char| character.is_ascii_alphanumeric() || "-:".contains(character);
            if shown
                .split(|character| !is_of_a_name(character))
                .any(|word| names.contains(&word))
            {
                found.push(format!("{pk}/{sk}"));
            }
        }
        found.sort();
        found
    }
}

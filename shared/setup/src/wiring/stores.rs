//! The configuration store: embedded, with its key file, or in `DynamoDB`, with its key of KMS.

use std::time::Duration;

use aws::{Client, Service};
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use domain::configuration::SpaceRules;
use domain::quota::PlansError;
use domain::routing::PathOwnership;
use store::{DynamoDb, DynamoDbSettings, Embedded, EmbeddedSettings, KeyFile, KmsKey, Store};

use super::WiringError;
use crate::aws::{Aws, CONNECT_TIMEOUT};
use crate::settings::{Settings, StoreKind};

/// Longest time that one attempt of a call of `DynamoDB` or KMS may take.
const DYNAMODB_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest time that a call of KMS may take, with all of its attempts: requests to all spaces may wait for it.
const KMS_TIMEOUT: Duration = Duration::from_secs(1);

/// The store of the kind that is set.
pub(super) async fn open(all: &Settings, aws: &Aws<'_>) -> Result<Store, WiringError> {
    let settings = &all.store;
    match settings.kind {
        StoreKind::DynamoDb => Ok(Store::DynamoDb(dynamodb(all, aws.config().await?)?)),
        // Nobody may believe that secrets are encrypted when they are not.
        StoreKind::Embedded if settings.kms_key_id.is_some() => Err(WiringError::KmsWithEmbedded),
        StoreKind::Embedded => Ok(Store::Embedded(Embedded::open(EmbeddedSettings {
            directory: settings.embed_data_dir.clone(),
            cache_bytes: settings.store_cache_bytes,
            keys: match &settings.encryption_key_file {
                Some(path) => Some(KeyFile::read(path)?),
                None => None,
            },
            rules: space_rules(all)?,
            audit: all.audit.limits(),
            usage_age: all.usage.usage_max_age,
        })?)),
    }
}

/// The store in `DynamoDB`, whatever kind is set. Does no I/O.
pub(super) fn dynamodb(all: &Settings, aws: &SdkConfig) -> Result<DynamoDb, WiringError> {
    let settings = &all.store;
    if settings.encryption_key_file.is_some() {
        return Err(WiringError::KeyFileWithDynamoDb);
    }
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(DYNAMODB_ATTEMPT_TIMEOUT)
        .build();
    let config = aws_sdk_dynamodb::config::Builder::from(aws)
        .timeout_config(timeouts.clone())
        .build();
    let kms = settings.kms_key_id.as_ref().map(|key_id| KmsKey {
        client: Client::new(
            Service::Kms,
            &aws.to_builder()
                .timeout_config(timeouts.to_builder().operation_timeout(KMS_TIMEOUT).build())
                .build(),
        ),
        key_id: key_id.clone(),
        bound_to: settings.kms_bound_table.clone(),
    });
    Ok(DynamoDb::new(
        aws_sdk_dynamodb::Client::from_conf(config),
        DynamoDbSettings {
            table: settings.dynamodb_table.clone(),
            revalidate_after: settings.routes_revalidate_after,
            max_staleness: settings.routes_max_staleness,
            write_timeout: settings.store_write_timeout,
            kms,
            rules: space_rules(all)?,
            pauses_by_request: settings.pause_by_request,
            dead_letter_max_age: all.dead_letters.max_age(),
            audit: all.audit.limits(),
            usage_age: all.usage.usage_max_age,
        },
    ))
}

/// What spaces may have. Where they are hosted they own their paths.
fn space_rules(settings: &Settings) -> Result<SpaceRules, PlansError> {
    Ok(SpaceRules {
        paths: if settings.access.is_hosted() {
            PathOwnership::BySpace
        } else {
            PathOwnership::Shared
        },
        max_cors: settings.limits.max_cors_per_space,
        max_keys: settings.limits.max_keys_per_space,
        max_tenants: settings.limits.max_tenants,
        max_spaces_per_tenant: settings.limits.max_spaces_per_tenant,
        tenant_grace: settings.limits.tenant_grace,
        filters: settings.routing.filters.limits(),
        max_unindexed_filters: settings.routing.filters.max_unindexed_filters,
        max_authorizers_per_route: settings.limits.max_authorizers_per_event,
        schemas: settings.limits.schemas.kept(),
        defaults: settings.routing.defaults(),
        paths_of_new_spaces: settings.routing.paths_of_new_spaces(settings.access.is_hosted()),
        plans: settings.plans.read()?,
    })
}

//! Tenants: kept beside their keys in a place that is no space, bounded, and suspended by one write.

use std::sync::Arc;

use domain::configuration::{ConfigurationError, SpaceRules};
use domain::ids::{KeyId, Space, TenantId};
use domain::resource::{ApiKey, Kind, MetadataFilter, Resource as _, SpaceSettings, Tenant, TenantState};
use store::{Store, StoreError};

use crate::dynamodb::TestTable;
use crate::dynamodb::instance::Instance;
use crate::resources::decode;

/// Runs what all stores do.
pub(crate) async fn contract(store: &Store) {
    tenants_are_kept_with_their_keys(store).await;
    what_would_be_left_behind_keeps_a_tenant(store).await;
    one_write_suspends_all_spaces(store).await;
}

fn tenant(id: &str) -> Tenant {
    decode(&TenantId::from(id).place(), None, r#"{"name":"Acme"}"#)
}

fn key(owner: &Space) -> ApiKey {
    decode(
        owner,
        Some(&KeyId::from("abcDEF0123")),
        r#"{"name":"k","role":"owner"}"#,
    )
}

async fn claim(store: &Store, tenant: &TenantId, space: &str) {
    let space = Space::from(space);
    let settings = SpaceSettings {
        tenant: Some(tenant.clone()),
        ..SpaceSettings::unset(&space)
    };
    store.create(settings).await.unwrap();
}

async fn set_state(store: &Store, id: &TenantId, state: TenantState) {
    let place = id.place();
    let set = move |stored: &Tenant| {
        Ok(Tenant {
            state,
            ..stored.clone()
        })
    };
    store.revise(&place, &place, set).await.unwrap();
}

fn refused<T: std::fmt::Debug>(result: Result<T, StoreError>) -> ConfigurationError {
    match result.unwrap_err() {
        StoreError::Rejected(error) => error,
        other => panic!("{other:?}"),
    }
}

async fn tenants_are_kept_with_their_keys(store: &Store) {
    let id = TenantId::from("keptone");
    let place = id.place();
    let none = refused(store.create(key(&place)).await);
    assert_eq!(none.to_string(), "Tenant \"keptone\" not found.");
    let made = store.create(tenant("keptone")).await.unwrap().value;
    assert_eq!(store.get::<Tenant>(&place, &place).await.unwrap(), made);
    assert!(matches!(
        refused(store.create(tenant("keptone")).await),
        ConfigurationError::AlreadyExists { .. }
    ));
    store.create(key(&place)).await.unwrap();
    let keys = store
        .list::<ApiKey>(&place, &MetadataFilter::default())
        .await
        .unwrap();
    assert_eq!(keys.len(), 1);
    let counts = store.counts().await.unwrap();
    let count = |kind| {
        let of_kind = counts
            .iter()
            .find(|(space, its, _)| *space == place && *its == kind);
        of_kind.map(|(.., count)| *count)
    };
    assert_eq!((count(Kind::Tenant), count(Kind::Key)), (Some(1), Some(1)));
    // A space of that name would be another one.
    let space = Space::from("keptone");
    assert!(
        store
            .list::<ApiKey>(&space, &MetadataFilter::default())
            .await
            .unwrap()
            .is_empty()
    );
}

async fn what_would_be_left_behind_keeps_a_tenant(store: &Store) {
    let id = TenantId::from("leaving");
    let place = id.place();
    store.create(tenant("leaving")).await.unwrap();
    store.create(key(&place)).await.unwrap();
    claim(store, &id, "leaving-shop").await;
    let list = |stored: &Tenant| Ok(stored.with_space(&"leaving-shop".into()));
    store.revise(&place, &place, list).await.unwrap();
    let has = |error: ConfigurationError| match error {
        ConfigurationError::TenantInUse { kind, count, .. } => (kind, count),
        other => panic!("{other}"),
    };
    let spaces = has(refused(store.delete::<Tenant>(&place, &place).await));
    assert_eq!(spaces, (Kind::Space, 1));
    let space = Space::from("leaving-shop");
    assert!(matches!(
        refused(store.delete::<SpaceSettings>(&space, &space).await),
        ConfigurationError::SpaceOfTenant { .. }
    ));
    let unlist = |stored: &Tenant| Ok(stored.without_space(&"leaving-shop".into()));
    store.revise(&place, &place, unlist).await.unwrap();
    let keys = has(refused(store.delete::<Tenant>(&place, &place).await));
    assert_eq!(keys, (Kind::Key, 1));
    store
        .delete::<ApiKey>(&place, &"abcDEF0123".into())
        .await
        .unwrap();
    store.delete::<Tenant>(&place, &place).await.unwrap();
    let counts = store.counts().await.unwrap();
    assert!(
        counts
            .iter()
            .all(|(space, _, count)| *space != place || *count == 0)
    );
    let limit = SpaceRules::default().max_spaces_per_tenant;
    store.create(tenant("leaving2")).await.unwrap();
    let place = TenantId::from("leaving2").place();
    let crowd = move |stored: &Tenant| {
        let spaces = (0..=limit).map(|number| Space::from(format!("s{number:03}")));
        Ok(Tenant {
            spaces: spaces.collect(),
            ..stored.clone()
        })
    };
    let crowded = refused(store.revise(&place, &place, crowd).await);
    assert_eq!(crowded, ConfigurationError::TooManySpaces { limit });
}

async fn one_write_suspends_all_spaces(store: &Store) {
    let id = TenantId::from("suspect");
    store.create(tenant("suspect")).await.unwrap();
    for space in ["suspect", "suspect-shop"] {
        claim(store, &id, space).await;
    }
    for (state, want) in [
        (TenantState::Active, false),
        (TenantState::Suspended, true),
        (TenantState::Active, false),
    ] {
        set_state(store, &id, state).await;
        let routes = store.newest_routing_table().await.unwrap();
        for space in ["suspect", "suspect-shop"] {
            assert_eq!(routes.is_suspended(&space.into()), want, "{state:?} {space}");
        }
        assert!(!routes.is_suspended(&"keptone".into()));
    }
}

#[tokio::test]
async fn a_tenant_is_suspended_within_the_bound_whatever_happens_to_an_instance() {
    for is_published in [true, false] {
        let table = TestTable::create().await;
        let writer = Instance::new(&table);
        let id = TenantId::from("suspect");
        writer.store.create(tenant("suspect")).await.unwrap();
        claim(&writer.store, &id, "suspect-shop").await;
        if is_published {
            writer.dynamodb.publisher().catch_up().await.unwrap();
        }
        let (reader, space) = (Instance::new(&table), Space::from("suspect-shop"));
        assert!(!reader.routes().await.unwrap().has_closed_spaces());
        set_state(&writer.store, &id, TenantState::Suspended).await;
        if is_published {
            writer.dynamodb.publisher().catch_up().await.unwrap();
        }
        reader.shift.freeze(2 * 3_600_000 + 1);
        assert!(reader.routes().await.unwrap().is_suspended(&space));
        // A new one knows it from its first request on.
        let newest = Instance::new(&table);
        assert!(newest.routes().await.unwrap().is_suspended(&space));
        table.delete().await;
    }
}

#[tokio::test]
async fn what_is_kept_of_tenants_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let id = TenantId::from("suspect");
    let store = crate::open(directory.path());
    store.create(tenant("suspect")).await.unwrap();
    claim(&store, &id, "suspect-shop").await;
    set_state(&store, &id, TenantState::Suspended).await;
    drop(store);
    let store = crate::open(directory.path());
    let kept: Arc<Tenant> = store.get(&id.place(), &id.place()).await.unwrap();
    assert_eq!(
        (kept.state, kept.id().tenant()),
        (TenantState::Suspended, Some(id))
    );
    let routes = store.newest_routing_table().await.unwrap();
    assert!(routes.is_suspended(&"suspect-shop".into()));
}

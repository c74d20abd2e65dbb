//! What spaces of a tenant take that is suspended.

use super::*;
use crate::ids::TenantId;
use crate::resource::{SpaceSettings, Tenant, TenantState};
use crate::routing::{KeyRefusal, Sending};
use crate::timestamp::Timestamp;

fn tenant(id: &str, state: TenantState) -> Snapshot {
    let place = TenantId::from(id).place();
    let tenant = Tenant::decode(&place, None, br#"{"name":"n"}"#).unwrap();
    let resource = Arc::new(Tenant { state, ..tenant });
    let mut snapshot = Snapshot::default();
    snapshot.insert(Stored { resource, created: 1 });
    snapshot
}

fn space(name: &str, tenant: Option<&str>) -> Snapshot {
    let settings = SpaceSettings {
        tenant: tenant.map(TenantId::from),
        ..SpaceSettings::unset(&name.into())
    };
    let resource = Arc::new(settings);
    let mut snapshot = Snapshot::default();
    snapshot.insert(Stored { resource, created: 2 });
    snapshot
}

fn admits(table: &RoutingTable, space: &str) -> Result<(), KeyRefusal> {
    let sending = Sending {
        key: None,
        event_type: None,
        path: "/",
        now: 0,
    };
    table.admits(&space.into(), &sending)
}

#[test]
fn one_change_of_a_tenant_closes_its_spaces_and_no_others() {
    let (active, suspended) = (
        tenant("acme", TenantState::Active),
        tenant("acme", TenantState::Suspended),
    );
    let spaces = [
        space("acme", Some("acme")),
        space("acme-shop", Some("acme")),
        space("other", Some("other")),
        space("nobodys", None),
    ];
    for ownership in [PathOwnership::Shared, PathOwnership::BySpace] {
        let compiled = |tenant| RoutingTable::compile(ownership, spaces.iter().chain([tenant]));
        let mut table = compiled(&active);
        assert!(!table.has_closed_spaces());
        table.replace(&active, &suspended);
        assert_eq!(table, compiled(&suspended));
        assert!(table.has_closed_spaces() && !table.needs_keys());
        for (name, want) in [
            ("acme", Err(KeyRefusal::Suspended)),
            ("acme-shop", Err(KeyRefusal::Suspended)),
            ("other", Ok(())),
            ("nobodys", Ok(())),
            ("missing", Ok(())),
        ] {
            assert_eq!(admits(&table, name), want, "{name}");
            assert_eq!(table.is_suspended(&name.into()), want.is_err(), "{name}");
            let guarded = table.guarding(&format!("/{name}/a")).map(Space::as_str);
            let is_guarded = ownership == PathOwnership::BySpace && want.is_err();
            assert_eq!(guarded, is_guarded.then_some(name), "{name}");
        }
        // One that is released is open at once, and one that is made while it is suspended is closed.
        table.replace(&spaces[1], &space("acme-shop", None));
        table.replace(&Snapshot::default(), &space("acme-new", Some("acme")));
        assert_eq!(admits(&table, "acme-shop"), Ok(()));
        assert_eq!(admits(&table, "acme-new"), Err(KeyRefusal::Suspended));
        table.replace(&suspended, &Snapshot::default());
        assert!(!table.has_closed_spaces());
    }
}

#[test]
fn what_is_to_be_deleted_is_known_by_its_time() {
    let id = TenantId::from("acme");
    let place = id.place();
    let leaving = Tenant::decode(&place, None, br#"{"name":"n"}"#)
        .unwrap()
        .to_be_deleted(Timestamp::of_millis(1_000));
    let mut snapshot = Snapshot::default();
    snapshot.insert(Stored {
        resource: Arc::new(leaving),
        created: 1,
    });
    let others = tenant("other", TenantState::Suspended);
    let (one, more, other) = (
        space("acme-shop", Some("acme")),
        space("acmes", None),
        space("other-shop", Some("other")),
    );
    let table = RoutingTable::compile(SpaceRules::default(), [&snapshot, &others, &one, &more, &other]);
    for (now, want) in [(999, false), (1_000, true)] {
        assert_eq!(table.is_overdue(&"acme-shop".into(), now), want, "{now}");
        assert!(!table.is_overdue(&"acmes".into(), now) && !table.is_overdue(&"other-shop".into(), now));
        assert_eq!(
            table.overdue_tenants(now),
            if want { vec![id.clone()] } else { vec![] }
        );
    }
    assert!(table.is_suspended(&"acme-shop".into()));
    assert_eq!(table.spaces_of_tenant(&id), [Space::from("acme-shop")]);
}

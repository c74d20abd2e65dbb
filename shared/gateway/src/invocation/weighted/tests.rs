//! Whose turn it is, with circuits open and closed.

use domain::configuration::{Change, Stored};
use domain::resource::{Function, Resource as _};
use domain::routing::PathOwnership;

use super::*;
use crate::invocation::circuit_breaker::CircuitBreakerSettings;

const SPACE: &str = "shop";

fn table(functions: &[(&str, &str)]) -> RoutingTable {
    let mut table = RoutingTable::new(PathOwnership::Shared);
    for (created, (id, provider)) in (0..).zip(functions) {
        let body = format!(r#"{{"functionId":"{id}",{provider}}}"#);
        let function = Function::decode(&SPACE.into(), None, body.as_bytes()).unwrap();
        table.apply(&Change {
            before: None,
            after: Some(Stored {
                resource: function.into(),
                created,
            }),
        });
    }
    table
}

/// A weighted function `w` of `b`, always chosen, and its standbys; `b` and `c` exist.
fn weighted(failover: bool) -> RoutingTable {
    let http = r#""type":"http","provider":{"url":"http://localhost"}"#;
    let weighted = format!(
        r#""type":"weighted","provider":{{"weighted":[{{"functionId":"a"}},{{"functionId":"b","weight":1}},{{"functionId":"c"}},{{"functionId":"b"}}],"failover":{failover}}}"#
    );
    table(&[("w", &weighted), ("b", http), ("c", http)])
}

fn circuits() -> CircuitBreakers {
    CircuitBreakers::new(CircuitBreakerSettings {
        failure_threshold: 1,
        min_open: Duration::from_secs(10),
        max_open: Duration::from_secs(10),
    })
}

fn open(circuits: &CircuitBreakers, function: &str) {
    let CircuitAdmission::Call(permit) = circuits.admit(
        &SPACE.into(),
        &function.into(),
        Registered::default(),
        Instant::now(),
    ) else {
        panic!("{function} is open already");
    };
    permit.failure(Instant::now(), 0.0);
}

fn order(mut targets: Targets<'_>) -> Vec<String> {
    let mut order = vec![targets.current().to_string()];
    while targets.advance(None, &SPACE.into()) {
        order.push(targets.current().to_string());
    }
    order
}

#[test]
fn the_others_stand_in_in_their_order() {
    for (table, function, want) in [
        (weighted(true), "w", &["b", "a", "c"][..]),
        (weighted(false), "w", &["b"]),
        (weighted(true), "b", &["b"]),
        (weighted(true), "none", &["none"]),
    ] {
        let (space, function) = (SPACE.into(), function.into());
        let targets = Targets::of(&table, &space, &function, || "d".into());
        assert_eq!(targets.is_choice(), function.as_str() == "w");
        assert_eq!(order(targets), want);
    }
}

#[test]
fn only_weighted_functions_want_an_id() {
    let (space, function) = (SPACE.into(), "b".into());
    let table = weighted(true);
    let targets = Targets::of(&table, &space, &function, || panic!("nobody needs one"));
    assert!(!targets.has_standby());
}

#[test]
fn open_circuits_are_passed_over() {
    let (space, function) = (SPACE.into(), "w".into());
    let table = weighted(true);
    let circuits = circuits();
    for (opened, want) in [("", "b"), ("b", "a"), ("a", "c")] {
        if !opened.is_empty() {
            open(&circuits, opened);
        }
        let mut targets = Targets::of(&table, &space, &function, || "d".into());
        targets.admit(&circuits, &space).unwrap();
        assert_eq!(targets.current().as_str(), want);
        assert_eq!(targets.passed_over().is_some(), !opened.is_empty());
        assert!(targets.into_permit().is_some());
    }
    open(&circuits, "c");
    let mut targets = Targets::of(&table, &space, &function, || "d".into());
    let pause = targets.admit(&circuits, &space).unwrap_err();
    assert!(
        pause <= Duration::from_secs(10) && pause > Duration::ZERO,
        "{pause:?}"
    );
    // All that failed to be admitted is still one that other deliveries need not wait for.
    assert!(targets.is_choice());
}

#[test]
fn a_bad_target_opens_no_circuit_but_its_own() {
    let (space, function) = (SPACE.into(), "w".into());
    let table = weighted(false);
    let circuits = circuits();
    open(&circuits, "b");
    assert!(
        Targets::of(&table, &space, &function, || "d".into())
            .admit(&circuits, &space)
            .is_err()
    );
    for free in ["a", "c", "w"] {
        let free = free.into();
        assert!(
            Targets::of(&table, &space, &free, || "d".into())
                .admit(&circuits, &space)
                .is_ok()
                || free == function
        );
        assert!(
            matches!(
                circuits.admit(&space, &free, Registered::default(), Instant::now()),
                CircuitAdmission::Call(_)
            ),
            "{free}"
        );
    }
}

#[test]
fn known_functions() {
    let table = weighted(true);
    let space = SPACE.into();
    let is_known =
        |table: &RoutingTable, function: &str| is_known(table, &space, &function.into(), &"d".into());
    assert!(is_known(&table, "w") && is_known(&table, "b"));
    assert!(!is_known(&table, "a"));
    let dangling = r#""type":"weighted","provider":{"weighted":[{"functionId":"gone","weight":1}]}"#;
    assert!(!is_known(&self::table(&[("w", dangling)]), "w"));
}

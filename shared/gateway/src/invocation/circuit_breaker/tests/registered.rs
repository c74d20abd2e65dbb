//! Functions that ask for patience, and what is registered anew.

use std::cell::RefCell;

use domain::resource::{Function, Resource as _, Subscription};

use super::*;

thread_local! {
    static KNOWN: RefCell<HashMap<String, Registered>> = RefCell::default();
}

/// The function in a version, called for a subscription in a version: the same each time.
fn registered(function: u32, subscription: (&str, u32)) -> Registered {
    let (name, version) = subscription;
    let part = |key: String| {
        KNOWN.with_borrow_mut(|known| {
            known
                .entry(key)
                .or_insert_with(|| {
                    let function = br#"{"functionId":"f","type":"http","provider":{"url":"http://x"}}"#;
                    let path =
                        format!(r#"{{"type":"async","eventType":"e","functionId":"f","path":"/{name}"}}"#);
                    let space = Space::from("shop");
                    Registered {
                        function: Some(Arc::new(Function::decode(&space, None, function).unwrap())),
                        subscription: Some(Arc::new(
                            Subscription::decode(&space, None, path.as_bytes()).unwrap(),
                        )),
                    }
                })
                .clone()
        })
    };
    Registered {
        function: part(format!("f{function}")).function,
        subscription: part(format!("s{name}{version}")).subscription,
    }
}

#[test]
fn a_function_that_names_a_time_is_left_alone_until_then() {
    for failure_threshold in [0, 3] {
        let mut bench = Bench::new(CircuitBreakerSettings {
            failure_threshold,
            ..SETTINGS
        });
        let hour = Duration::from_hours(1);
        let under_way = bench.permit("f");
        assert_eq!(bench.permit("f").throttled(bench.now, hour), None);
        assert_eq!(under_way.success(bench.now), None);
        assert_eq!(bench.wait("f"), hour);
        bench.permit("g").ignore();
        bench.pass(3_599_999);
        assert_eq!(bench.wait("f"), Duration::from_millis(1));
        bench.pass(1);
        assert_eq!(bench.succeed("f"), None);
        assert_eq!(bench.known(), 0);
    }
}

/// What was learned of a function ends with it, and with the subscription that it was learned for.
#[test]
fn what_is_registered_anew_is_tried_again() {
    let hour = Duration::from_hours(1);
    let known = (1, ("a", 1));
    for (function, subscription, is_released) in [
        (1, ("a", 1), false),
        (2, ("a", 1), true),
        (1, ("a", 2), true),
        // Says nothing about what the function does for another one.
        (1, ("b", 1), false),
        (2, ("b", 1), true),
    ] {
        for is_throttled in [true, false] {
            let bench = Bench::new(SETTINGS);
            let admit = |(function, subscription)| {
                let registered = registered(function, subscription);
                bench
                    .circuits
                    .admit(&"shop".into(), &"f".into(), registered, bench.now)
            };
            let permit = |of| match admit(of) {
                CircuitAdmission::Call(permit) => permit,
                CircuitAdmission::Wait(wait) => panic!("has to wait for {wait:?}"),
            };
            let late = permit(known);
            if is_throttled {
                permit(known).throttled(bench.now, hour);
            } else {
                for _ in 0..3 {
                    permit(known).failure(bench.now, 0.0);
                }
            }
            let admitted = admit((function, subscription));
            let is_called = matches!(admitted, CircuitAdmission::Call(_));
            assert_eq!(
                is_called, is_released,
                "{function} {subscription:?} {is_throttled}"
            );
            if is_released && function == 2 {
                // A call of the function that was there before says nothing about the new one.
                for _ in 0..2 {
                    permit((function, subscription)).failure(bench.now, 0.0);
                }
                late.failure(bench.now, 0.0);
                permit((function, subscription)).ignore();
            }
        }
    }
}

//! Building an invoker costs nothing and shows nothing.

use std::time::{Duration, Instant};

use targets::{Invoker, TargetSettings};

#[test]
fn a_new_invoker_does_no_work() {
    // Not within a runtime: neither a task nor a timer nor a socket could be made here.
    let best = (0..20).map(|_| {
        let start = Instant::now();
        let invoker = Invoker::new(TargetSettings::default()).unwrap();
        let elapsed = start.elapsed();
        drop(invoker);
        elapsed
    });
    let best = best.min().unwrap();
    assert!(best < Duration::from_millis(1), "{best:?}");
}

#[test]
fn debug_output_has_no_endpoint() {
    let aws_endpoint_url = Some("http://user:secret@127.0.0.1:4566".to_owned());
    let invoker = Invoker::new(TargetSettings {
        aws_endpoint_url,
        ..TargetSettings::default()
    })
    .unwrap();
    let shown = format!("{invoker:?}");
    assert!(shown.contains("5s") && !shown.contains("secret"), "{shown}");
}

//! The page of what is counted one by one.

use super::*;

fn subscription(space: &str, path: &str) -> Subscription {
    use domain::resource::Resource as _;
    let body =
        format!(r#"{{"type":"sync","eventType":"t","functionId":"f","path":"{path}","method":"GET"}}"#);
    Subscription::decode(&space.into(), None, body.as_bytes()).unwrap()
}

#[tokio::test]
async fn each_is_counted_under_its_name() {
    let detail = Detail::new(DetailLimits {
        items_per_space: 1,
        items: 10,
    });
    let (space, millisecond) = (Space::from("shop"), Duration::from_millis(1));
    for function in ["f", "f", "g", "h"] {
        let call = detail.begin_call(&space, &function.into());
        call.ended(|| CallOutcome::Failed);
    }
    detail.rate_limited(&space, &"f".into());
    let _under_way = detail.begin_call(&space, &"f".into());
    for (subscription, outcome) in [
        ("a", AttemptOutcome::Retrying),
        ("a", AttemptOutcome::Delivered),
        ("b", AttemptOutcome::Denied),
    ] {
        detail.delivery_attempted(&space, &subscription.into(), &"f".into(), outcome);
    }
    let route = subscription("shop", "/users/:id");
    detail.request_answered(Reached::Route(&route), StatusCode::OK, millisecond);
    detail.request_answered(Reached::Nobody, StatusCode::ACCEPTED, millisecond);
    detail.request_answered(Reached::Unknown, StatusCode::BAD_REQUEST, millisecond);
    let circuits = HashMap::from([((space, "f".into()), CircuitPhase::Open)]);
    let waiting = |subscription: &str, accepted_at: u64| OldestDelivery {
        space: "shop".into(),
        subscription: subscription.into(),
        accepted_at,
    };
    let oldest = [waiting("a", 8_500), waiting("c", 2_000), waiting("d", 1_000)];
    let page = detail.page(&circuits, &oldest, 10_000);
    for line in [
        "# TYPE eventgateway_function_duration_seconds histogram",
        r#"eventgateway_function_calls_total{space="shop",function="f",outcome="success"} 0"#,
        r#"eventgateway_function_calls_total{space="shop",function="f",outcome="failed"} 2"#,
        r#"eventgateway_function_calls_total{space="shop",function="other",outcome="failed"} 2"#,
        r#"eventgateway_function_duration_seconds_count{space="shop",function="f"} 2"#,
        r#"eventgateway_function_calls_in_flight{space="shop",function="f"} 1"#,
        r#"eventgateway_function_rate_limited_total{space="shop",function="f"} 1"#,
        r#"eventgateway_circuit_state{space="shop",function="f"} 2"#,
        r#"eventgateway_circuit_state{space="shop",function="other"} 0"#,
        r#"eventgateway_deliveries_total{space="shop",subscription="a",function="f",outcome="delivered"} 1"#,
        r#"eventgateway_deliveries_total{space="shop",subscription="a",function="f",outcome="retrying"} 1"#,
        r#"eventgateway_deliveries_total{space="shop",subscription="other",function="other",outcome="denied"} 1"#,
        r#"eventgateway_oldest_delivery_age_seconds{space="shop",subscription="a"} 1.5"#,
        r#"eventgateway_oldest_delivery_age_seconds{space="shop",subscription="other"} 0"#,
        r#"eventgateway_oldest_delivery_age_seconds{space="other",subscription="other"} 9"#,
        r#"eventgateway_requests_total{space="shop",method="GET",path="/users/:id",code="2xx"} 1"#,
        r#"eventgateway_requests_total{space="other",method="other",path="unmatched",code="2xx"} 1"#,
        r#"eventgateway_requests_total{space="other",method="other",path="none",code="4xx"} 1"#,
        r#"eventgateway_request_duration_seconds_bucket{space="shop",method="GET",path="/users/:id",le="0.001"} 1"#,
    ] {
        assert!(page.lines().any(|one| one == line), "{line}\n{page}");
    }
    // A family is described once, and no sample is there twice.
    let names = page.lines().map(|line| line.rsplit_once(' ').unwrap().0);
    let mut seen = std::collections::BTreeSet::new();
    assert!(names.into_iter().all(|name| seen.insert(name)), "{page}");
}

#[tokio::test]
async fn nothing_is_said_of_what_there_is_none_of() {
    let page = Detail::new(DetailLimits::default()).page(&HashMap::new(), &[], 0);
    assert!(
        !page.contains("function") && !page.contains("deliveries"),
        "{page}"
    );
}

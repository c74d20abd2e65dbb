//! What an operator sees of a gateway: its metrics, its access log, its traces and its dashboards.

mod access_log;
mod dashboards;
mod diagnosis;
mod questions;
mod traces;
mod traffic;

use crate::gateway_process::GatewayProcess;

/// The value of a series on the page of metrics; 0 where there is none.
fn series(page: &str, name: &str) -> f64 {
    let mut lines = page.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.map_or(0.0, |value| value.parse().unwrap())
}

fn metrics(gateway: &GatewayProcess) -> String {
    let page = gateway.get_config("/v1/metrics");
    assert_eq!(page.status, 200, "{}", page.text());
    page.text()
}

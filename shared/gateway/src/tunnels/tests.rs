//! Bytes both ways, silence, places, and the end of the gateway.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

use super::*;
use crate::metrics::MetricsLimits;

const SOON: Duration = Duration::from_millis(20);
const NEVER: Duration = Duration::ZERO;

fn tunnels(most: usize, most_per_space: Option<usize>, idle_timeout: Duration) -> Tunnels {
    let settings = TunnelSettings {
        most,
        most_per_space,
        idle_timeout,
    };
    Tunnels::new(
        settings,
        Arc::new(EventMetrics::new(MetricsLimits::default(), None)),
    )
}

#[tokio::test]
async fn bytes_go_both_ways_until_both_sides_end() {
    let tunnels = tunnels(1, None, NEVER);
    let tunnel = tunnels.begin(&"s".into()).unwrap();
    let ((mut client, near), (far, mut function)) = (duplex(16), duplex(16));
    let running = tokio::spawn(tunnel.run(near, far));
    client.write_all(b"ping").await.unwrap();
    let mut read = [0; 4];
    function.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"ping");
    // The end of one direction is passed on, and the other goes on.
    client.shutdown().await.unwrap();
    assert_eq!(function.read(&mut read).await.unwrap(), 0);
    function.write_all(b"pong").await.unwrap();
    drop(function);
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"pong");
    running.await.unwrap();
    tunnels.close();
    tunnels.ended().await;
}

#[tokio::test]
async fn silence_ends_a_connection() {
    let tunnel = tunnels(1, None, SOON).begin(&"s".into()).unwrap();
    let ((mut client, near), (far, mut function)) = (duplex(16), duplex(16));
    tunnel.run(near, far).await;
    let mut rest = Vec::new();
    assert_eq!(client.read_to_end(&mut rest).await.unwrap(), 0);
    assert_eq!(function.read_to_end(&mut rest).await.unwrap(), 0);
}

#[tokio::test]
async fn silent_connections_end_when_the_gateway_does() {
    let tunnels = tunnels(1, None, NEVER);
    let tunnel = tunnels.begin(&"s".into()).unwrap();
    let ((mut client, near), (far, _function)) = (duplex(16), duplex(16));
    let running = tokio::spawn(tunnel.run(near, far));
    tunnels.close();
    tunnels.ended().await;
    running.await.unwrap();
    assert_eq!(client.read_to_end(&mut Vec::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn there_are_so_many_and_no_more() {
    let tunnels = tunnels(2, Some(1), NEVER);
    let (loud, quiet, third) = ("loud".into(), "quiet".into(), "third".into());
    let first = tunnels.begin(&loud).unwrap();
    assert!(matches!(tunnels.begin(&loud), Err(GatewayError::TooManyUpgraded)));
    let second = tunnels.begin(&quiet).unwrap();
    assert!(matches!(
        tunnels.begin(&third),
        Err(GatewayError::TooManyUpgraded)
    ));
    drop((first, second));
    assert!(tunnels.begin(&third).is_ok());
}

//! Requests that functions get as they came: whom they come from, and connections that go on with another protocol.

use std::time::Duration;

use clap::Args;
use domain::origin::{TrustedProxies, TrustedProxy};
use gateway::TunnelSettings;

use super::milliseconds;

/// Requests that functions get as they came.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Functions")]
pub struct PassthroughSettings {
    /// Addresses and networks of proxies whose X-Forwarded-For, -Proto and -Port are believed, separated by commas.
    #[arg(
        long = "trusted-proxies",
        env = "EVENT_GATEWAY_TRUSTED_PROXIES",
        value_delimiter = ',',
        value_name = "NETWORKS"
    )]
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Connections that may have gone on with another protocol, such as WebSocket, at a time.
    #[arg(
        long = "max-upgraded-connections",
        env = "EVENT_GATEWAY_MAX_UPGRADED_CONNECTIONS",
        default_value_t = 4096,
        value_name = "COUNT"
    )]
    pub max_upgraded_connections: usize,
    /// Those to functions of one space; 0 is no limit, a quarter of all in hosted mode and no limit elsewhere unless set.
    #[arg(
        long = "max-upgraded-connections-per-space",
        env = "EVENT_GATEWAY_MAX_UPGRADED_CONNECTIONS_PER_SPACE",
        value_name = "COUNT"
    )]
    pub max_upgraded_connections_per_space: Option<usize>,
    /// Time for which both sides of such a connection may be silent, in milliseconds; 0 is no limit.
    #[arg(long = "upgrade-idle-timeout", env = "EVENT_GATEWAY_UPGRADE_IDLE_TIMEOUT", default_value = "300000", value_parser = milliseconds, value_name = "MS")]
    pub upgrade_idle_timeout: Duration,
}

impl PassthroughSettings {
    /// The proxies whose word about clients is taken.
    pub(crate) fn trusted(&self) -> TrustedProxies {
        TrustedProxies::new(self.trusted_proxies.clone())
    }

    /// Bounds of connections that go on with another protocol.
    pub(crate) fn tunnels(&self, is_hosted: bool) -> TunnelSettings {
        let quarter = self.max_upgraded_connections.div_ceil(4);
        let default = if is_hosted { quarter } else { 0 };
        let most_per_space = self.max_upgraded_connections_per_space.unwrap_or(default);
        TunnelSettings {
            most: self.max_upgraded_connections,
            most_per_space: (most_per_space > 0).then_some(most_per_space),
            idle_timeout: self.upgrade_idle_timeout,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;

    #[test]
    fn a_space_has_its_share_where_others_are_hosted() {
        for (args, most, most_per_space) in [
            (&[][..], 4096, None),
            (&["--hosted-domains=example.com"], 4096, Some(1024)),
            (
                &["--hosted-domains=example.com", "--max-upgraded-connections=5"],
                5,
                Some(2),
            ),
            (
                &[
                    "--hosted-domains=example.com",
                    "--max-upgraded-connections-per-space=0",
                ],
                4096,
                None,
            ),
            (&["--max-upgraded-connections-per-space=7"], 4096, Some(7)),
        ] {
            let args = ["event-gateway"].iter().chain(args).copied();
            let settings = Settings::try_from_args(args).unwrap();
            let tunnels = settings.passthrough.tunnels(settings.access.is_hosted());
            assert_eq!((tunnels.most, tunnels.most_per_space), (most, most_per_space));
        }
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        let read = |flag: &str| Settings::try_from_args(["event-gateway", flag]);
        let settings = read("--trusted-proxies=10.0.0.0/8,::1").unwrap();
        assert!(settings.passthrough.trusted().trusts("10.1.2.3".parse().unwrap()));
        let error = read("--trusted-proxies=proxy.example").unwrap_err();
        assert!(
            error.to_string().contains("must be an address or a network"),
            "{error}"
        );
    }
}

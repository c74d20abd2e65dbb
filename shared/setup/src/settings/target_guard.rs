//! Which addresses functions may have.

use clap::Args;
use targets::{AllowedTarget, DeniedNetwork, NetworkGuard};

use super::Switch;

/// Which addresses functions may have.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Functions")]
pub struct TargetGuardSettings {
    /// Refuse functions at addresses that are not public: on or off; on in hosted mode unless it is said.
    #[arg(
        long = "target-guard",
        env = "EVENT_GATEWAY_TARGET_GUARD",
        hide_possible_values = true,
        value_name = "on|off"
    )]
    pub mode: Option<Switch>,
    /// Addresses, networks, names and *.names that functions may have all the same, separated by commas.
    #[arg(
        long = "target-allow",
        env = "EVENT_GATEWAY_TARGET_ALLOW",
        value_delimiter = ',',
        value_name = "TARGETS"
    )]
    pub allow: Vec<AllowedTarget>,
    /// Addresses and networks that functions must not have though they are public, separated by commas; before all others.
    #[arg(
        long = "target-deny",
        env = "EVENT_GATEWAY_TARGET_DENY",
        value_delimiter = ',',
        value_name = "NETWORKS"
    )]
    pub deny: Vec<DeniedNetwork>,
}

impl TargetGuardSettings {
    /// The guard of function calls; none where functions may have any address. Whoever hosts others has one unless the
    /// settings say no.
    pub(super) fn guard(&self, is_hosted: bool) -> Option<NetworkGuard> {
        let Self { mode, allow, deny } = self;
        let is_on = mode.map_or(is_hosted, Switch::is_on);
        is_on.then(|| NetworkGuard::new(allow.clone()).denying(deny.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    fn settings(args: &[&str]) -> Result<Settings, clap::Error> {
        Settings::try_from_args(["event-gateway"].iter().chain(args).copied())
    }

    #[test]
    fn hosted_gateways_have_a_guard() {
        const HOSTED: &str = "--hosted-domains=example.com";
        for (args, has_guard, is_left_off) in [
            (&[][..], false, true),
            (&[HOSTED], true, false),
            (&["--target-guard=on"], true, false),
            (&["--target-guard", "off"], false, false),
            (&[HOSTED, "-target-guard=off"], false, false),
            (&[HOSTED, "--target-guard=on"], true, false),
            // The lists alone turn nothing on.
            (&["--target-allow=localhost"], false, true),
            (&["--target-deny=192.0.2.1"], false, true),
            // As variables are set to nothing.
            (&["--hosted-domains="], false, true),
            (&["--hosted-domains=., "], false, true),
        ] {
            let settings = settings(args).unwrap();
            assert_eq!(
                (settings.network_guard().is_some(), settings.is_guard_left_off()),
                (has_guard, is_left_off),
                "{args:?}"
            );
        }
    }

    #[test]
    fn the_lists_are_read() {
        let list = ["10.0.0.0/8", "::1", "*.internal.example.com", "localhost"];
        let want = NetworkGuard::new(list.map(|text| text.parse().unwrap()).into());
        let flag = format!("--target-allow={}", list.join(","));
        let read = settings(&["--target-guard=on", &flag]).unwrap();
        assert_eq!(read.network_guard(), Some(want));
        let deny = ["192.0.2.1", "2001:db8::/32"];
        let want = NetworkGuard::default().denying(deny.map(|text| text.parse().unwrap()).into());
        let flag = format!("--target-deny={}", deny.join(","));
        let read = settings(&["--target-guard=on", &flag]).unwrap();
        assert_eq!(read.network_guard(), Some(want));
        for (flag, text) in [
            ("--target-deny=192.0.2.1/24", "bits set beyond its prefix"),
            ("--target-deny=example.com", "not a name"),
            ("--target-allow=10.0.0.1/8", "bits set beyond its prefix"),
            ("--target-allow=localhost,*", "would allow every name"),
            ("--target-allow=http://a/", "must be a network"),
            ("--target-guard=maybe", "on|off"),
        ] {
            let error = settings(&[flag]).unwrap_err();
            assert!(
                error.exit_code() == 2 && error.to_string().contains(text),
                "{error}"
            );
        }
    }
}

//! Which addresses functions may have.

use clap::{Args, ValueEnum};
use targets::{AllowedTarget, NetworkGuard};

use super::Settings;

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
    pub mode: Option<TargetGuardMode>,
    /// Addresses, networks, names and *.names that functions may have all the same, separated by commas.
    #[arg(
        long = "target-allow",
        env = "EVENT_GATEWAY_TARGET_ALLOW",
        value_delimiter = ',',
        value_name = "TARGETS"
    )]
    pub allow: Vec<AllowedTarget>,
}

/// Whether functions may be at addresses that are not public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TargetGuardMode {
    /// They may not.
    On,
    /// They may.
    Off,
}

impl Settings {
    /// The guard of function calls; none where functions may have any address. Whoever hosts others has one unless the
    /// settings say no.
    pub fn network_guard(&self) -> Option<NetworkGuard> {
        let is_on = match self.target_guard.mode {
            Some(mode) => mode == TargetGuardMode::On,
            None => !self.access.hosted_domains.is_empty(),
        };
        is_on.then(|| NetworkGuard::new(self.target_guard.allow.clone()))
    }

    /// Whether functions may have any address without anybody having said so.
    pub fn is_guard_left_off(&self) -> bool {
        self.target_guard.mode.is_none() && self.network_guard().is_none()
    }
}

#[cfg(test)]
mod tests {
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
            // The list alone turns nothing on.
            (&["--target-allow=localhost"], false, true),
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
    fn the_list_is_read() {
        let list = ["10.0.0.0/8", "::1", "*.internal.example.com", "localhost"];
        let want = NetworkGuard::new(list.map(|text| text.parse().unwrap()).into());
        let flag = format!("--target-allow={}", list.join(","));
        let read = settings(&["--target-guard=on", &flag]).unwrap();
        assert_eq!(read.network_guard(), Some(want));
        for (flag, text) in [
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

//! Whether functions are called with what the gateway itself may do.

use clap::Args;

use super::Switch;

/// Whether functions are called with what the gateway itself may do.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Functions")]
pub struct GatewayIdentitySettings {
    /// Call functions that have no credentials with the gateway's own identity (the default chain of AWS, Google's metadata
    /// server, workload identity): on or off; off in hosted mode unless it is said.
    #[arg(
        long = "gateway-identity",
        env = "EVENT_GATEWAY_GATEWAY_IDENTITY",
        hide_possible_values = true,
        value_name = "on|off"
    )]
    pub lends: Option<Switch>,
}

impl GatewayIdentitySettings {
    /// Whether functions may be called with the gateway's own identity. Whoever hosts others lends it to none of them
    /// unless the settings say so: every tenant could act as the operator, and as every other tenant who trusts it.
    pub(super) fn is_lent(&self, is_hosted: bool) -> bool {
        self.lends.map_or(!is_hosted, Switch::is_on)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;

    #[test]
    fn hosted_gateways_keep_their_identity_to_themselves() {
        const HOSTED: &str = "--hosted-domains=example.com";
        for (args, want) in [
            (&[][..], true),
            (&[HOSTED], false),
            (&["--hosted-domains="], true),
            (&["--gateway-identity=off"], false),
            (&["-gateway-identity", "on"], true),
            (&[HOSTED, "--gateway-identity=on"], true),
            (&[HOSTED, "--gateway-identity=off"], false),
        ] {
            let settings = Settings::try_from_args(["event-gateway"].iter().chain(args).copied());
            assert_eq!(settings.unwrap().lends_identity(), want, "{args:?}");
        }
        let unknown = Settings::try_from_args(["event-gateway", "--gateway-identity=yes"]);
        assert_eq!(unknown.unwrap_err().exit_code(), 2);
    }
}

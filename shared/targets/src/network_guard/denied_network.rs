//! Entries of the list of addresses that functions must not have though they are public.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use super::allowed_target::{AllowedTargetError, network_or_address};

/// An address or a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeniedNetwork(IpNet);

/// A text that is no entry of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeniedNetworkError {
    /// It is no network.
    #[error(transparent)]
    Network(#[from] AllowedTargetError),
    /// It is neither an address nor a network. A name would say little: others can lead to the same address.
    #[error("must be an address or a network, not a name")]
    Name,
}

impl DeniedNetwork {
    /// Addresses are compared in the form of IPv4 where they have one.
    pub(super) fn has(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for DeniedNetwork {
    type Err = DeniedNetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let network = network_or_address(text.trim())?;
        network.map(Self).ok_or(DeniedNetworkError::Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries() {
        for (text, inside, outside) in [
            ("192.0.2.7", "::ffff:192.0.2.7", "192.0.2.8"),
            (" 2001:db8::/32 ", "2001:db8::1", "2001:db9::1"),
        ] {
            let denied: DeniedNetwork = text.parse().unwrap();
            let has = |address: &str| denied.has(address.parse().unwrap());
            assert!(has(inside) && !has(outside), "{text}");
        }
        for (text, want) in [
            ("", DeniedNetworkError::Name),
            ("example.com", DeniedNetworkError::Name),
            ("*.example.com", DeniedNetworkError::Name),
            ("192.0.2.7/24", AllowedTargetError::HostBits.into()),
            ("192.0.2.0/33", AllowedTargetError::Network.into()),
        ] {
            assert_eq!(text.parse::<DeniedNetwork>(), Err(want), "{text:?}");
        }
    }
}

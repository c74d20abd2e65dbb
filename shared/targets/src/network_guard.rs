//! Which addresses functions may have. Where strangers register functions, a URL must not lead into the gateway's own
//! network: to the machine itself, to its neighbours, to the metadata service that hands out its credentials.
//!
//! Addresses are judged, not spellings: what a URL and the resolver make of `0x7f.1` is judged as 127.0.0.1. The
//! addresses that were judged are the very ones that are connected to, so that a name cannot change in between
//! (`http/connector.rs`).

use std::net::IpAddr;

pub use self::allowed_target::{AllowedTarget, AllowedTargetError};
pub use self::denied_network::{DeniedNetwork, DeniedNetworkError};

mod allowed_target;
mod denied_network;
mod public_address;

/// Refuses functions at addresses that are not public, but for those on its list, and at those that are denied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkGuard {
    allowed: Vec<AllowedTarget>,
    denied: Vec<DeniedNetwork>,
}

impl NetworkGuard {
    /// A guard that lets public addresses through, and these.
    pub fn new(allowed: Vec<AllowedTarget>) -> Self {
        Self {
            allowed,
            denied: Vec::new(),
        }
    }

    /// The same guard, which lets none of these through, whatever lets them through otherwise: addresses that are public
    /// and still the gateway's own, or those of its neighbours.
    #[must_use]
    pub fn denying(self, denied: Vec<DeniedNetwork>) -> Self {
        Self { denied, ..self }
    }

    /// Whether an address may be connected to.
    pub(crate) fn allows(&self, address: IpAddr) -> bool {
        !self.denies(address) && (public_address::is_public(address) || self.lists(address))
    }

    /// Whether an address is denied, or leads to one that is.
    pub(crate) fn denies(&self, address: IpAddr) -> bool {
        let carried = match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => public_address::carried(address).map(IpAddr::V4),
        };
        let mut addresses = [Some(address), carried].into_iter().flatten();
        addresses.any(|address| self.denied.iter().any(|denied| denied.has(address)))
    }

    /// Whether an address is on the list, and not denied.
    pub(crate) fn lists(&self, address: IpAddr) -> bool {
        let is_listed = self.allowed.iter().any(|allowed| allowed.has_address(address));
        is_listed && !self.denies(address)
    }

    /// Whether a name is on the list, and so may stand for any address that is not denied.
    pub(crate) fn lists_name(&self, name: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed.has_name(name))
    }
}

/// A function is where functions must not be. The text does not tell where: it would show strangers what names of the
/// gateway's own network stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the target's address is not allowed")]
pub(crate) struct AddressRefused;

#[cfg(test)]
mod tests;

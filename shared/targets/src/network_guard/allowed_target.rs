//! Entries of the list of targets that are allowed all the same.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};
use url::Host;

/// Addresses or names that functions may have though they are not public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedTarget(Entry);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Network(IpNet),
    /// In lower case, without the dot at the end.
    Name(String),
    /// All names below this one, which is kept with the dot in front.
    Below(String),
}

/// A text that is no entry of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AllowedTargetError {
    /// It has a slash but is no network.
    #[error("must be a network such as 10.0.0.0/8 or fd00::/8")]
    Network,
    /// Bits beyond the prefix are set, so that it is unclear what is meant.
    #[error("has bits set beyond its prefix: write 10.0.0.0/8, not 10.0.0.1/8")]
    HostBits,
    /// It is neither an address nor a name.
    #[error("must be an address, a network, a name, or *.name for all names below it")]
    Name,
    /// It stands for every name.
    #[error("would allow every name: turn the guard off instead")]
    Everything,
}

impl AllowedTarget {
    pub(super) fn has_address(&self, address: IpAddr) -> bool {
        matches!(&self.0, Entry::Network(network) if network.contains(&address.to_canonical()))
    }

    /// Names are compared in any letter case, with or without a dot at the end.
    pub(super) fn has_name(&self, name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name);
        match &self.0 {
            Entry::Network(_) => false,
            Entry::Name(own) => name.eq_ignore_ascii_case(own),
            Entry::Below(suffix) => name
                .len()
                .checked_sub(suffix.len())
                .filter(|&length| length > 0)
                .and_then(|length| name.get(length..))
                .is_some_and(|end| end.eq_ignore_ascii_case(suffix)),
        }
    }
}

impl FromStr for AllowedTarget {
    type Err = AllowedTargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let entry = if let Some(network) = network_or_address(text)? {
            Entry::Network(network)
        } else if text == "*" || text == "*." {
            return Err(AllowedTargetError::Everything);
        } else if let Some(above) = text.strip_prefix("*.") {
            Entry::Below(format!(".{}", name(above)?))
        } else {
            Entry::Name(name(text)?)
        };
        Ok(Self(entry))
    }
}

/// A network, or that of the one address that a text is; `None` where it is neither.
pub(super) fn network_or_address(text: &str) -> Result<Option<IpNet>, AllowedTargetError> {
    if text.contains('/') {
        return network(text).map(Some);
    }
    let address = text.parse::<IpAddr>().ok();
    Ok(address.map(|address| IpNet::from(address.to_canonical())))
}

fn network(text: &str) -> Result<IpNet, AllowedTargetError> {
    let network: IpNet = text.parse().map_err(|_| AllowedTargetError::Network)?;
    if network.trunc() != network {
        return Err(AllowedTargetError::HostBits);
    }
    // Addresses are compared in the form of IPv4 where they have one.
    let mapped = network.prefix_len().checked_sub(96);
    match (network.addr().to_canonical(), mapped) {
        (IpAddr::V4(address), Some(length)) if matches!(network, IpNet::V6(_)) => {
            let network = Ipv4Net::new(address, length).map_err(|_| AllowedTargetError::Network)?;
            Ok(IpNet::V4(network))
        }
        _ => Ok(network),
    }
}

/// A name as URLs have it: lower case, letters beyond ASCII encoded.
fn name(text: &str) -> Result<String, AllowedTargetError> {
    let text = text.strip_suffix('.').unwrap_or(text);
    // The parser takes what ends in a number for an address, as 127.1; a name it cannot be.
    let Ok(Host::Domain(name)) = Host::parse(text) else {
        return Err(AllowedTargetError::Name);
    };
    let is_name = |label: &str| {
        let of_names = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        !label.is_empty() && label.chars().all(of_names)
    };
    if name.split('.').all(is_name) {
        Ok(name)
    } else {
        Err(AllowedTargetError::Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> AllowedTarget {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn networks_have_their_addresses_in_both_forms() {
        for (text, inside, outside) in [
            (
                "10.0.0.0/8",
                &["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"][..],
                &["9.255.255.255", "11.0.0.0"][..],
            ),
            (
                "127.0.0.1",
                &["127.0.0.1", "::ffff:7f00:1"],
                &["127.0.0.2", "::1"],
            ),
            ("127.0.0.1/32", &["127.0.0.1"], &["127.0.0.0"]),
            ("::ffff:127.0.0.1", &["127.0.0.1"], &["127.0.0.2"]),
            ("::ffff:10.0.0.0/104", &["10.9.8.7"], &["11.0.0.0"]),
            ("fd00::/8", &["fd00::1", "fdff::"], &["fc00::1", "fe00::"]),
            ("::/0", &["::1"], &["127.0.0.1"]),
            ("0.0.0.0/0", &["127.0.0.1"], &["::1"]),
            (" ::1 ", &["::1"], &["::2"]),
        ] {
            for (addresses, want) in [(inside, true), (outside, false)] {
                for address in addresses {
                    assert_eq!(
                        entry(text).has_address(address.parse().unwrap()),
                        want,
                        "{text} {address}"
                    );
                }
            }
            assert!(!entry(text).has_name(text));
        }
    }

    #[test]
    fn names_are_compared_as_names() {
        for (text, inside, outside) in [
            (
                "Internal.Example.com.",
                &[
                    "internal.example.com",
                    "INTERNAL.example.COM",
                    "internal.example.com.",
                ][..],
                &[
                    "example.com",
                    "a.internal.example.com",
                    "internal.example.com.evil",
                    "internal-example.com",
                    "",
                ][..],
            ),
            (
                "*.internal.example.com",
                &[
                    "a.internal.example.com",
                    "a.b.Internal.example.com.",
                    "é.internal.example.com",
                ],
                &[
                    "internal.example.com",
                    ".internal.example.com",
                    "evilinternal.example.com",
                    "internal.example.com.evil",
                ],
            ),
            ("bücher.example", &["xn--bcher-kva.example"], &["bucher.example"]),
            (
                "localhost",
                &["localhost", "LOCALHOST."],
                &["localhost.evil", "127.0.0.1"],
            ),
            ("my_service", &["my_service"], &["my-service"]),
        ] {
            for (names, want) in [(inside, true), (outside, false)] {
                for name in names {
                    assert_eq!(entry(text).has_name(name), want, "{text} {name}");
                }
            }
            assert!(!entry(text).has_address("127.0.0.1".parse().unwrap()));
        }
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        for (text, want) in [
            ("10.0.0.1/8", AllowedTargetError::HostBits),
            ("10.0.0.0/33", AllowedTargetError::Network),
            ("http://example.com/", AllowedTargetError::Network),
            ("example.com/8", AllowedTargetError::Network),
            ("*", AllowedTargetError::Everything),
            ("*.", AllowedTargetError::Everything),
            ("", AllowedTargetError::Name),
            ("*.*", AllowedTargetError::Name),
            ("a.*.example.com", AllowedTargetError::Name),
            ("*example.com", AllowedTargetError::Name),
            ("127.1", AllowedTargetError::Name),
            ("*.1", AllowedTargetError::Name),
            ("2130706433", AllowedTargetError::Name),
            ("[::1]", AllowedTargetError::Name),
            ("example.com:80", AllowedTargetError::Name),
            ("user@example.com", AllowedTargetError::Name),
            ("a b", AllowedTargetError::Name),
            ("a..b", AllowedTargetError::Name),
        ] {
            assert_eq!(text.parse::<AllowedTarget>(), Err(want), "{text:?}");
        }
    }
}

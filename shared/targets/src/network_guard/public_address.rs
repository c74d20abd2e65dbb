//! The rule: public addresses are those that the registries hand out, less everything that has a special purpose.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// All of the IANA IPv4 Special-Purpose Address Registry, multicast, and what one cloud has in public space. Blocks
/// that are globally reachable by the registry (192.31.196.0/24, 192.52.193.0/24, 192.175.48.0/24) are no place for a
/// function either.
const SPECIAL_IPV4: [Ipv4Net; 20] = [
    // "This network".
    ipv4([0, 0, 0, 0], 8),
    ipv4([10, 0, 0, 0], 8),
    // Between carriers and their customers; also Alibaba's metadata service.
    ipv4([100, 64, 0, 0], 10),
    ipv4([127, 0, 0, 0], 8),
    // Link-local: the metadata services of most clouds, credentials of containers.
    ipv4([169, 254, 0, 0], 16),
    ipv4([172, 16, 0, 0], 12),
    // IETF protocol assignments; also a metadata service of Oracle's.
    ipv4([192, 0, 0, 0], 24),
    ipv4([192, 0, 2, 0], 24),
    // AS112 and AMT: anycast of infrastructure.
    ipv4([192, 31, 196, 0], 24),
    ipv4([192, 52, 193, 0], 24),
    // Relays of 6to4.
    ipv4([192, 88, 99, 0], 24),
    ipv4([192, 168, 0, 0], 16),
    ipv4([192, 175, 48, 0], 24),
    ipv4([198, 18, 0, 0], 15),
    ipv4([198, 51, 100, 0], 24),
    ipv4([203, 0, 113, 0], 24),
    // Multicast.
    ipv4([224, 0, 0, 0], 4),
    // Reserved.
    ipv4([240, 0, 0, 0], 4),
    ipv4([255, 255, 255, 255], 32),
    // What Azure talks to its machines by (DHCP, DNS, the host's agent).
    ipv4([168, 63, 129, 16], 32),
];

/// All that IANA hands out as global unicast. Loopback, local, multicast, discard-only and mapped addresses and all
/// deprecated forms are outside of it.
const GLOBAL_UNICAST: Ipv6Net = ipv6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// What the IANA IPv6 Special-Purpose Address Registry has within [`GLOBAL_UNICAST`].
const SPECIAL_IPV6: [Ipv6Net; 5] = [
    // IETF protocol assignments: Teredo, ORCHID, benchmarking and others.
    ipv6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    ipv6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    // 6to4: leads to any IPv4 address.
    ipv6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    ipv6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48),
    ipv6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];

/// NAT64. In networks without IPv4 every name of an IPv4 server resolves to it, so the IPv4 address behind is judged.
/// Prefixes of an operator's own, `64:ff9b:1::/48` among them, say not where that address is, and are refused.
const NAT64: Ipv6Net = ipv6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

const fn ipv4(octets: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::from_octets(octets), length)
}

const fn ipv6(segments: [u16; 8], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from_segments(segments), length)
}

/// Whether anybody on the internet could have this address.
pub(super) fn is_public(address: IpAddr) -> bool {
    // A mapped address is connected to by IPv4.
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_ipv4(address),
        IpAddr::V6(address) => {
            let is_unicast = GLOBAL_UNICAST.contains(&address)
                && !SPECIAL_IPV6.iter().any(|special| special.contains(&address));
            (is_unicast || NAT64.contains(&address)) && carried(address).is_none_or(is_public_ipv4)
        }
    }
}

/// The IPv4 address that traffic to an IPv6 address ends at, where the address tells.
pub(super) fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    if NAT64.contains(&address) {
        Some(last_four(address))
    } else {
        isatap(address)
    }
}

fn is_public_ipv4(address: Ipv4Addr) -> bool {
    !SPECIAL_IPV4.iter().any(|special| special.contains(&address))
}

/// The IPv4 address that an ISATAP address (RFC 5214) leads to, whatever its prefix.
fn isatap(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., high, low, _, _] = address.segments();
    // The bit of 0x0200 says that the IPv4 address is unique, which is for anybody to claim.
    (high & !0x0200 == 0 && low == 0x5efe).then(|| last_four(address))
}

fn last_four(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}

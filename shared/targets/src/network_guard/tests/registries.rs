//! Both special-purpose registries of IANA, with the addresses around each block.
//!
//! <https://www.iana.org/assignments/iana-ipv4-special-registry>,
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

use crate::network_guard::NetworkGuard;

const PUBLIC: Option<bool> = Some(true);
const REFUSED: Option<bool> = Some(false);
/// There is no such address.
const NONE: Option<bool> = None;

#[expect(
    clippy::unnecessary_wraps,
    reason = "compared with neighbours that need not exist"
)]
fn judged(address: impl Into<IpAddr>) -> Option<bool> {
    Some(NetworkGuard::default().allows(address.into()))
}

/// The block, and what becomes of the address before and after it.
#[test]
fn ipv4_blocks_and_their_neighbours() {
    for (block, before, after) in [
        ("0.0.0.0/8", NONE, PUBLIC),
        ("0.0.0.0/32", NONE, REFUSED),
        ("10.0.0.0/8", PUBLIC, PUBLIC),
        ("100.64.0.0/10", PUBLIC, PUBLIC),
        ("127.0.0.0/8", PUBLIC, PUBLIC),
        ("169.254.0.0/16", PUBLIC, PUBLIC),
        ("172.16.0.0/12", PUBLIC, PUBLIC),
        ("192.0.0.0/24", PUBLIC, PUBLIC),
        ("192.0.0.0/29", PUBLIC, REFUSED),
        ("192.0.0.8/32", REFUSED, REFUSED),
        ("192.0.0.9/32", REFUSED, REFUSED),
        ("192.0.0.10/32", REFUSED, REFUSED),
        ("192.0.0.170/32", REFUSED, REFUSED),
        ("192.0.0.171/32", REFUSED, REFUSED),
        ("192.0.2.0/24", PUBLIC, PUBLIC),
        ("192.31.196.0/24", PUBLIC, PUBLIC),
        ("192.52.193.0/24", PUBLIC, PUBLIC),
        ("192.88.99.0/24", PUBLIC, PUBLIC),
        ("192.88.99.2/32", REFUSED, REFUSED),
        ("192.168.0.0/16", PUBLIC, PUBLIC),
        ("192.175.48.0/24", PUBLIC, PUBLIC),
        ("198.18.0.0/15", PUBLIC, PUBLIC),
        ("198.51.100.0/24", PUBLIC, PUBLIC),
        ("203.0.113.0/24", PUBLIC, PUBLIC),
        ("240.0.0.0/4", REFUSED, NONE),
        ("255.255.255.255/32", REFUSED, NONE),
        // Not of the registry: multicast, and what Azure has in public space.
        ("224.0.0.0/4", PUBLIC, REFUSED),
        ("168.63.129.16/32", PUBLIC, PUBLIC),
    ] {
        let network: Ipv4Net = block.parse().unwrap();
        let (first, last) = (network.network(), network.broadcast());
        assert_eq!((judged(first), judged(last)), (REFUSED, REFUSED), "{block}");
        let before_it = first.to_bits().checked_sub(1).map(Ipv4Addr::from_bits);
        let after_it = last.to_bits().checked_add(1).map(Ipv4Addr::from_bits);
        let around = (before_it.and_then(judged), after_it.and_then(judged));
        assert_eq!(around, (before, after), "{block}");
    }
}

#[test]
fn ipv6_blocks_and_their_neighbours() {
    for (block, before, after) in [
        ("::/128", NONE, REFUSED),
        ("::1/128", REFUSED, REFUSED),
        ("64:ff9b:1::/48", REFUSED, REFUSED),
        ("100::/64", REFUSED, REFUSED),
        ("100:0:0:1::/64", REFUSED, REFUSED),
        ("2001::/23", PUBLIC, PUBLIC),
        ("2001::/32", PUBLIC, REFUSED),
        ("2001:1::1/128", REFUSED, REFUSED),
        ("2001:1::2/128", REFUSED, REFUSED),
        ("2001:1::3/128", REFUSED, REFUSED),
        ("2001:2::/48", REFUSED, REFUSED),
        ("2001:3::/32", REFUSED, REFUSED),
        ("2001:4:112::/48", REFUSED, REFUSED),
        ("2001:10::/28", REFUSED, REFUSED),
        ("2001:20::/28", REFUSED, REFUSED),
        ("2001:30::/28", REFUSED, REFUSED),
        ("2001:db8::/32", PUBLIC, PUBLIC),
        ("2002::/16", PUBLIC, PUBLIC),
        ("2620:4f:8000::/48", PUBLIC, PUBLIC),
        ("3fff::/20", PUBLIC, PUBLIC),
        ("5f00::/16", REFUSED, REFUSED),
        ("fc00::/7", REFUSED, REFUSED),
        ("fe80::/10", REFUSED, REFUSED),
        // Not of the registry: the reserved block at the beginning, site-local, multicast, and all around 2000::/3.
        ("::/16", NONE, REFUSED),
        ("fec0::/10", REFUSED, REFUSED),
        ("ff00::/8", REFUSED, NONE),
        ("1000::/4", REFUSED, PUBLIC),
        ("4000::/2", PUBLIC, REFUSED),
        ("8000::/1", REFUSED, NONE),
    ] {
        let network: Ipv6Net = block.parse().unwrap();
        let (first, last) = (network.network(), network.broadcast());
        assert_eq!((judged(first), judged(last)), (REFUSED, REFUSED), "{block}");
        let before_it = first.to_bits().checked_sub(1).map(Ipv6Addr::from_bits);
        let after_it = last.to_bits().checked_add(1).map(Ipv6Addr::from_bits);
        let around = (before_it.and_then(judged), after_it.and_then(judged));
        assert_eq!(around, (before, after), "{block}");
    }
}

/// The two blocks that are judged by what they carry, and the addresses around them.
#[test]
fn blocks_that_carry_ipv4_addresses() {
    for (address, want) in [
        ("::fffe:ffff:ffff", REFUSED),
        ("::ffff:0.0.0.0", REFUSED),
        ("::ffff:1.0.0.0", PUBLIC),
        ("::ffff:223.255.255.255", PUBLIC),
        ("::ffff:255.255.255.255", REFUSED),
        ("::1:0:0:0", REFUSED),
        ("64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", REFUSED),
        ("64:ff9b::0.0.0.0", REFUSED),
        ("64:ff9b::1.0.0.0", PUBLIC),
        ("64:ff9b::223.255.255.255", PUBLIC),
        ("64:ff9b::255.255.255.255", REFUSED),
        ("64:ff9b::1:0:0", REFUSED),
        ("64:ff9b::1:808:808", REFUSED),
    ] {
        assert_eq!(judged(address.parse::<Ipv6Addr>().unwrap()), want, "{address}");
    }
}

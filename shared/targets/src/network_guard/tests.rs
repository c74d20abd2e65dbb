//! The rule, address by address: the registries of special-purpose addresses with the neighbours of each block, what
//! other senders test, and random addresses against the standard library's notions.

mod public_lists;
mod registries;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

/// Whether an address passes a guard without a list.
fn passes(address: &str) -> bool {
    let address = address.parse().unwrap_or_else(|_| panic!("{address}"));
    NetworkGuard::default().allows(address)
}

/// The same rule of other parts: what the standard library calls special, and the rest by its octets.
fn is_special(address: Ipv4Addr) -> bool {
    let [a, b, c, d] = address.octets();
    a == 0
        || a >= 224
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || (a == 100 && b & 0xc0 == 64)
        || (a == 198 && b & 0xfe == 18)
        || matches!(
            (a, b, c),
            (192, 0, 0) | (192, 31, 196) | (192, 52, 193) | (192, 88, 99) | (192, 175, 48)
        )
        || (a, b, c, d) == (168, 63, 129, 16)
}

/// Addresses near the edges of what is special as well as any others.
fn ipv4() -> impl Strategy<Value = Ipv4Addr> {
    let first = prop_oneof![
        any::<u8>(),
        prop::sample::select(vec![0, 10, 100, 127, 168, 169, 172, 192, 198, 203, 223, 224, 255]),
    ];
    let second = prop_oneof![
        any::<u8>(),
        prop::sample::select(vec![0, 16, 31, 51, 52, 63, 64, 88, 127, 168, 175, 254]),
    ];
    let third = prop_oneof![
        any::<u8>(),
        prop::sample::select(vec![0, 2, 48, 99, 100, 113, 129, 193, 196]),
    ];
    (first, second, third, any::<u8>()).prop_map(|(a, b, c, d)| Ipv4Addr::new(a, b, c, d))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ipv4_addresses_are_public_unless_they_are_special(address in ipv4()) {
        prop_assert_eq!(NetworkGuard::default().allows(IpAddr::V4(address)), !is_special(address));
    }

    #[test]
    fn mapped_and_translated_addresses_are_judged_by_what_they_carry(address in ipv4()) {
        let [a, b, c, d] = address.octets().map(u16::from);
        let (high, low) = (a << 8 | b, c << 8 | d);
        for carrier in [
            Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            // ISATAP below a public prefix.
            Ipv6Addr::new(0x2606, 0x4700, 0, 0, 0, 0x5efe, high, low),
            Ipv6Addr::new(0x2606, 0x4700, 0, 0, 0x200, 0x5efe, high, low),
        ] {
            prop_assert_eq!(NetworkGuard::default().allows(carrier.into()), !is_special(address), "{}", carrier);
        }
        for never in [
            // Compatible, translated by SIIT, NAT64 of local use, 6to4, Teredo with the address as server or client.
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0x2001, 0, high, low, 0, 0, 0, 0),
            Ipv6Addr::new(0x2001, 0, 0x4136, 0xe378, 0x8000, 0x63bf, !high, !low),
            Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0x5efe, high, low),
        ] {
            prop_assert!(!NetworkGuard::default().allows(never.into()), "{}", never);
        }
    }

    #[test]
    fn no_ipv6_address_out_of_global_unicast_is_public(bits in any::<u128>()) {
        let address = Ipv6Addr::from_bits(bits);
        let [first, second, ..] = address.segments();
        prop_assume!(first & 0xe000 != 0x2000 && (first, second) != (0x64, 0xff9b));
        prop_assume!(address.to_ipv4_mapped().is_none());
        prop_assert!(!NetworkGuard::default().allows(address.into()));
    }
}

#[test]
fn the_list_opens_what_is_closed() {
    let guard = NetworkGuard::new(
        ["127.0.0.1", "fd00::/8", "localhost"]
            .map(|text| text.parse().unwrap())
            .into(),
    );
    for (address, want) in [
        ("127.0.0.1", true),
        ("::ffff:127.0.0.1", true),
        ("127.0.0.2", false),
        ("fd12::1", true),
        ("fc00::1", false),
        ("8.8.8.8", true),
        // Listed is the address, not what leads to it.
        ("64:ff9b::127.0.0.1", false),
    ] {
        assert_eq!(guard.allows(address.parse().unwrap()), want, "{address}");
    }
    assert!(guard.lists_name("localhost") && !guard.lists_name("127.0.0.1"));
    assert!(!guard.lists("8.8.8.8".parse().unwrap()));
}

#[test]
fn what_is_denied_goes_before_everything() {
    let list = ["10.0.0.0/8", "localhost"].map(|text| text.parse().unwrap());
    let denied = ["8.8.8.0/24", "10.1.0.0/16", "2606:4700::/32"].map(|text| text.parse().unwrap());
    let guard = NetworkGuard::new(list.into()).denying(denied.into());
    for (address, want) in [
        ("8.8.8.8", false),
        ("::ffff:8.8.8.8", false),
        // What leads to it is denied as well.
        ("64:ff9b::8.8.8.8", false),
        ("2620::5efe:8.8.8.8", false),
        ("8.8.4.4", true),
        ("64:ff9b::8.8.4.4", true),
        ("2606:4700::1", false),
        ("2607::1", true),
        ("10.2.0.1", true),
        ("10.1.0.1", false),
        ("192.168.0.1", false),
    ] {
        assert_eq!(guard.allows(address.parse().unwrap()), want, "{address}");
    }
    assert!(guard.lists("10.2.0.1".parse().unwrap()) && !guard.lists("10.1.0.1".parse().unwrap()));
}

//! The addresses that other senders and filters test. Their verdicts are ours, but for [`DIFFERENCES`].

use super::passes;

/// Where the addresses are from, those that are refused there, and those that are not; spaces in between.
type List = (&'static str, &'static str, &'static str);

const LISTS: [List; 7] = [
    (
        "svix/svix-webhooks, webhook_http_client.rs: is_allowed_test",
        "10.254.0.0 192.168.10.65 172.16.10.65 0.1.2.3 0.0.0.0 127.0.0.1 169.254.45.1 255.255.255.255 \
         192.0.2.255 198.51.100.65 203.0.113.6 100.100.0.0 192.0.0.0 192.0.0.255 250.10.20.30 \
         198.18.0.0 ::1 ::ffff:127.0.0.1 ::ffff:0.0.0.1",
        "1.1.1.1 0:0:0:ffff::1 2001:4860:4860::8888 ::ffff:8.8.8.8",
    ),
    (
        "stripe/smokescreen, address_policy_test.go: TestClassifyAddr; ip_policy_test.go; ip_filter_bypass_test.go",
        "10.0.0.1 10.0.0.5 10.0.1.1 10.1.0.1 172.16.0.1 172.16.1.1 192.168.0.1 192.168.1.1 \
         192.168.1.100 100.64.0.1 100.64.0.100 100.127.255.254 127.0.0.1 127.0.0.5 127.0.1.1 \
         127.255.255.255 ::1 169.254.169.254 255.255.255.255 ff02:0:0:0:0:0:0:2 fc00::1 fd00::5 \
         ::ffff:10.0.0.5 64:ff9b::1 64:ff9b::ac1c:5 64:ff9b::c000:201 64:ff9b::a00:1 64:ff9b::808:808 \
         64:ff9b::ffff:ffff 2002:c000:201::1 2002:a00:1::1 2002:808:808::1 \
         2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:0:1234:5678:9abc:def0:1234:5678",
        "8.8.8.8 8.8.9.8 8.8.4.4 1.1.1.1 100.63.255.254 100.128.0.1 2001:4860:4860::8888 \
         2606:4700:4700::1111 64:ff9c::1",
    ),
    (
        "arkadiyt/ssrf_filter, ssrf_filter_spec.rb: first addresses of its blocks, as such, compatible and mapped",
        "0.0.0.0 10.0.0.0 100.64.0.0 127.0.0.0 127.0.0.1 169.254.0.0 172.16.0.0 192.0.0.0 192.0.2.0 \
         192.88.99.0 192.168.0.0 198.18.0.0 198.51.100.0 203.0.113.0 224.0.0.0 240.0.0.0 \
         255.255.255.255 ::0.0.0.0 ::10.0.0.0 ::100.64.0.0 ::127.0.0.0 ::169.254.0.0 ::172.16.0.0 \
         ::192.0.0.0 ::192.0.2.0 ::192.88.99.0 ::192.168.0.0 ::198.18.0.0 ::198.51.100.0 \
         ::203.0.113.0 ::224.0.0.0 ::240.0.0.0 ::255.255.255.255 ::ffff:0.0.0.0 ::ffff:10.0.0.0 \
         ::ffff:100.64.0.0 ::ffff:127.0.0.0 ::ffff:169.254.0.0 ::ffff:172.16.0.0 ::ffff:192.0.0.0 \
         ::ffff:192.0.2.0 ::ffff:192.88.99.0 ::ffff:192.168.0.0 ::ffff:198.18.0.0 ::ffff:198.51.100.0 \
         ::ffff:203.0.113.0 ::ffff:224.0.0.0 ::ffff:240.0.0.0 ::ffff:255.255.255.255 ::1 64:ff9b:: \
         100:: 2001:: 2001:10:: 2001:20:: 2001:db8:: 2002:: fc00:: fe80:: ff00::",
        "172.217.6.78 2606:2800:220:1:248:1893:25c8:1946",
    ),
    (
        "JordanMilne/Advocate, test_advocate.py: ValidateIPTests",
        "127.0.0.1 ::1 ::ffff:192.168.2.1 2001:0000:4136:e378:8000:63bf:3f57:fdf2 2002:C0A8:FFFF:: \
         64:ff9b::192.168.2.1 169.254.1.1 FEC0:CCCC:: 227.1.1.1 192.168.2.1 10.5.5.5 0.0.0.0 0.1.1.1 \
         100.64.0.0 255.255.255.255 192.88.99.0 192.0.0.0 192.0.0.7",
        "132.0.5.1 152.254.90.1 178.254.90.1 144.1.1.1 200.1.1.1 2607:f8b0:400a:807::200e",
    ),
    (
        "whitequark/ipaddr.js, ipaddr.test.js: reserved networks (what is not unicast is refused by its users)",
        "0.0.0.0 0.1.0.0 10.1.0.1 100.64.0.0 100.127.255.255 192.52.193.1 192.168.2.1 192.175.48.0 \
         224.100.0.1 169.254.15.0 127.1.1.1 255.255.255.255 240.1.2.3 :: fe80::1234:5678:abcd:0123 \
         ff00::1234 ::1 100::42 fc00:: ::ffff:192.168.1.10 ::ffff:0:192.168.1.10 64:ff9b::1234 \
         2002:1f63:45e8::1 2001::4242 2001:2:: 2001:3:: 2001:4:112:: 2620:4f:8000:: 2001:10:: \
         2001:20:: 2001:30:: 2001:db8::3210",
        "8.8.8.8 2001:470:8:66::1 2a00:1450:8007::68",
    ),
    (
        "hook0/hook0, output-worker/src/dns.rs: forbids_non_globally_reachable_ips and its neighbours",
        "0.0.0.0 127.0.0.1 10.0.0.1 172.16.5.4 192.168.1.1 100.64.0.1 169.254.1.1 169.254.169.254 \
         192.88.99.1 224.0.0.1 239.255.255.250 255.255.255.255 ::1 :: 1::1 0:0:0:1::1 ff:ffff::1 \
         fc00::1 fe80::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 64:ff9b:1::1 100::1 fec0::1 5f00::1 \
         ff02::1 ff0e::1 2001::1 2001:1ff::1 2001:db8::1 3fff::1 3fff:fff::1 64:ff9b::a9fe:a9fe \
         64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::e000:1 64:ff9b::c058:6301 64:ff9b:: 64:ff9b:0:1::1 \
         2002:a9fe:a9fe::1 2002:7f00:1::1 2002:5db8:d822::1 ::7f00:1 ::a9fe:a9fe ::ffff:0:7f00:1 \
         ::ffff:0:a9fe:a9fe ::ffff:0:5db8:d822 ::5efe:7f00:1 ::5efe:a9fe:a9fe",
        "1.1.1.1 8.8.8.8 93.184.216.34 192.88.98.255 192.88.100.1 223.255.255.255 \
         2606:4700:4700::1111 2001:4860:4860::8888 100:0:0:1::1 64:ff9b::5db8:d822 64:ff9b::101:101 \
         2001:1::1 2001:1::2 2001:3::1 2001:4:112::1 2001:20::1 2001:2f::1 2001:200::1 3fff:1000::1",
    ),
    (
        "metadata services and platforms of AWS, Google, Azure, Oracle, Alibaba and OpenStack",
        "169.254.169.254 fd00:ec2::254 169.254.170.2 169.254.170.23 fd00:ec2::23 169.254.169.253 \
         169.254.169.123 fd00:ec2::253 fd20:ce::254 168.63.129.16 192.0.0.192 100.100.100.200 \
         fe80::a9fe:a9fe",
        "",
    ),
];

/// Where we say otherwise, each with our verdict.
const DIFFERENCES: [(&str, bool); 10] = [
    // Out of 2000::/3, the only space that is handed out; the first one has been registered as special since.
    ("100:0:0:1::1", false),
    ("0:0:0:ffff::1", false),
    ("64:ff9c::1", false),
    // Behind NAT64 every IPv4 server has such an address. RFC 6052 has no private ones there.
    ("64:ff9b::808:808", true),
    // Anycast of infrastructure and identifiers: globally reachable by the registry, but no place for a function.
    ("2001:1::1", false),
    ("2001:1::2", false),
    ("2001:3::1", false),
    ("2001:4:112::1", false),
    ("2001:20::1", false),
    ("2001:2f::1", false),
];

#[test]
fn verdicts_are_those_of_other_senders() {
    let mut differing = Vec::new();
    for (source, refused, allowed) in LISTS {
        for (addresses, theirs) in [(refused, false), (allowed, true)] {
            for address in addresses.split_whitespace() {
                let ours = passes(address);
                if DIFFERENCES.contains(&(address, ours)) {
                    differing.push(address);
                    assert_ne!(ours, theirs, "no difference to {source}: {address}");
                } else {
                    assert_eq!(ours, theirs, "{source}: {address}");
                }
            }
        }
    }
    differing.sort_unstable();
    let mut known = DIFFERENCES.map(|(address, _)| address);
    known.sort_unstable();
    assert_eq!(differing, known);
}

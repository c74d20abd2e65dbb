//! URLs that lead to refused addresses in disguise: the lists of other filters, and all that a lenient parser or
//! resolver would take.

use super::*;

/// Names of the lists and what they stood for; their owners could let them stand for anything.
const NAMES: [(&str, &[&str]); 12] = [
    ("localhost", &["::1", "127.0.0.1"]),
    ("localtest.me", &["127.0.0.1", "::1"]),
    (
        "customer1.app.localhost.my.company.127.0.0.1.nip.io",
        &["127.0.0.1"],
    ),
    ("127.0.0.1.nip.io", &["127.0.0.1"]),
    ("mail.ebc.apple.com", &["127.0.0.1"]),
    ("spoofed.burpcollaborator.net", &["127.0.0.1"]),
    ("169.254.169.254.xip.io", &["169.254.169.254"]),
    ("1ynrnhl.xip.io", &["169.254.169.254"]),
    ("www.owasp.org.1ynrnhl.xip.io", &["169.254.169.254"]),
    ("metadata.nicob.net", &["169.254.169.254"]),
    ("metadata.google.internal", &["169.254.169.254"]),
    (
        "a.127.0.0.1.1time.10.0.0.1.1time.repeat.8f058b82-4c39-4dfe-91f7-9b07bcd7fbd5.rebind.network",
        &["127.0.0.1"],
    ),
];

async fn ends(urls: &[&str], want: End) {
    let names = Names::knowing(&NAMES);
    for url in urls {
        assert_eq!(request(&names, guard(&[]), url).await, want, "{url}");
    }
}

/// doyensec/safeurl, `client_test.go`: `TestBlockedIP`, `TestBlockCIDRRange`, `TestInternalIPAreAlwaysBlocked`.
#[tokio::test]
async fn those_of_safeurl() {
    let urls = [
        "http://127.0.0.1",
        "http://[::1]",
        "http://2130706433",
        "http://3232235777",
        "http://017700000001:80/",
        "http://0x7f000001",
        "http://0xc0a80014",
        "http://0x0000007f.0x00000000.0x00000000.0x00000001",
        "http://0x7f.0x0.0x00000000.0x01",
        "http://[::]:80",
        "http://0/",
        "http://127.1",
        "http://0177.0x0.0x0.0x1",
        "http://0.0.0.0",
        "http://127.127.127.127",
        "http://[::ffff:192.0.2.1]",
        "http://[0000::1]:80",
        "http://[::1]/server-status",
        "http://192.168.0.0",
        "http://192.168.0.15",
        "http://127.0.0.1:8080",
    ];
    ends(&urls, End::Refused).await;
}

/// y-mehta/ssrf-req-filter, `blockedUrls.js`.
#[tokio::test]
async fn those_of_ssrf_req_filter() {
    let refused = [
        "http://127.0.0.1:80",
        "http://127.0.0.1:443",
        "http://127.0.0.1:22",
        "http://0.0.0.0:80",
        "http://0.0.0.0:443",
        "http://0.0.0.0:22",
        "http://localhost:80",
        "http://localhost:443",
        "http://localhost:22",
        "http://[::]:80",
        "http://[::]:25/",
        "http://[::]:22/",
        "http://localtest.me",
        "http://customer1.app.localhost.my.company.127.0.0.1.nip.io",
        "http://mail.ebc.apple.com",
        "http://spoofed.burpcollaborator.net",
        "http://metadata.nicob.net",
        "http://127.127.127.127",
        "http://127.0.1.3",
        "http://127.0.0.0",
        "http://0177.0.0.1",
        "http://2130706433",
        "http://3232235521",
        "http://3232235777",
        "http://[0:0:0:0:0:ffff:127.0.0.1]",
        "http://0",
        "http://127.1",
        "http://127.0.1",
        "http://127.1.1.1:80@127.2.2.2:80",
        "http://127.1.1.1:80@@127.2.2.2:80",
        "http://127.1.1.1:80:@@127.2.2.2:80",
        "http://127.1.1.1:80#@127.2.2.2:80",
        "http://169.254.169.254",
        "http://169.254.169.254/latest/meta-data/hostname",
        "http://169.254.169.254.xip.io",
        "http://1ynrnhl.xip.io",
        "http://www.owasp.org.1ynrnhl.xip.io",
        "http://2852039166",
        "http://0xA9.0xFE.0xA9.0xFE",
        "http://0xA9FEA9FE",
        "http://0251.0376.0251.0376",
        "http://0251.00376.000251.0000376",
        "http://A.127.0.0.1.1time.10.0.0.1.1time.repeat.8f058b82-4c39-4dfe-91f7-9b07bcd7fbd5.rebind.network",
        "http://[fec0::1]",
        "http://[64:ff9b:1::1]",
        "http://[3fff::1]",
        "http://[5f00::1]",
        "http://100.64.0.1",
        "http://255.255.255.255",
        "http://224.0.0.1",
        "http://192.0.0.8",
        "http://[ff00::1]",
        "http://[fc00::1]",
        "http://[0100::1]",
        "http://[2002::1]",
        "http://[2001:0:1::1]",
    ];
    ends(&refused, End::Refused).await;
    let malformed = [
        "http://0000::1:80",
        "http://0000::1:25",
        "http://0000::1:22",
        "http://0000::1:3128",
        "http://localhost:+11211aaa",
        "http://localhost:00011211aaaa",
    ];
    ends(&malformed, End::NoUrl).await;
    // Numbers that are too large for an address, and so names that nobody has.
    let unknown = [
        "http://425.510.425.510",
        "http://7147006462",
        "http://0x41414141A9FEA9FE",
    ];
    ends(&unknown, End::Failed).await;
}

/// whitequark/ipaddr.js, `ipaddr.test.js`: weird formats; `EdOverflow/bugbounty-cheatsheet`, `ssrf.md`.
#[tokio::test]
async fn other_numbers() {
    let refused = [
        "http://192.168.1.1",
        "http://0xc0.168.1.1",
        "http://192.0250.1.1",
        "http://0xc0a80101",
        "http://030052000401",
        "http://3232235777",
        "http://127.42.258",
        "http://127.66051",
        "http://10.1.1.0xff",
        "http://192.168.007.0xa",
        "http://0177.1/",
        "http://0x7f.1/",
        "http://[::ffff:192.168.1.1]",
        "http://[::10.2.3.4]",
        "http://[64:ff9a::0.0.0.0]",
        "http://[FFFF::255.255.255.255]",
    ];
    ends(&refused, End::Refused).await;
    let no_address = [
        "http://10.0.0.wtf",
        "http://8.0x1ffffff",
        "http://8.8.0x1ffff",
        "http://10.048.1.1",
        "http://4999999999",
        "http://1024.0.0.1",
    ];
    ends(&no_address, End::Failed).await;
}

#[tokio::test]
async fn letters_dots_and_brackets() {
    let refused = [
        // Letter case, dots at the end, leading zeros.
        "HTTP://LOCALHOST/",
        "http://LocalHost./",
        "http://127.0.0.1./",
        "http://0X7F.0.0.1/",
        "http://127.000.000.001/",
        "http://[::FFFF:7F00:1]/",
        "http://[::ffff:7f00:1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::169.254.169.254]/",
        "http://[fd00:ec2::254]/latest/meta-data",
        // Encoded: letters and dots that become others.
        "http://%31%32%37.0.0.1/",
        "http://127%2e0%2E0%2e1/",
        "http://loc%61lhost/",
        "http://①②⑦.⓪.⓪.①/",
        "http://１２７.０.０.１/",
        "http://127。0。0。1/",
        "http://127．0．0．1/",
        "http://ⓛⓞⒸⓐⓛⓗⓞⓢⓣ/",
        "http://localhos\u{74}\u{ad}/",
        "http://metadata.google.internal/computeMetadata/v1/",
        "http://metadata。google。internal/",
        // What only looks like the host.
        "http://example.com@127.0.0.1/",
        "http://example.com:80@127.0.0.1:80/",
        "http://example.com%20@127.0.0.1/",
        "http://127.0.0.1#@example.com/",
        "http://127.0.0.1?@example.com/",
        "http://127.0.0.1/@example.com/",
        "http://é:é@127.0.0.1/",
        "http://127.0.0.1:/",
        "http://127.0.0.1\t/",
        "http://[127.0.0.1]/",
    ];
    ends(&refused, End::Refused).await;
    let malformed = [
        "http://[::1/",
        "http://::1/",
        "http://127.0.0.1\\@example.com/",
        "http://example.com\\@127.0.0.1/",
        "http://127.0.0.1%00.example.com/",
        "http://127.0.0.1 .example.com/",
        "http:127.0.0.1/",
        "http:///127.0.0.1/",
        "//127.0.0.1/",
        "gopher://127.0.0.1:6379/",
        "file:///etc/passwd",
    ];
    ends(&malformed, End::NoUrl).await;
    // Zones are for the resolver to understand, and what it makes of them is judged.
    let zones = [
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://[::1%25lo]/",
    ];
    ends(&zones, End::Failed).await;
    for address in ["::1", "fe80::1"] {
        let names = Names::answering([&[address][..]]);
        assert_eq!(
            request(&names, guard(&[]), zones[0]).await,
            End::Refused,
            "{address}"
        );
    }
}
